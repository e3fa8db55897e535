/** The visitor's conversations, the newest first, one button each. */

import { h, icon } from "./dom.js";
import { listOf } from "./model.js";
import { previewOf, whenOf } from "./more_words.js";
import { face } from "./thread_view.js";

/** @import { Chat } from "./chat.js" */
/** @import { State, Summary } from "./model.js" */

/** @param {Chat} chat */
export function conversationList(chat) {
  const { counts } = chat.core;
  const items = h("ul");
  const older = h("button", { class: "plain", click: () => void listMore(chat).catch(() => {}) },
    "Show older conversations");
  const begin = h("button", { class: "filled", click: () => visit({}) },
    icon("M12 5v14M5 12h14"), "New conversation");
  const node = h("div", { class: "list", hidden: true }, h("div", { class: "scroll" }, items, older), begin);

  /** @param {{id?: string}} place */
  function visit(place) {
    chat.go(place);
    chat.render();
    chat.focus();
  }

  /** @param {Summary} summary @param {number} now */
  function item({ id, assignee, lastMessage, updatedAt, status }, now) {
    const unread = counts.get(id)?.unread;
    const name = assignee.name ?? "Chat";
    return h("li", {}, h("button", { id, class: unread && "unread", click: () => visit({ id }) },
      face(name),
      h("span", { class: "name" }, name),
      h("time", { datetime: updatedAt }, whenOf(updatedAt, now)),
      h("span", { class: "preview" }, previewOf(lastMessage)),
      unread ? h("span", { class: "unreads" }, `${unread}`, h("span", { class: "sr" }, " unread")) : null,
      status === "resolved" && h("span", { class: "ended" }, "Ended")));
  }

  /** @param {State} state */
  function render(state) {
    node.hidden = !state.place.isList;
    if (node.hidden) return;
    const focused = items.querySelector(":focus")?.id;
    items.replaceChildren(...listOf(state).map((summary) => item(summary, Date.now())));
    if (focused) items.querySelector(`[id="${CSS.escape(focused)}"]`)?.closest("button")?.focus();
    older.hidden = !state.nextCursor;
  }

  return { node, render };
}

/** The next page of the list. @param {Chat} chat */
export async function listMore(chat) {
  const { nextCursor } = chat.state();
  const page = await chat.link.ask("conversations", { cursor: nextCursor });
  const { conversations } = chat.state();
  const found = Object.fromEntries(page.items.map((/** @type {Summary} */ item) => [item.id, item]));
  chat.set({ nextCursor: page.nextCursor, conversations: { ...conversations, ...found } });
}
