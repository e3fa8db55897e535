/**
 * The thread on screen. It keeps one node per row, makes anew only the rows that changed, and looks
 * after the scroll position: at the end it stays at the end, elsewhere what is being read stays where
 * it is, also when older messages come in above it.
 */

import { h } from "./dom.js";
import { isSame, rowsOf } from "./rows.js";
import { isMine } from "./thread.js";
import { initialsOf, nameOf, timeOf } from "./words.js";

/** @import { State } from "./model.js" */
/** @import { Row } from "./rows.js" */
/** @import { Part } from "./types.js" */

/** @typedef {ReturnType<typeof threadView>} ThreadView */

/** So near to the end that one means to be there. */
const NEAR_PX = 60;

/**
 * @param {Part[]} parts may draw rows in their own way
 * @param {(text: string) => Node[]} prose a message's words as nodes
 * @param {() => void} looked called when what is on screen may be another part of the thread
 * @param {() => void} visited called when the pointer or the focus comes in
 */
export function threadView(parts, prose, looked, visited) {
  const list = h("div", { class: "rows" });
  const node = h(
    "div",
    { class: "thread", role: "log", "aria-live": "off", "aria-label": "Messages", tabindex: 0, scroll: noteEnd,
      focus: visited, pointerenter: visited },
    list,
  );
  /** @type {Map<string, {row?: Row, node: HTMLElement}>} */
  let drawn = new Map();
  let isAtEnd = true;
  let visit = -1;

  function noteEnd() {
    isAtEnd = node.scrollHeight - node.scrollTop - node.clientHeight < NEAR_PX;
    looked();
  }

  function toEnd() {
    node.scrollTop = node.scrollHeight;
    noteEnd();
  }

  /** Draw every row anew at the next render. */
  function forget() {
    for (const one of drawn.values()) one.row = undefined;
  }

  /** @param {Row} row */
  const plain = (row) => plainRow(row, prose);

  /** @param {Row} row */
  function make(row) {
    for (const part of parts) {
      const made = part.make?.(row, plain);
      if (made) return made;
    }
    return plain(row);
  }

  /** @param {Row[]} rows @returns {boolean} whether something was written here */
  function draw(rows) {
    /** @type {typeof drawn} */
    const now = new Map();
    let isWritten = false;
    let next = list.firstElementChild;
    for (const row of rows) {
      const known = drawn.get(row.key);
      let made = known?.node;
      if (!made || !isSame(known?.row, row)) {
        made = make(row);
        if (known?.node === next) next = made;
        if (known) known.node.replaceWith(made);
        isWritten ||= !known && row.type === "message" && !row.item.seq;
      }
      if (made === next) next = made.nextElementSibling;
      else list.insertBefore(made, next);
      now.set(row.key, { row, node: made });
    }
    for (const [key, { node }] of drawn) if (!now.has(key)) node.remove();
    drawn = now;
    return isWritten;
  }

  /** @param {State} state @param {number} now */
  function render(state, now) {
    const isOther = state.place.visit !== visit;
    visit = state.place.visit;
    const fromEnd = node.scrollHeight - node.scrollTop;
    const first = list.firstElementChild;
    const isWritten = draw(rowsOf(state, now));
    if (isOther || isWritten || isAtEnd) toEnd();
    else if (first !== list.firstElementChild) node.scrollTop = node.scrollHeight - fromEnd;
    const divider = isOther && drawn.get("newNew")?.node;
    if (divider) divider.scrollIntoView({ block: "nearest" });
  }

  return { node, render, toEnd, forget, isAtEnd: () => isAtEnd };
}

/**
 * @param {Row} row
 * @param {(text: string) => Node[]} prose
 * @returns {HTMLElement}
 */
function plainRow(row, prose) {
  switch (row.type) {
    case "typing": {
      const name = nameOf(row.author);
      return h("div", { class: "row theirs starts typing" }, face(name),
        h("span", { class: "name" }, `${name} is typing`), h("span", { class: "bubble" }, h("i"), h("i"), h("i")));
    }
    case "message": {
      const { item, starts, ends, mark } = row;
      const { author, at, body, deleted, editedAt } = item;
      const own = isMine(item);
      const name = own ? "You" : nameOf(author);
      const notes = [ends && timeOf(at), editedAt && !deleted && "edited", mark].filter(Boolean).join(" · ");
      const isNamed = starts && !own;
      return h("div", { class: `row ${own ? "mine" : "theirs"} ${starts && "starts"} ${deleted && "deleted"}` },
        isNamed && face(name),
        h("span", { class: isNamed ? "name" : "sr" }, isNamed ? name : `${name}: `),
        h("div", { class: "bubble" }, ...(deleted ? ["Message deleted"] : prose(body))),
        notes && h("p", { class: "notes" }, notes));
    }
    case "greeting":
      return h("div", { class: "row" }, h("div", { class: "bubble" }, ...prose(row.text)));
    default:
      return h("p", { class: row.type }, row.text);
  }
}

/** @param {string} name */
export const face = (name) => h("span", { class: "face", "aria-hidden": true }, initialsOf(name));
