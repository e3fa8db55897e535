/**
 * The thread on screen. It keeps one node per row, makes anew only the rows that changed, and looks
 * after the scroll position: at the end it stays at the end, elsewhere what is being read stays where
 * it is, also when older messages come in above it.
 */

import { h, icon, set } from "./dom.js";
import { openMenu } from "./menu.js";
import { prose } from "./prose.js";
import { isSame, rowsOf } from "./rows.js";
import { hasMore } from "./thread.js";
import { threadOf } from "./model.js";
import { failureOf, initialsOf, momentOf, nameOf, timeOf } from "./words.js";

/** @import { Actions } from "./panel.js" */
/** @import { State } from "./model.js" */
/** @import { Row } from "./rows.js" */

/** So near to the end that one means to be there. */
const NEAR_PX = 60;
/** So near to the start that older messages are wanted. */
const EARLY_PX = 300;

export class ThreadView {
  rows = h("div", { class: "rows" });
  scroller = h("div", {
    class: "scroller", role: "log", "aria-live": "off", "aria-label": "Messages", tabindex: 0,
    onscroll: () => this.#scrolled(),
  }, this.rows);
  jump = h("button", { class: "jump", type: "button", hidden: true, onclick: () => this.toEnd() });
  node = h("div", { class: "thread" }, this.scroller, this.jump);

  /** @type {Map<string, {row: Row, node: HTMLElement}>} */
  #drawn = new Map();
  /** @type {State | undefined} */
  #state;
  #isAtEnd = true;
  #unseen = 0;

  /** @param {HTMLElement} panel @param {Actions} actions */
  constructor(panel, actions) {
    this.panel = panel;
    this.actions = actions;
  }

  /** Whether the newest message is on screen. */
  get isAtEnd() {
    return this.#isAtEnd;
  }

  toEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.#isAtEnd = true;
    this.#scrolled();
  }

  /** @param {State} state @param {number} now */
  render(state, now) {
    const before = this.#state;
    this.#state = state;
    const isOther = before?.place !== state.place && !this.#isSamePlace(before, state);
    if (isOther) this.#clear();
    const rows = rowsOf(state, now);
    const fromEnd = this.scroller.scrollHeight - this.scroller.scrollTop;
    const first = this.rows.firstElementChild;
    const added = this.#draw(rows, isOther);
    const isOlder = !isOther && first !== this.rows.firstElementChild && first?.isConnected;
    if (isOther) this.#settle();
    else if (this.#isAtEnd || added.some(({ type }) => type === "pending")) this.toEnd();
    else if (isOlder) this.scroller.scrollTop = this.scroller.scrollHeight - fromEnd;
    if (!this.#isAtEnd && !isOther && !isOlder) {
      this.#unseen += added.filter((row) => row.type === "message" && !row.item.isMine).length;
    }
    this.#showJump();
    set(this.scroller, "aria-busy", !!state.place && this.#isWaiting(state));
  }

  /** The row that is being edited, to put the focus there. */
  focusEditor() {
    const editor = this.rows.querySelector("textarea");
    editor?.focus();
    editor?.setSelectionRange(editor.value.length, editor.value.length);
  }

  /** A new conversation that got its name is still the same one. @param {State | undefined} before @param {State} after */
  #isSamePlace(before, after) {
    const [a, b] = [before?.place, after.place];
    if (a?.view !== "thread" || b.view !== "thread") return false;
    if (a.id === b.id) return a.newAfter === b.newAfter;
    return !a.id && this.rows.querySelector(".pending") !== null;
  }

  /** @param {State} state */
  #isWaiting({ place, threads, link }) {
    return place.view === "thread" && !!place.id && !threads[place.id] && link !== "OFFLINE";
  }

  #clear() {
    this.#drawn.clear();
    this.rows.replaceChildren();
    this.#unseen = 0;
    this.#isAtEnd = true;
  }

  /**
   * @param {Row[]} rows
   * @param {boolean} isOther whether everything is new, and nothing is to move
   * @returns {Row[]} those that were not there
   */
  #draw(rows, isOther) {
    const drawn = new Map();
    const added = [];
    let next = this.rows.firstElementChild;
    for (const row of rows) {
      const known = this.#drawn.get(row.key);
      let node = known?.node;
      if (!known || !node || !isSame(known.row, row)) {
        const made = this.#make(row);
        if (known) {
          if (next === node) next = made;
          node?.replaceWith(made);
        } else {
          added.push(row);
          if (!isOther) made.classList.add("arrives");
        }
        node = made;
      }
      if (node === next) next = node.nextElementSibling;
      else this.rows.insertBefore(node, next);
      drawn.set(row.key, { row, node });
    }
    for (const [key, { node }] of this.#drawn) if (!drawn.has(key)) node.remove();
    this.#drawn = drawn;
    return added;
  }

  /** Where a thread is first looked at: at its end, or at what is new if that is more than a screen. */
  #settle() {
    this.toEnd();
    const divider = this.#drawn.get("new")?.node;
    if (divider && divider.offsetTop < this.scroller.scrollTop) {
      this.scroller.scrollTop = divider.offsetTop - 8;
    }
    this.#scrolled();
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    this.#isAtEnd = scrollHeight - scrollTop - clientHeight < NEAR_PX;
    if (this.#isAtEnd) this.#unseen = 0;
    this.#showJump();
    const state = this.#state;
    if (state?.place.view === "thread" && scrollTop < EARLY_PX) {
      if (hasMore(threadOf(state, state.place.id))) this.actions.older();
    }
    this.actions.looked();
  }

  #showJump() {
    const count = this.#unseen;
    const text = count ? `${count} new message${count > 1 ? "s" : ""}` : "Latest";
    if (this.jump.textContent !== text) this.jump.replaceChildren(icon("down"), text);
    this.jump.hidden = this.#isAtEnd;
  }

  /** @param {Row} row @returns {HTMLElement} */
  #make(row) {
    switch (row.type) {
      case "greeting":
        return h("div", { class: "row theirs starts ends greeting" }, h("div", { class: "bubble" }, ...prose(row.body)));
      case "day":
      case "new":
        return h("div", { class: row.type, role: "separator" }, h("span", {}, row.text));
      case "line":
        return h("p", { class: "line", title: row.at && momentOf(row.at) }, row.text);
      case "typing":
        return h("div", { class: "row theirs starts typing" },
          h("span", { class: "sr" }, `${nameOf(row.author)} is typing`),
          h("span", { class: "face", "aria-hidden": true }, initialsOf(nameOf(row.author))),
          h("span", { class: "bubble" }, h("i"), h("i"), h("i")));
      case "message":
        return this.#message(row);
      case "editing":
        return this.#editor(row);
      case "pending":
        return this.#pending(row);
    }
  }

  /** @param {Row & {type: "message"}} row */
  #message({ item, starts, ends, mark }) {
    const { isMine, isOwn, isDeleted, editedAt, author, at, body } = item;
    const name = isMine ? "You" : nameOf(author);
    const said = isDeleted ? [h("p", {}, "Message deleted")] : prose(body);
    const notes = [ends && timeOf(at), editedAt && !isDeleted && "edited", mark].filter(Boolean);
    /** @type {HTMLButtonElement} */
    const more = h("button", {
      class: "more", type: "button", "aria-label": "Message actions", "aria-haspopup": "menu", tabindex: -1,
      onclick: () => this.#openActions(more, item.seq),
    }, icon("more"));
    return h("div", { class: `row ${isMine ? "mine" : "theirs"}${starts ? " starts" : ""}${ends ? " ends" : ""}${isDeleted ? " deleted" : ""}` },
      starts && !isMine && h("span", { class: "face", "aria-hidden": true }, initialsOf(name)),
      starts && !isMine ? h("span", { class: "name" }, name) : h("span", { class: "sr" }, `${name}: `),
      h("div", { class: "bubble", title: momentOf(at) }, ...said),
      isOwn && !isDeleted && more,
      notes.length > 0 && h("p", { class: "notes" }, notes.join(" · ")));
  }

  /** @param {HTMLElement} button @param {number} seq */
  #openActions(button, seq) {
    const { edit, remove } = this.actions;
    openMenu(this.panel, button, [
      { label: "Edit", act: () => edit(seq) },
      { label: "Delete", isGrave: true, act: () =>
        openMenu(this.panel, button, [
          { label: "Delete for everyone", isGrave: true, act: () => remove(seq) },
          { label: "Keep it", act: () => {} },
        ]) },
    ]);
  }

  /** @param {Row & {type: "editing"}} row */
  #editor({ item, problem, isBusy }) {
    const editor = h("textarea", {
      "aria-label": "Edit message", rows: 2, "aria-invalid": !!problem, "aria-describedby": problem && "problem",
      onkeydown: (/** @type {KeyboardEvent} */ event) => {
        if (event.key === "Escape") this.actions.edit(undefined);
        else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) save();
        else return;
        event.preventDefault();
        event.stopPropagation();
      },
    });
    editor.value = this.#edited?.seq === item.seq ? this.#edited.text : item.body;
    editor.addEventListener("input", () => (this.#edited = { seq: item.seq, text: editor.value }));
    const save = () => this.actions.change(item.seq, editor.value);
    return h("div", { class: "row mine editing" }, editor,
      problem && h("p", { class: "problem", id: "problem", role: "alert" }, problem),
      h("div", { class: "choices" },
        h("button", { type: "button", class: "plain", onclick: () => this.actions.edit(undefined) }, "Cancel"),
        h("button", { type: "button", class: "filled", disabled: isBusy, onclick: save }, isBusy ? "Saving…" : "Save")));
  }

  /** What was typed in the editor, if its row has to be made anew. @type {{seq: number, text: string} | undefined} */
  #edited;

  /** @param {Row & {type: "pending"}} row */
  #pending({ pending, starts, mark }) {
    const { clientMessageId: id, body, failed } = pending;
    return h("div", { class: `row mine pending${starts ? " starts" : ""}${failed ? " failed" : ""}` },
      h("span", { class: "sr" }, "You: "),
      h("div", { class: "bubble" }, ...prose(body)),
      failed
        ? h("div", { class: "notes problem", role: "alert" },
            h("span", {}, icon("alert"), `Not sent. ${failureOf(failed)} `),
            h("button", { type: "button", class: "link", onclick: () => this.actions.retry(id) }, "Retry"),
            h("button", { type: "button", class: "link", onclick: () => this.actions.discard(id) }, "Discard"))
        : h("p", { class: "notes" }, mark));
  }
}
