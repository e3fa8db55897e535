/**
 * The visitor board: who is on the site now, where, since when; one click speaks to them.
 */

import { lists } from "../lists.js";
import * as state from "../state.js";
import { contactName, isAnonymous, visitorName } from "../model/people.js";
import { duration, moment } from "../model/time.js";
import { html } from "../vendor/preact.js";
import { Icon } from "./icons.js";
import { Avatar, Empty, IconButton, Trust, memo } from "./parts.js";

/** @typedef {import("../model/shapes.js").Visitor} Visitor */

/** The part of an address that says where on the site. @param {string} url */
function pathOf(url) {
  try {
    const { pathname, search } = new URL(url);
    return pathname + search;
  } catch {
    return url;
  }
}

/** @param {string | null} referrer */
function sourceOf(referrer) {
  if (!referrer) return "Direct";
  try {
    return new URL(referrer).host;
  } catch {
    return referrer;
  }
}

/** @param {{visitor: Visitor, now: number}} props */
function DrawnLine({ visitor, now }) {
  const { visitorId, contact, page, referrer, since, online, state: trust } = visitor;
  const name = contact && !isAnonymous(contact) ? contactName(contact) : visitorName(visitorId);
  return html`<tr class=${online ? "" : "is-gone"}>
    <td class="cell-who"><div>
      <${Avatar} id=${contact?.id ?? visitorId} name=${name} size="s"
        anonymous=${isAnonymous(contact)} state=${online ? "online" : "offline"} />
      <span class="cell-name"><bdi>${name}</bdi><span
        class="hidden">, ${online ? "online" : "left"}</span></span>
        ${trust !== "anonymous" && html`<${Trust} trust=${trust} />`}</div></td>
    <td class="cell-page">${
      page
        ? html`<div title=${page.url}><bdi class="cell-title">
      ${page.title || pathOf(page.url)}</bdi>${
        page.title &&
        html`<bdi class="cell-path">
      ${pathOf(page.url)}</bdi>`
      }</div>`
        : html`<span class="quiet">No page yet</span>`
    }</td>
    <td class="cell-source"><bdi title=${referrer || undefined}>${sourceOf(referrer)}</bdi></td>
    <td class="cell-since"><time datetime=${since} title=${moment(since)}>
      ${duration(since, now)}</time></td>
    <td class="cell-act"><button type="button" class="button is-small"
      onClick=${() => (state.dialog.value = { kind: "start", visitor })}><${Icon} name="chat"
      size=${16} />Chat<span class="hidden"> with ${name}</span></button></td>
  </tr>`;
}

const Line = memo(DrawnLine);

function Lines() {
  const { status, visitors, nextCursor } = state.boardState.value;
  if (status === "failed") {
    return html`<${Empty} icon="warning" tone="bad" title="The visitors could not be loaded"
      action=${html`<button type="button" class="button"
        onClick=${() => lists.askBoard()}>Try again</button>`}>It is tried again by itself in a moment.<//>`;
  }
  if (visitors.length === 0) {
    if (status !== "ready")
      return html`<div class="lines-skeleton is-padded" aria-hidden="true">
        ${Array.from({ length: 6 }, () => html`<i></i>`)}</div>`;
    return html`<${Empty} icon="globe"
      title="Nobody is on your site right now">As soon as somebody opens a page with
      the widget, you see them here, and where they are.<//>`;
  }
  return html`<table class="board-table">
    <thead><tr><th scope="col">Visitor</th><th scope="col">Page</th><th scope="col"
      class="cell-source">Came from</th><th scope="col">On the site</th><th scope="col"><span
      class="hidden">Chat</span></th></tr></thead>
    <tbody>${visitors.map(
      (visitor) => html`<${Line} key=${visitor.visitorId} visitor=${visitor}
      now=${state.now.value} />`,
    )}</tbody>
  </table>
  ${
    nextCursor &&
    html`<p class="board-more"><button type="button" class="button"
    onClick=${() => void lists.moreVisitors()}>Show more visitors</button></p>`
  }`;
}

export function BoardPane() {
  const { total, status, visitors } = state.boardState.value;
  const online = visitors.filter((visitor) => visitor.online).length;
  return html`<main class="board" id="thread" tabindex="-1" aria-labelledby="board-title"
    aria-busy=${status === "loading"}>
    <header class="pane-head">
      <${IconButton} icon="menu" label="Views and team" tone="only-narrow"
        onClick=${() => (state.isRailShown.value = true)} />
      <h1 id="board-title">Visitors</h1>
      ${
        visitors.length > 0 &&
        html`<span class="found">
        ${online} online${total > visitors.length ? ` of ${total}` : ""}</span>`
      }
      ${status === "ready" && html`<span class="live"><i></i>Live</span>`}
    </header>
    <div class="board-scroll" tabindex="0"><${Lines} /></div>
  </main>`;
}
