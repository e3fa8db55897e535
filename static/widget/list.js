/** The visitor's conversations, the newest first, one button each. */

import { h, icon } from "./dom.js";
import { listOf } from "./model.js";
import { initialsOf, previewOf, whenOf } from "./words.js";

/** @import { Actions } from "./panel.js" */
/** @import { State, Summary } from "./model.js" */
/** @import { Counts } from "./unread.js" */

export class ListView {
  items = h("ul", { class: "items" });
  older = h("button", { type: "button", class: "plain older", onclick: () => this.actions.moreList() }, "Show older conversations");
  begin = h("button", { type: "button", class: "filled begin", onclick: () => this.actions.go({ view: "thread" }) }, icon("new"), "New conversation");
  node = h("div", { class: "list" }, h("div", { class: "scroller" }, this.items, this.older), this.begin);

  /** @param {Counts} counts @param {Actions} actions */
  constructor(counts, actions) {
    this.counts = counts;
    this.actions = actions;
  }

  /** @param {State} state @param {number} now */
  render(state, now) {
    const focused = this.items.querySelector(":focus")?.getAttribute("data-id");
    this.items.replaceChildren(...listOf(state).map((summary) => this.#item(summary, now)));
    this.older.hidden = !state.nextCursor;
    if (focused) this.items.querySelector(`[data-id="${CSS.escape(focused)}"]`)?.closest("button")?.focus();
  }

  /** @param {Summary} summary @param {number} now */
  #item({ id, assignee, lastMessage, updatedAt, status }, now) {
    const unread = this.counts.get(id)?.unread ?? 0;
    const name = assignee?.name ?? "Support";
    return h("li", {}, h("button", { type: "button", "data-id": id, class: unread > 0 && "unread", onclick: () => this.actions.go({ view: "thread", id }) },
      h("span", { class: "face", "aria-hidden": true }, initialsOf(name)),
      h("span", { class: "name" }, name),
      h("time", { datetime: updatedAt }, whenOf(updatedAt, now)),
      h("span", { class: "preview" }, previewOf(lastMessage)),
      unread > 0 && h("span", { class: "count" }, `${unread}`, h("span", { class: "sr" }, " unread")),
      status === "resolved" && h("span", { class: "ended" }, "Ended")));
  }
}
