/**
 * The panel: its frame, the header, the line that says how the connection is, and what is read out.
 * It draws the state it is given and calls `Actions`; it decides nothing.
 */

import { Composer } from "./composer.js";
import { h, icon, say, set } from "./dom.js";
import { ListView } from "./list.js";
import { openMenu } from "./menu.js";
import { ThreadView } from "./thread_view.js";
import { connectionOf, initialsOf, presenceOf } from "./words.js";

/** @import { Place, State } from "./model.js" */
/** @import { Core } from "./types.js" */

/**
 * What a person can do in the panel.
 * @typedef {object} Actions
 * @property {() => void} close
 * @property {(place: Place) => void} go
 * @property {(text: string) => void} write
 * @property {(isTyping: boolean) => void} typed
 * @property {(clientMessageId: string) => void} retry
 * @property {(clientMessageId: string) => void} discard
 * @property {(seq: number | undefined) => void} edit begin or, without one, stop editing
 * @property {() => boolean} editLast
 * @property {(seq: number, text: string) => void} change
 * @property {(seq: number) => void} remove
 * @property {() => void} end
 * @property {() => void} older
 * @property {() => void} looked what is on screen may be another part of the thread
 * @property {() => void} moreList
 * @property {() => void} tryNow
 */

export class Panel {
  back = h("button", { type: "button", class: "tool back", "aria-label": "All conversations", onclick: () => this.actions.go({ view: "list" }) }, icon("back"));
  face = h("span", { class: "face", "aria-hidden": true });
  title = h("h2", { id: "title", tabindex: -1 });
  presence = h("p", { class: "presence" });
  /** @type {HTMLButtonElement} */
  more = h("button", { type: "button", class: "tool", "aria-label": "More", "aria-haspopup": "menu", onclick: () => this.#openMore() }, icon("more"));
  header = h("header", {}, this.back, this.face, h("div", { class: "who" }, this.title, this.presence), this.more,
    h("button", { type: "button", class: "tool", "aria-label": "Close chat", onclick: () => this.actions.close() }, icon("close")));
  words = h("span", { role: "status" });
  again = h("button", { type: "button", class: "link", onclick: () => this.actions.tryNow() }, "Try now");
  banner = h("div", { class: "banner", hidden: true }, this.words, this.again);
  notice = h("p", { class: "notice", role: "alert" });
  /** What is read out when it happens. */
  live = h("p", { class: "sr", role: "status" });
  node = h("section", {
    class: "panel", role: "dialog", "aria-labelledby": "title", tabindex: -1, hidden: true,
    onkeydown: (/** @type {KeyboardEvent} */ event) => {
      if (event.key === "Escape" && !event.defaultPrevented && !event.isComposing) this.actions.close();
    },
  });

  /** @type {State | undefined} */
  #state;

  /** @param {Core} core @param {Actions} actions */
  constructor(core, actions) {
    this.actions = actions;
    this.thread = new ThreadView(this.node, actions);
    this.list = new ListView(core.counts, actions);
    this.composer = new Composer(core.tab, actions);
    this.node.append(this.header, this.banner, this.list.node, this.thread.node, this.notice, this.composer.node, this.live);
    core.root.append(this.node);
  }

  /** @param {State} state @param {number} now */
  render(state, now) {
    this.#state = state;
    const { place, conversations } = state;
    const isList = place.view === "list";
    const summary = isList || !place.id ? undefined : conversations[place.id];
    const name = summary?.assignee?.name;
    say(this.title, isList ? "Conversations" : (name ?? "Chat with us"));
    say(this.presence, presenceOf(state));
    set(this.presence, "data-online", !!state.agentsOnline);
    say(this.face, initialsOf(name ?? ""));
    this.face.hidden = !name || isList;
    this.back.hidden = isList || !Object.keys(conversations).length;
    this.more.hidden = isList || !summary;
    this.#showConnection(state);
    set(this.node, "data-view", place.view);
    this.list.node.hidden = !isList;
    this.thread.node.hidden = isList;
    this.composer.node.hidden = isList;
    if (isList) this.list.render(state, now);
    else {
      this.composer.render(state);
      this.thread.render(state, now);
    }
  }

  /** @param {boolean} isTouch where focus would bring up a keyboard, the panel itself gets it */
  focus(isTouch) {
    const { view } = this.#state?.place ?? {};
    if (view === "list") this.list.node.querySelector("button")?.focus();
    else if (isTouch) this.title.focus();
    else this.composer.input.focus();
  }

  /** @param {State} state */
  #showConnection(state) {
    const text = connectionOf(state);
    this.banner.hidden = !text;
    set(this.banner, "data-link", state.link);
    this.again.hidden = state.link !== "OFFLINE";
    say(this.words, text);
  }

  #openMore() {
    const { place, conversations } = this.#state ?? {};
    if (place?.view !== "thread" || !place.id) return;
    const isOpen = conversations?.[place.id]?.status !== "resolved";
    openMenu(this.node, this.more, [
      { label: "New conversation", act: () => this.actions.go({ view: "thread" }) },
      ...(isOpen ? [{ label: "End conversation", isGrave: true, act: () => this.actions.end() }] : []),
    ]);
  }
}
