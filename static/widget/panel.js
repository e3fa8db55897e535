/**
 * The panel: its frame, the header, the line that says how the connection is, and what is read out.
 * It draws the state it is given and decides nothing.
 */

import { h, icon, say, set } from "./dom.js";
import { connectionOf, presenceOf } from "./words.js";

/** @import { State } from "./model.js" */

/** @typedef {ReturnType<typeof panel>} Panel */

/**
 * @param {HTMLElement[]} body
 * @param {() => void} close
 * @param {(name: string, ...args: unknown[]) => void} rarely
 */
export function panel(body, close, rarely) {
  /** @param {string} label @param {string} path @param {() => void} click */
  const tool = (label, path, click) => h("button", { class: "tool", "aria-label": label, click }, icon(path));
  const back = tool("All conversations", "M15 5l-7 7 7 7", () => rarely("list"));
  const more = tool("More", "M5 12h.01M12 12h.01M19 12h.01", () => rarely("more", more));
  const title = h("h2", { tabindex: -1 });
  const presence = h("p");
  const header = h("header", {}, back, h("div", { class: "who" }, title, presence), more,
    tool("Close chat", "M6 6l12 12M18 6L6 18", close));
  const banner = h("p", { class: "banner", role: "status" });
  const notice = h("p", { class: "notice", role: "alert" });
  /** What is read out when it happens. */
  const live = h("p", { class: "sr", role: "status" });
  const node = h("section", {
    class: "panel", role: "dialog", "aria-label": "Chat", hidden: true,
    keydown(/** @type {KeyboardEvent} */ event) {
      if (event.key === "Escape" && !event.isComposing) close();
    },
  }, header, banner, notice, ...body, live);

  /** @param {State} state */
  function render(state) {
    const { place, conversations, agentsOnline } = state;
    const name = conversations[place.id ?? ""]?.assignee.name;
    const text = connectionOf(state);
    say(title, place.isList ? "Conversations" : (name ?? "Chat with us"));
    say(presence, presenceOf(state));
    say(banner, text);
    set(presence, "data-online", !!agentsOnline);
    banner.hidden = !text;
    back.hidden = !!place.isList || !Object.keys(conversations).length;
    more.hidden = !!place.isList || !conversations[place.id ?? ""];
  }

  return { node, notice, live, title, render };
}
