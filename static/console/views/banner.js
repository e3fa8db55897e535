/**
 * The truth about the connection, in one line above everything; nothing while all is well.
 */

import { session } from "../session.js";
import * as state from "../state.js";
import { clock } from "../model/time.js";
import { timers } from "../timers.js";
import { html, useEffect, useState } from "../vendor/preact.js";
import { Icon } from "./icons.js";

/** A connection that is back this soon was never worth a word. */
const PATIENCE_MS = 600;

/** @param {import("../state.js").LinkState} link */
function words({ state: name, since, synced, failures }) {
  if (name === "CATCHING_UP") return "Catching up…";
  if (failures === 0) return "Connecting…";
  return `Offline since ${clock(synced ?? since)}. What you send waits here and goes out when the connection is back.`;
}

const ENDED = {
  forbidden: "This server does not let you in from here.",
  refused: "The server has ended this connection and does not want it back.",
};

export function Banner() {
  const link = state.link.value;
  const isFine = link.state === "LIVE";
  const [isLong, setLong] = useState(false);
  useEffect(() => {
    if (isFine) return setLong(false);
    timers.after("banner", PATIENCE_MS, () => setLong(true));
    return () => timers.stop("banner");
  }, [isFine]);
  if (link.state === "TERMINAL" && link.ended !== null) {
    return html`<div class="banner is-bad" role="alert"><${Icon} name="warning" size=${16} />
      <span>${ENDED[/** @type {keyof typeof ENDED} */ (link.ended)] ?? ENDED.refused} Nothing here is live any more.</span>
      <button type="button" class="button is-small"
        onClick=${() => location.reload()}>Load again</button></div>`;
  }
  if (isFine || !isLong || link.state === "TERMINAL")
    return html`<div class="banner-none" role="status"></div>`;
  const isOff = link.failures > 0;
  const isBusy = link.state === "CATCHING_UP";
  return html`<div class=${`banner ${isBusy ? "is-busy" : "is-off"}`} role="status">
    <${Icon} name=${isBusy ? "retry" : "offline"} size=${16} /><span>${words(link)}</span>
    ${
      isOff &&
      html`<button type="button" class="button is-small"
      onClick=${() => session.wake()}>Try now</button>`
    }
  </div>`;
}
