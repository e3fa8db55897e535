/**
 * The half of the widget that is loaded when somebody opens the chat: it takes the launcher's socket
 * over, keeps the state (`model.js`), draws it (`panel.js`) and does what the person asks for.
 *
 * This is the one file of the half where things happen: what may be decided without the browser is
 * decided in the pure modules it calls.
 */

import { Connection } from "../protocol/connection.js";
import { Link, RequestError, now } from "../protocol/link.js";
import { Logs } from "../protocol/logs.js";
import { KeptMessages, writerOf } from "./kept.js";
import { START, openOf, reduce, threadOf } from "./model.js";
import { Panel } from "./panel.js";
import { pendingOf } from "./rows.js";
import { styles } from "./styles.js";
import { Timers } from "./timers.js";
import { failureOf, nameOf } from "./words.js";
import { plainText } from "../markup/markdown.js";

/** @import { Action, Pending, Place, State } from "./model.js" */
/** @import { Core, Half } from "./types.js" */
/** @import { Data, Happening } from "../protocol/connection.js" */

const TYPING_AGAIN_MS = 3000;
const TYPING_ENDS_MS = 5000;
const TYPIST_GONE_MS = 8000;
const NOTICE_MS = 6000;
const PAGE = 50;

/** @param {Core} core @returns {Half} */
export function start(core) {
  const chat = new Chat(core);
  core.signal.addEventListener("abort", () => chat.destroy());
  return {
    open: (message, takesFocus) => chat.open(message, takesFocus),
    close: () => chat.close(),
    isOpen: () => chat.isOpen,
    pageChanged: () => chat.pageChanged(),
    sendMessage: (text) => chat.sendMessage(text),
    newConversation: () => chat.newConversation(),
    openConversation: (id) => chat.openConversation(id),
    listConversations: () => chat.listConversations(),
    resetUser: (options) => chat.resetUser(options),
  };
}

class Chat {
  isOpen = false;
  /** @type {State} */
  state = START;

  #timers = new Timers();
  #wasOpenedSaid = false;
  #isAdopting = true;
  #isLoadingOlder = false;
  #isPlaced = false;
  /** The read mark that is on its way to the server. */
  #reading = 0;
  /** Who waits to hear of a message. @type {Map<string, {resolve: (data: Data) => void, reject: (error: Error) => void}>} */
  #waiting = new Map();
  /** Who waits to hear what there is. @type {Set<() => void>} */
  #curious = new Set();

  /** @param {Core} core */
  constructor(core) {
    this.core = core;
    this.kept = new KeptMessages(core);
    this.writer = writerOf(core.device());
    const live = core.release();
    this.connection = new Connection("visitor", core.hello());
    this.logs = new Logs(this.connection);
    this.link = new Link(this.connection, core.socketUrl, (happening) => this.#happened(happening));
    core.root.adoptedStyleSheets.push(styles());
    this.panel = new Panel(core, this.#actions());
    for (const pending of this.kept.read()) this.#adopt(pending);
    this.#isAdopting = !!live;
    this.link.start(live);
    this.#isAdopting = false;
    // The launcher held no summaries: what has changed since its `welcome` is asked for.
    if (live) this.#relist();
    const { signal } = core;
    window.addEventListener("storage", (event) => this.#stored(event), { signal });
    document.addEventListener("visibilitychange", () => this.#read(), { signal });
    this.#render();
  }

  // What the launcher and the site ask for

  /** @param {string} [message] put into the composer, to be sent by the visitor @param {boolean} [takesFocus] */
  open(message, takesFocus = true) {
    const { core, panel } = this;
    if (!this.#isPlaced) this.#choosePlace();
    if (!this.isOpen) {
      this.isOpen = true;
      panel.node.hidden = false;
      core.button.ariaExpanded = "true";
      core.host.setAttribute("open", "");
      core.tab.write("open", true);
      core.emit("open");
      this.#sayOpened();
    }
    if (message) {
      if (this.state.place.view === "list") this.#go({ view: "thread", id: openOf(this.state)?.id });
      panel.composer.fill(String(message));
    }
    this.#render();
    panel.thread.toEnd();
    if (takesFocus) panel.focus(matchMedia("(pointer: coarse)").matches);
    this.#read();
  }

  close() {
    const { core, panel } = this;
    if (!this.isOpen) return;
    const hadFocus = panel.node.contains(core.root.activeElement);
    this.isOpen = false;
    panel.node.hidden = true;
    core.button.ariaExpanded = "false";
    core.host.removeAttribute("open");
    core.tab.write("open", null);
    core.reading = undefined;
    core.emit("close");
    this.#stopTyping();
    if (hadFocus) core.button.focus();
  }

  pageChanged() {
    const { page } = this.core.hello();
    this.connection.hello.page = page;
    if (page) this.link.ask("page", page).catch(ignore);
  }

  /** @param {unknown} text @returns {Promise<Data>} where it is in the log, once it is there */
  async sendMessage(text) {
    const body = typeof text === "string" ? text.trim() : "";
    if (!body || [...body].length > this.state.characters) throw new RequestError("invalid_input");
    if (!this.#isPlaced) this.#choosePlace();
    const id = this.#write(body);
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  async newConversation() {
    this.#go({ view: "thread" });
    this.open();
  }

  /** @param {string} id */
  async openConversation(id) {
    await this.#known();
    while (!this.state.conversations[id] && this.state.nextCursor) await this.#listMore();
    if (!this.state.conversations[id]) throw new RequestError("not_found");
    this.#go({ view: "thread", id });
    this.open();
  }

  async listConversations() {
    await this.#known();
    return Object.values(this.state.conversations).map(({ id, status, lastMessage, updatedAt }) => ({
      id, status, updatedAt,
      unread: this.core.counts.get(id)?.unread ?? 0,
      preview: lastMessage?.preview ?? "",
    }));
  }

  /** @param {{forgetDevice?: boolean}} [options] */
  async resetUser({ forgetDevice = false } = {}) {
    const answer = await this.link.ask("resetUser", { forgetDevice });
    if (!answer.noop) this.core.heard("sessionReset", { ...answer, reason: "reset" });
    return { noop: !!answer.noop };
  }

  destroy() {
    this.close();
    this.#timers.clearAll();
    this.link.stop();
    for (const { reject } of this.#waiting.values()) reject(new RequestError("destroyed"));
  }

  // What happens

  /** @param {Happening} happening */
  #happened(happening) {
    const { core } = this;
    const { place } = this.state;
    this.#dispatch({ type: "happened", happening, now: Date.now() });
    switch (happening.kind) {
      case "stateChanged":
        if (happening.state === "CONNECTING") this.#reconnecting();
        break;
      case "applied":
        this.#announce(happening.event);
        core.heard("event", happening.event);
        break;
      case "settled":
        this.#settled(happening, place);
        break;
      case "failed":
        this.#failed(happening.clientMessageId, happening.code);
        break;
      case "pushed":
        this.#pushed(happening.type, happening.data);
    }
  }

  /** @param {string} type @param {Data} data */
  #pushed(type, data) {
    const { core } = this;
    if (!this.#isAdopting) core.heard(type, data);
    if (type === "welcome") {
      this.writer = writerOf(core.device());
      for (const wake of this.#curious) wake();
      if (!this.#isPlaced && this.isOpen) this.#choosePlace();
      this.#sayOpened();
    } else if (type === "sessionReset") this.writer = writerOf(core.device());
    else if (type === "typing" && data.isTyping) {
      this.#timers.set(`typist ${data.conversationId}`, TYPIST_GONE_MS, () =>
        this.#dispatch({ type: "stoppedTyping", conversationId: data.conversationId }));
    }
  }

  /** Before each `hello`: another tab may have been told who this browser is now. */
  #reconnecting() {
    Object.assign(this.connection.hello, this.core.hello());
    if (this.#isAdopting || writerOf(this.core.device()) === this.writer) return;
    for (const { clientMessageId } of this.logs.outbox.entries()) {
      this.logs.outbox.settle(clientMessageId);
      this.#failed(clientMessageId, null);
    }
    const happening = /** @type {const} */ ({ kind: "pushed", type: "sessionReset", data: { reason: "reset" } });
    this.#dispatch({ type: "happened", happening, now: Date.now() });
  }

  /** @param {Happening & {kind: "settled"}} happening @param {Place} place where one was */
  #settled({ clientMessageId, conversationId, seq }, place) {
    this.kept.remove(clientMessageId);
    this.#waiting.get(clientMessageId)?.resolve({ conversationId, seq });
    this.#waiting.delete(clientMessageId);
    if (place !== this.state.place) this.panel.composer.renamed(conversationId);
    // What was written after it, in a conversation that had no name yet, belongs to the same one.
    for (const pending of pendingOf(this.state, conversationId)) {
      const entry = this.logs.outbox.get(pending.clientMessageId);
      if (!entry || entry.conversationId) continue;
      entry.conversationId = entry.data.conversationId = conversationId;
      delete entry.data.newConversation;
      this.kept.add(pending);
    }
  }

  /** @param {string} clientMessageId @param {string | null} code null: written as somebody else */
  #failed(clientMessageId, code) {
    const pending = this.state.pending.find((one) => one.clientMessageId === clientMessageId);
    if (code && pending) this.kept.add(pending);
    else {
      this.kept.remove(clientMessageId);
      this.#dispatch({ type: "discarded", clientMessageId });
    }
    this.#waiting.get(clientMessageId)?.reject(new RequestError(code ?? "identity_changed"));
    this.#waiting.delete(clientMessageId);
  }

  /** Another tab has written or done with something. @param {StorageEvent} event */
  #stored({ key }) {
    if (!key?.endsWith(":outbox")) return;
    const kept = this.kept.read();
    const ids = new Set(kept.map(({ clientMessageId }) => clientMessageId));
    for (const { clientMessageId, failed } of this.state.pending) {
      if (failed && !ids.has(clientMessageId)) this.#dispatch({ type: "discarded", clientMessageId });
    }
    const known = new Set(this.state.pending.map(({ clientMessageId }) => clientMessageId));
    for (const pending of kept) if (!known.has(pending.clientMessageId)) this.#adopt(pending);
    this.link.flush();
  }

  // What the person does

  /** @returns {import("./panel.js").Actions} */
  #actions() {
    return {
      close: () => this.close(),
      go: (place) => (this.#go(place), this.panel.focus(false)),
      write: (text) => void this.#write(text.trim()),
      typed: (isTyping) => (isTyping ? this.#type() : this.#stopTyping()),
      retry: (id) => {
        const pending = this.state.pending.find(({ clientMessageId }) => clientMessageId === id);
        if (pending) this.#send({ ...pending, failed: undefined });
      },
      discard: (clientMessageId) => {
        this.kept.remove(clientMessageId);
        this.#dispatch({ type: "discarded", clientMessageId });
        this.panel.focus(false);
      },
      edit: (seq) => this.#edit(seq),
      editLast: () => {
        const { items } = threadOf(this.state, this.#here);
        const last = items.findLast(({ kind, isOwn, isDeleted }) => kind === "message" && isOwn && !isDeleted);
        if (last) this.#edit(last.seq);
        return !!last;
      },
      change: (seq, text) => void this.#change(seq, text.trim()),
      remove: (seq) => this.#ask("deleteMessage", { seq }),
      end: () => this.#ask("endConversation", {}),
      older: () => void this.#older(),
      looked: () => this.#read(),
      moreList: () => void this.#listMore().catch((error) => this.#notice(error.code)),
      tryNow: () => this.link.wake(),
    };
  }

  /** The conversation on screen, if it is one already. */
  get #here() {
    const { place } = this.state;
    return place.view === "thread" ? place.id : undefined;
  }

  /** Where one is when the chat is opened: in the open conversation, else before the list or a new one. */
  #choosePlace() {
    const open = openOf(this.state);
    this.#isPlaced = this.state.isKnown;
    const hasList = Object.keys(this.state.conversations).length > 0;
    const isWriting = pendingOf(this.state, undefined).length > 0;
    this.#go(open ? { view: "thread", id: open.id } : hasList && !isWriting ? { view: "list" } : { view: "thread" });
  }

  /** @param {Place} place */
  #go(place) {
    this.#stopTyping();
    this.#isPlaced ||= this.state.isKnown;
    if (place.view === "thread" && place.id && this.core.counts.get(place.id)?.unread) {
      place = { ...place, newAfter: this.state.conversations[place.id]?.marks.visitor.read };
    }
    this.#dispatch({ type: "went", place });
    this.#render();
    this.#read();
  }

  /** @param {string} body @returns {string} the message's id */
  #write(body) {
    const { place } = this.state;
    const conversationId = place.view === "thread" ? place.id : openOf(this.state)?.id;
    const isFirst = !pendingOf(this.state, undefined).length;
    const newConversation = !conversationId && isFirst && !!openOf(this.state) ? true : undefined;
    const clientMessageId = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
    this.#stopTyping();
    this.#send({ clientMessageId, conversationId, newConversation, body, at: new Date().toISOString() });
    return clientMessageId;
  }

  /** @param {Pending} pending */
  #send(pending) {
    this.kept.add(pending);
    this.#adopt(pending);
    this.link.flush();
  }

  /** Show a message that waits, and have it sent unless it has failed. @param {Pending} pending */
  #adopt(pending) {
    this.#dispatch({ type: "wrote", pending });
    const { clientMessageId, body, conversationId, newConversation, failed } = pending;
    if (failed) return;
    try {
      const more = { conversationId, ...(newConversation && { newConversation }) };
      this.logs.sendMessage(clientMessageId, body, now(), more);
    } catch {
      this.#dispatch({ type: "failed", clientMessageId, code: "full" });
    }
  }

  /** @param {number | undefined} seq */
  #edit(seq) {
    const id = this.#here;
    this.#dispatch({ type: "edited", editing: id && seq ? { id, seq } : undefined });
    this.#render();
    if (seq) this.panel.thread.focusEditor();
    else this.panel.focus(false);
  }

  /** @param {number} seq @param {string} body */
  async #change(seq, body) {
    const { editing } = this.state;
    const item = threadOf(this.state, this.#here).items.find((one) => one.seq === seq);
    if (!editing || !item || editing.isBusy) return;
    if (!body || body === item.body) return this.#edit(undefined);
    this.#dispatch({ type: "edited", editing: { ...editing, problem: undefined, isBusy: true } });
    try {
      await this.link.ask("editMessage", { conversationId: editing.id, seq, body });
      if (this.state.editing?.seq === seq) this.#edit(undefined);
    } catch (error) {
      const problem = failureOf(/** @type {RequestError} */ (error).code);
      if (this.state.editing?.seq !== seq) return;
      this.#dispatch({ type: "edited", editing: { ...editing, problem, isBusy: false } });
      this.#render();
      this.panel.thread.focusEditor();
    }
  }

  /** @param {string} type @param {Data} data of the conversation on screen */
  #ask(type, data) {
    this.link.ask(type, { conversationId: this.#here, ...data }).catch((error) => this.#notice(error.code));
  }

  async #older() {
    const conversationId = this.#here;
    if (!conversationId || this.#isLoadingOlder) return;
    const beforeSeq = threadOf(this.state, conversationId).first;
    this.#isLoadingOlder = true;
    try {
      const { events } = await this.link.ask("history", { conversationId, beforeSeq, limit: PAGE });
      this.#dispatch({ type: "paged", conversationId, events });
    } catch {
      // Scrolling asks again.
    } finally {
      this.#isLoadingOlder = false;
    }
  }

  async #listMore() {
    const answer = await this.link.ask("conversations", { cursor: this.state.nextCursor });
    this.#dispatch({ type: "listed", ...answer });
  }

  async #relist() {
    try {
      const answer = await this.link.ask("conversations", {});
      this.#dispatch({ type: "listed", ...answer, anew: true });
      this.core.heard("conversations", answer);
    } catch {
      // The connection is gone; the next `welcome` says it all.
    }
  }

  /** @returns {Promise<void>} once the server has said which conversations there are */
  #known() {
    if (this.state.isKnown) return Promise.resolve();
    return new Promise((resolve) => this.#curious.add(resolve));
  }

  #sayOpened() {
    if (!this.isOpen || this.#wasOpenedSaid) return;
    this.link.ask("opened").then(() => (this.#wasOpenedSaid = true), ignore);
  }

  // Reading and typing

  /** What is on screen is read: nobody is to be reminded of it, here or in another tab. */
  #read() {
    const { core, state } = this;
    const id = this.#here;
    const isSeen = !!id && this.isOpen && !document.hidden && this.panel.thread.isAtEnd;
    core.reading = isSeen ? id : undefined;
    if (!isSeen) return;
    if (core.counts.get(id)?.unread) core.heard("conversationUpdate", { id, unread: 0 });
    const seq = threadOf(state, id).last;
    const mark = state.conversations[id]?.marks.visitor.read ?? 0;
    if (seq <= mark || this.#reading || state.link !== "LIVE") return;
    this.#reading = seq;
    this.link.ask("read", { conversationId: id, seq })
      .then(() => this.#dispatch({ type: "read", conversationId: id, seq }), ignore)
      .finally(() => (this.#reading = 0));
  }

  #type() {
    const conversationId = this.#here;
    this.#timers.set("typing ends", TYPING_ENDS_MS, () => this.#stopTyping());
    if (!conversationId || this.#timers.has("typing said") || this.state.link !== "LIVE") return;
    this.#timers.set("typing said", TYPING_AGAIN_MS, () => {});
    this.link.ask("typing", { conversationId, isTyping: true }).catch(ignore);
  }

  #stopTyping() {
    if (!this.#timers.has("typing ends")) return;
    this.#timers.clear("typing ends");
    this.#timers.clear("typing said");
    const conversationId = this.#here;
    if (conversationId) this.link.ask("typing", { conversationId, isTyping: false }).catch(ignore);
  }

  // What is shown

  /** @param {Data} event */
  #announce({ kind, author, body }) {
    if (kind !== "message" || author.kind === "visitor") return;
    this.panel.live.textContent = `${nameOf(author)}: ${plainText(body)}`;
  }

  /** @param {string} code */
  #notice(code) {
    this.panel.notice.textContent = failureOf(code);
    this.#timers.set("notice", NOTICE_MS, () => (this.panel.notice.textContent = ""));
  }

  /** @param {Action} action */
  #dispatch(action) {
    const before = this.state;
    this.state = reduce(before, action);
    if (this.state !== before) this.#timers.set("render", 0, () => this.#render());
  }

  #render() {
    this.#timers.clear("render");
    const id = this.#here;
    // A thread of which nothing is held is fetched when it is to be shown.
    if (id && !this.state.threads[id] && (this.state.link === "LIVE" || this.state.link === "CATCHING_UP")) {
      this.logs.fetch(id);
      this.link.flush();
    }
    if (!this.isOpen) return;
    this.panel.render(this.state, Date.now());
    this.#read();
  }
}

const ignore = () => {};
