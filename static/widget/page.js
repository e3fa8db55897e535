/**
 * Which page the visitor looks at, for the agents' visitor board, also when a single-page site moves
 * on without loading.
 *
 * Addresses carry secrets in their query and fragment (reset links, tokens, searches), so both stay
 * here: only origin and path are told, and only of what has been fetched from the web.
 */

/** @import { Data } from "../protocol/connection.js" */

const SETTLE_MS = 300;

/** @param {string} address */
const scrub = (address) => /^https?:[^?#]{1,2000}/.exec(address)?.[0];

/** As `hello` and `page` say it; nothing, if the page has no address that may be told. */
export function currentPage() {
  const url = scrub(location.href);
  // The wire takes neither U+0000 nor half a character, and pages make titles of anything.
  const title = document.title.slice(0, 300).replace(/[\0\p{Cs}]/gu, "");
  return /** @type {Data} */ (url && { url, title, referrer: scrub(document.referrer) });
}

/**
 * @param {() => void} changed called once a moment after the path changed, when the title is new too
 * @param {AbortSignal} signal ends it
 */
export function watchPage(changed, signal) {
  let known = scrub(location.href);
  const look = () => {
    if (known === (known = scrub(location.href))) return;
    setTimeout(() => signal.aborted || changed(), SETTLE_MS);
  };
  const { navigation } = /** @type {{navigation?: EventTarget}} */ (window);
  navigation?.addEventListener("currententrychange", look, { signal });
}
