/**
 * Where the visitor writes. It grows with what is written, sends on Enter but not while an input
 * method composes, counts near the limit in code points as the server does, and keeps a draft per
 * conversation in this tab.
 */

import { h, icon, say, set } from "./dom.js";

/** @import { Actions } from "./panel.js" */
/** @import { Shelf } from "./shelf.js" */
/** @import { State } from "./model.js" */

const WARN_AT = 200;
const HIGHEST_PX = 140;

export class Composer {
  input = h("textarea", {
    rows: 1, "aria-label": "Message", "aria-describedby": "count", enterkeyhint: "send", dir: "auto",
    oninput: () => this.#changed(),
    onkeydown: (/** @type {KeyboardEvent} */ event) => this.#pressed(event),
  });
  send = h("button", { class: "send", "aria-label": "Send" }, icon("send"));
  count = h("p", { id: "count", class: "count" });
  node = h("form", { class: "composer", onsubmit: (/** @type {Event} */ event) => this.#submitted(event) },
    h("div", { class: "field" }, this.input, this.send), this.count);

  #place = "";
  #most = 0;

  /** @param {Shelf} tab @param {Actions} actions */
  constructor(tab, actions) {
    this.tab = tab;
    this.actions = actions;
  }

  /** @param {State} state */
  render(state) {
    const { place, link, characters } = state;
    this.#most = characters;
    if (place.view === "list") return;
    const summary = place.id ? state.conversations[place.id] : undefined;
    const isOver = summary?.status === "resolved";
    this.input.placeholder = isOver ? "Write to reopen this conversation" : "Write a message";
    this.input.disabled = link === "TERMINAL";
    const name = place.id ?? "new";
    if (name !== this.#place) {
      this.#place = name;
      this.input.value = this.#drafts()[name] ?? "";
    }
    this.#fit();
  }

  /** @param {string} text */
  fill(text) {
    this.input.value = text;
    this.#changed();
  }

  /** A draft moves along when its conversation gets a name. @param {string} id */
  renamed(id) {
    this.#keep(this.input.value, id);
    this.#keep("", "new");
    this.#place = id;
  }

  #changed() {
    this.#keep(this.input.value, this.#place);
    this.#fit();
    this.actions.typed(!!this.input.value.trim());
  }

  #fit() {
    const left = this.#most - [...this.input.value.trim()].length;
    const isTooLong = left < 0;
    say(this.count, left > WARN_AT ? "" : isTooLong ? `${-left} characters too many` : `${left} characters left`);
    set(this.input, "aria-invalid", isTooLong);
    this.send.disabled = isTooLong || !this.input.value.trim() || this.input.disabled;
    const { style } = this.input;
    style.setProperty("height", "auto");
    style.setProperty("height", `${Math.min(this.input.scrollHeight, HIGHEST_PX)}px`);
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) this.#submitted(event);
    else if (event.key === "ArrowUp" && !this.input.value && this.actions.editLast()) event.preventDefault();
  }

  /** @param {Event} event */
  #submitted(event) {
    event.preventDefault();
    if (this.send.disabled) return;
    const text = this.input.value;
    this.fill("");
    this.actions.write(text);
  }

  /** @returns {Record<string, string>} */
  #drafts() {
    return this.tab.read("drafts") ?? {};
  }

  /** @param {string} text @param {string} name */
  #keep(text, name) {
    const { [name]: _, ...others } = this.#drafts();
    const drafts = text ? { ...others, [name]: text } : others;
    this.tab.write("drafts", Object.keys(drafts).length ? drafts : null);
  }
}
