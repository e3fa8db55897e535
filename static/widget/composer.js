/**
 * Where the visitor writes. It grows with what is written, sends on Enter but not while an input
 * method composes, counts near the limit in code points as the server does, and keeps a draft per
 * conversation in this tab.
 */

import { h, icon, say, set } from "./dom.js";

/** @import { Shelf } from "./shelf.js" */
/** @import { State } from "./model.js" */

/** @typedef {ReturnType<typeof composer>} Composer */

const WARN_AT = 200;
const HIGHEST_PX = 144;

/**
 * @param {Shelf} tab
 * @param {(text: string) => void} write
 * @param {(isTyping: boolean) => void} typed
 */
export function composer(tab, write, typed) {
  /** Where the draft belongs. */
  let place = "";
  let most = 0;
  const input = h("textarea", {
    rows: 1, "aria-label": "Message", "aria-describedby": "count", enterkeyhint: "send", dir: "auto",
    input() {
      changed();
      typed(!!input.value.trim());
    },
    keydown(/** @type {KeyboardEvent} */ event) {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) submit(event);
    },
  });
  const button = h("button", { class: "send", "aria-label": "Send" }, icon("M12 19V5M6 11l6-6 6 6"));
  const count = h("p", { id: "count", class: "count" });
  const node = h("form", { class: "composer", submit }, input, button, count);

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
    const left = most - [...input.value.trim()].length;
    say(count, left > WARN_AT ? "" : left < 0 ? `${-left} characters too many` : `${left} characters left`);
    set(input, "aria-invalid", left < 0);
    button.disabled = left < 0 || !input.value.trim() || input.disabled;
    input.style.setProperty("height", "auto");
    input.style.setProperty("height", `${Math.min(input.scrollHeight, HIGHEST_PX)}px`);
  }

  /** @param {string} text */
  function fill(text) {
    input.value = text;
    changed();
  }

  /** @param {State} state */
  function render({ place: { id = "new" }, conversations, link, characters }) {
    const isOver = conversations[id]?.status === "resolved";
    input.placeholder = isOver ? "Write to reopen this conversation" : "Write a message";
    input.disabled = link === "TERMINAL";
    most = characters;
    if (place === id) return;
    place = id;
    input.value = drafts()[id] ?? "";
    fit();
  }

  return { node, input, fill, render };
}
