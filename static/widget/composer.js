/**
 * Where the visitor writes. It grows with what is written, sends on Enter but not while an input
 * method composes, refuses in code points what the server would, and keeps a draft per conversation
 * in this tab.
 */

import { h, icon } from "./dom.js";
import { MOST_WAITING } from "./model.js";

/** @import { Shelf } from "./shelf.js" */
/** @import { State } from "./model.js" */

/** @typedef {ReturnType<typeof composer>} Composer */

export const WARN_AT = 200;
const HIGHEST_PX = 144;

/** As the server counts. @param {string} text */
export const lengthOf = (text) => [...text.trim()].length;

/**
 * @param {Shelf} tab
 * @param {(text: string) => void} write
 * @param {(isTyping: boolean) => void} typed
 * @param {() => void} nearLimit
 */
export function composer(tab, write, typed, nearLimit) {
  /** Where the draft belongs. */
  let place = "";
  let visited = -1;
  let most = 0;
  const input = h("textarea", {
    rows: 1, "aria-label": "Message", dir: "auto",
    input() {
      changed();
      typed(!!input.value.trim());
    },
    keydown(/** @type {KeyboardEvent} */ event) {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) submit(event);
    },
  });
  const button = h("button", { class: "send", "aria-label": "Send" }, icon("M12 19V5M6 11l6-6 6 6"));
  const node = h("form", { class: "composer", submit }, input, button);

  /** @param {Event} event */
  function submit(event) {
    event.preventDefault();
    if (button.disabled) return;
    const text = input.value.trim();
    fill("");
    typed(false);
    write(text);
  }

  const drafts = () => tab.read("drafts") ?? {};

  /** The text is another: keep it, and see whether it can be sent. */
  function changed() {
    tab.write("drafts", { ...drafts(), [place]: input.value || undefined });
    fit();
  }

  function fit() {
    const length = lengthOf(input.value);
    button.disabled = !length || length > most || input.disabled;
    if (length > most - WARN_AT) nearLimit();
    input.style.height = "auto";
    input.style.height = `${Math.min(input.scrollHeight, HIGHEST_PX)}px`;
  }

  /** @param {string} text */
  function fill(text) {
    input.value = text;
    changed();
  }

  /** @param {State} state */
  function render({ place: { id = "new", visit }, conversations, link, characters, pending }) {
    const isOver = conversations[id]?.status === "resolved";
    input.placeholder = isOver ? "Write to reopen" : "Write a message";
    input.disabled = link === "TERMINAL" || pending.length >= MOST_WAITING;
    most = characters;
    if (place === id) return;
    // In the same visit one is still where one was: what is being written moves along.
    const written = visit === visited && input.value;
    if (written) fill("");
    place = id;
    visited = visit;
    fill(written || drafts()[id] || "");
  }

  return { node, input, fill, render };
}
