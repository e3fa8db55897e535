/**
 * What can be done with a message or a conversation once it is there: edit, delete, try again,
 * discard, end. Each row that offers something is drawn here in the place of the plain one.
 */

import { h, icon, set } from "./dom.js";
import { openMenu } from "./menu.js";
import { threadOf } from "./model.js";
import { failureOf } from "./more_words.js";

/** @import { RequestError } from "../protocol/link.js" */
/** @import { Data } from "../protocol/connection.js" */
/** @import { Chat } from "./chat.js" */
/** @import { Pending } from "./model.js" */

/** @param {Data} item */
const isEditable = ({ kind, seq, author, deleted }) => kind === "message" && seq && author.own && !deleted;

const MORE = "M5 12h.01M12 12h.01M19 12h.01";

/** @param {Chat} chat */
export function tools(chat) {
  const { frame, link, thread } = chat;
  /** What was typed in the editor, if its row has to be made anew. @type {Data} */
  let typed = {};

  const here = () => chat.state().place.id;
  /** @param {unknown} error */
  const codeOf = (error) => /** @type {RequestError} */ (error).code;

  /** @param {unknown} error */
  const complain = (error) => {
    frame.notice.textContent = failureOf(codeOf(error));
  };

  /** Ask for something about the conversation on screen. @param {string} type @param {Data} [data] */
  function ask(type, data) {
    frame.notice.textContent = "";
    link.ask(type, { conversationId: here(), ...data }).catch(complain);
  }

  /** @param {number} [seq] begin, or without one stop */
  function edit(seq) {
    typed = {};
    chat.set({ editing: seq ? { seq } : undefined });
    chat.render();
    if (seq) focusEditor();
    else chat.focus();
  }

  function focusEditor() {
    const editor = thread.node.querySelector("textarea");
    editor?.focus();
    editor?.setSelectionRange(editor.value.length, editor.value.length);
  }

  /** @param {number} seq @param {string} text */
  async function change(seq, text) {
    const body = text.trim();
    const item = threadOf(chat.state(), here()).items.find((one) => one.seq === seq);
    if (!body || body === item?.body) return edit();
    if (chat.state().editing?.isBusy) return;
    chat.set({ editing: { seq, isBusy: true } });
    try {
      await link.ask("editMessage", { conversationId: here(), seq, body });
      if (chat.state().editing?.seq === seq) edit();
    } catch (error) {
      if (chat.state().editing?.seq !== seq) return;
      chat.set({ editing: { seq, problem: failureOf(codeOf(error)) } });
      chat.render();
      focusEditor();
    }
  }

  /** The newest own message, from the composer by the key that goes up. */
  function editLast() {
    const { items } = threadOf(chat.state(), here());
    const last = items.findLast(isEditable);
    if (last) edit(last.seq);
    return !!last;
  }

  /** @param {HTMLElement} button @param {number} seq */
  function offer(button, seq) {
    openMenu(frame.node, button, [
      { label: "Edit", act: () => edit(seq) },
      {
        label: "Delete",
        isGrave: true,
        act: () =>
          openMenu(frame.node, button, [
            { label: "Delete for everyone", isGrave: true, act: () => ask("deleteMessage", { seq }) },
            { label: "Keep it", act: () => {} },
          ]),
      },
    ]);
  }

  /** @param {HTMLElement} node @param {number} seq */
  function withMenu(node, seq) {
    const button = h("button", {
      class: "menu-button", "aria-label": "Message actions", "aria-haspopup": "menu", tabindex: -1,
      click: () => offer(button, seq),
      keydown(/** @type {KeyboardEvent} */ event) {
        const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
        if (!step) return;
        event.preventDefault();
        const all = buttons();
        all[all.indexOf(button) + step]?.focus();
      },
    }, icon(MORE));
    node.querySelector(".bubble")?.after(button);
    return node;
  }

  /** @returns {HTMLElement[]} of all messages that offer something */
  const buttons = () => [...thread.node.querySelectorAll(/** @type {"button"} */ (".menu-button"))];

  /** @param {Data} item */
  function editor({ seq, body }) {
    const { problem, isBusy } = chat.state().editing ?? {};
    const save = () => void change(seq, input.value);
    const input = h("textarea", {
      "aria-label": "Edit message", rows: 2, dir: "auto",
      "aria-invalid": problem && "true", "aria-describedby": problem && "problem",
      input: () => (typed = { seq, text: input.value }),
      keydown(/** @type {KeyboardEvent} */ event) {
        if (event.key === "Escape") edit();
        else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) save();
        else return;
        event.preventDefault();
        event.stopPropagation();
      },
    });
    input.value = typed.seq === seq ? typed.text : body;
    return h("div", { class: "row mine editing" }, input,
      problem && h("p", { id: "problem", class: "notes problem", role: "alert" }, problem),
      h("div", { class: "choices" },
        h("button", { class: "plain", click: () => edit() }, "Cancel"),
        h("button", { class: "filled", disabled: isBusy, click: save }, isBusy ? "Saving…" : "Save")));
  }

  /** @param {HTMLElement} node @param {Data} pending */
  function withRetry(node, pending) {
    const { clientMessageId, failed } = pending;
    node.classList.add("failed");
    node.querySelector(".notes")?.replaceWith(
      h("div", { class: "notes problem" }, `Not sent. ${failureOf(failed)} `,
        h("button", { class: "link", click: () => chat.send(/** @type {Pending} */ ({ ...pending, failed: undefined })) }, "Retry"),
        h("button", { class: "link", click: () => chat.discard(clientMessageId) }, "Discard")));
    return node;
  }

  chat.parts.push({
    make(row, plain) {
      if (row.type !== "message") return undefined;
      if (row.editing) return editor(row.item);
      if (isEditable(row.item)) return withMenu(plain(row), row.item.seq);
      return row.item.failed ? withRetry(plain(row), row.item) : undefined;
    },
    render() {
      // One stop for all of them on the way through with Tab; the arrows lead to the others.
      const all = buttons();
      for (const button of all) set(button, "tabindex", button === all.at(-1) ? 0 : -1);
    },
  });

  return { ask, editLast };
}
