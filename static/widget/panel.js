/**
 * The panel: its frame, the header, the line that says how the connection is, and what is read out.
 * It draws the state it is given and decides nothing.
 */

import { h, icon, say, set } from "./dom.js";
import { connectionOf, initialsOf, presenceOf } from "./words.js";

/** @import { State } from "./model.js" */

/** @typedef {ReturnType<typeof panel>} Panel */

/**
 * @param {HTMLElement[]} body
 * @param {() => void} close
 * @param {() => void} tryNow
 */
export function panel(body, close, tryNow) {
  const initials = h("span", { class: "face", "aria-hidden": true });
  const title = h("h2", { id: "title", tabindex: -1 });
  const presence = h("p");
  const tools = h("button", { type: "button", class: "tool", "aria-label": "Close chat", click: close },
    icon("M6 6l12 12M18 6L6 18"));
  const header = h("header", {}, initials, h("div", { class: "who" }, title, presence), tools);
  const words = h("span", { role: "status" });
  const again = h("button", { type: "button", class: "link", click: tryNow }, "Try now");
  const banner = h("div", { class: "banner" }, words, again);
  const notice = h("p", { class: "notice", role: "alert" });
  /** What is read out when it happens. */
  const live = h("p", { class: "sr", role: "status" });
  const node = h("section", {
    class: "panel", role: "dialog", "aria-labelledby": "title", hidden: true,
    keydown(/** @type {KeyboardEvent} */ event) {
      if (event.key === "Escape" && !event.defaultPrevented && !event.isComposing) close();
    },
  }, header, banner, ...body, notice, live);

  /** @param {State} state */
  function render(state) {
    const { place, conversations, agentsOnline, link } = state;
    const name = conversations[place.id ?? ""]?.assignee.name;
    const text = connectionOf(state);
    say(title, place.isList ? "Conversations" : (name ?? "Chat with us"));
    say(presence, presenceOf(state));
    say(initials, initialsOf(name ?? ""));
    say(words, text);
    set(presence, "data-online", !!agentsOnline);
    set(node, "data-view", place.isList ? "list" : "thread");
    set(banner, "data-link", link);
    initials.hidden = !name || !!place.isList;
    banner.hidden = !text;
    again.hidden = link !== "OFFLINE";
  }

  return { node, header, notice, live, title, render };
}
