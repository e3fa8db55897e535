/**
 * The half of the widget that is loaded when somebody opens the chat: it takes the launcher's socket
 * over, keeps the state (`model.js`), draws it, and sends what is written.
 *
 * This is the file where things happen: what may be decided without the browser is decided in the
 * pure modules it calls. What few need, or only later, is loaded when it is asked for (`extras.js`)
 * and gets this chat to add to it.
 */

import { Connection } from "../protocol/connection.js";
import { Link, now } from "../protocol/link.js";
import { Logs } from "../protocol/logs.js";
import { isReady } from "../protocol/states.js";
import { composer } from "./composer.js";
import { h, say } from "./dom.js";
import { isHere, keep, readKept, writerOf } from "./kept.js";
import { NOBODY, START, happened, listed, marked, openOf, pendingOf, threadOf, without } from "./model.js";
import { panel } from "./panel.js";
import { styles } from "./styles.js";
import { threadView } from "./thread_view.js";
import { nameOf } from "./words.js";

/** @import { Pending, Place, State } from "./model.js" */
/** @import { Core, Half, Part } from "./types.js" */
/** @import { Data, Happening } from "../protocol/connection.js" */

/** @typedef {ReturnType<typeof makeChat>} Chat */
/** @typedef {Record<string, Function>} Extras */

const TYPING_AGAIN_S = 3;
const TYPING_ENDS_MS = 5000;
const TYPIST_GONE_MS = 8000;
const ignore = () => {};

/** What a message may hold that plain text cannot show. */
const MARKUP = /[*_~`>[]|:\/\/|^\s*([-+]|\d+[.)])\s/m;

/** @param {Core} core @returns {Half} */
export const start = (core) => makeChat(core).handle;

/** @param {Core} core */
function makeChat(core) {
  const { listener, counts, tab, button, signal } = core;
  signal.throwIfAborted();
  /** @type {State} */
  let state = { ...START, agentsOnline: core.agentsOnline };
  /** @type {Part[]} */
  const parts = [];
  /** @type {Promise<Extras> | undefined} */
  let loading;
  /** @type {Extras | undefined} */
  let extras;
  let writer = writerOf(core);
  let isOpen = false;
  let isPlaced = false;
  let isAdopting = true;
  let isDrawing = false;
  let visits = 0;
  /** Whose thread was fetched on this connection. @type {Place | undefined} */
  let fetched;
  /** The read mark that is on its way to the server. */
  let reading = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let typingEnds;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let typistGone;
  /** Until when the server need not be told again that the visitor types. */
  let isTypingTold = 0;

  const connection = new Connection("visitor", core.hello());
  const logs = new Logs(connection);
  const link = new Link(connection, listener.url, hear);
  const thread = threadView(parts, prose, read, more);
  const writing = composer(tab, write, typed, more);
  const frame = panel([thread.node, writing.node], close, rarely);

  // What is not here

  /** Do something that few do, once it has been loaded. @param {string} name @param {unknown[]} args */
  function rarely(name, ...args) {
    loading ??= import(new URL(`extras.js${new URL(import.meta.url).search}`, import.meta.url).href)
      .then(({ addTo }) => (extras = addTo(chat)));
    const done = loading.then((all) => all[name]?.(...args));
    loading.catch(() => {
      loading = undefined;
      say(frame.notice, "That could not be loaded");
    });
    done.catch(ignore); // Told above, and by who was asked.
    return done;
  }

  /** Something is there that is shown or done in more ways than one can here. */
  function more() {
    rarely("");
  }

  /** A message's words as nodes; its markup is not shown as such until that is known. @param {string} text */
  function prose(text) {
    if (!extras && MARKUP.test(text)) more();
    return extras?.prose?.(text) ?? [h("p", {}, text)];
  }

  // The state

  /** @param {Partial<State>} changes */
  function set(changes) {
    state = { ...state, ...changes };
    if (isDrawing) return;
    isDrawing = true;
    queueMicrotask(render);
  }

  function render() {
    isDrawing = false;
    const { place, threads } = state;
    const { id, isList } = place;
    // A thread of which nothing is held is fetched when it is to be shown; a refusal draws it again.
    if (id && !threads[id] && fetched !== place && isReady(connection.state)) {
      fetched = place;
      logs.fetch(id);
      link.flush();
    }
    if (!isOpen) return;
    frame.render(state);
    writing.render(state);
    thread.node.hidden = writing.node.hidden = !!isList;
    if (!isList) thread.render(state, Date.now());
    for (const part of parts) part.render?.(state);
    read();
  }

  /** @param {Omit<Place, "visit">} place */
  function go(place) {
    const { id = "" } = place;
    const newAfter = counts.get(id)?.unread ? state.conversations[id]?.marks.visitor.read : undefined;
    typed(false);
    // Before it is known what there is, one has not been anywhere yet.
    visits += Number(isPlaced);
    isPlaced = state.isKnown;
    set({ place: { ...place, newAfter, visit: visits }, editing: undefined });
  }

  /** Where one is when the chat is opened: in the open conversation, else before the list or a new one. */
  function choosePlace() {
    const id = openOf(state)?.id;
    const isList = !id && !pendingOf(state, id)[0] && Object.keys(state.conversations).length > 0;
    go({ id });
    if (isList) rarely("list");
  }

  // What the server says

  /** @param {Happening} happening */
  function hear(happening) {
    const { kind } = happening;
    if (kind === "stateChanged" && happening.state === "CONNECTING") reconnecting();
    const pending = kind === "settled" ? pendingBy(happening.clientMessageId) : undefined;
    set(happened(state, happening, Date.now()));
    for (const part of parts) part.hear?.(happening);
    if (kind === "applied") {
      const { kind, author, body } = happening.event;
      if (kind === "message" && author.kind !== "visitor") say(frame.live, `${nameOf(author)}: ${body}`);
      core.heard("event", happening.event);
    } else if (kind === "settled") settle(happening, pending);
    else if (kind === "failed") fail(happening.clientMessageId, happening.code);
    else if (kind === "pushed") push(happening.type, happening.data);
  }

  /** @param {string} type @param {Data} data */
  function push(type, data) {
    if (!isAdopting) core.heard(type, data);
    if (type === "typing") {
      clearTimeout(typistGone);
      typistGone = setTimeout(() => set({ typing: {} }), TYPIST_GONE_MS);
    }
    const isAnother = data.visitorReplaced || (type === "sessionReset" && data.reason !== "rotated");
    if (isAnother) forgetPerson();
    if (type === "welcome" || isAnother) {
      writer = writerOf(core);
      keep(core); // Drops what is another's, and says whose is what nobody's was.
      if (isOpen && !isPlaced) choosePlace();
    }
  }

  /** Somebody else is here: nothing of the one before is to be seen. */
  function forgetPerson() {
    writing.fill("");
    tab.write("drafts");
    isPlaced = false;
    visits++;
  }

  /** Before each `hello`: another tab may have been told who this browser is now. */
  function reconnecting() {
    fetched = undefined;
    Object.assign(connection.hello, core.hello());
    if (isHere(core, writer)) return;
    for (const { clientMessageId } of logs.outbox.entries()) {
      logs.outbox.settle(clientMessageId);
      hear({ kind: "failed", clientMessageId, code: null });
    }
    set(NOBODY);
    forgetPerson();
  }

  /** @param {Happening & {kind: "settled"}} where @param {Pending | undefined} pending */
  function settle({ clientMessageId, conversationId }, pending) {
    keep(core, clientMessageId);
    if (pending?.conversationId) return;
    // What was written after it, in a conversation that had no name yet, belongs to the same one.
    for (const entry of logs.outbox.entries()) {
      if (entry.conversationId) continue;
      entry.conversationId = entry.data.conversationId = conversationId;
      delete entry.data.newConversation;
    }
  }

  /** @param {string} id */
  const pendingBy = (id) => state.pending.find(({ clientMessageId }) => clientMessageId === id);

  /** @param {string} id @param {string | null} code null: written as somebody else */
  function fail(id, code) {
    if (!code) return discard(id);
    keep(core, id, pendingBy(id));
    more(); // It knows how to try again.
  }

  /** @param {string} id */
  function discard(id) {
    keep(core, id);
    set({ pending: without(state.pending, id) });
  }

  /** Say something whose answer changes nothing here. @param {string} type @param {Data} [data] */
  function ask(type, data) {
    link.ask(type, data).catch(ignore);
  }

  // What the person writes

  /** @param {string} body @returns {string} the message's id */
  function write(body) {
    const { id: conversationId, isList } = state.place;
    const open = openOf(state)?.id;
    const isAnew = !isList && isPlaced && !conversationId && !!open && !pendingOf(state)[0];
    const clientMessageId = `${Date.now()}-${Math.random()}`;
    send({
      kind: "message",
      author: { kind: "visitor", own: true },
      clientMessageId,
      conversationId: isList ? open : conversationId,
      newConversation: isAnew || undefined,
      body,
      at: new Date().toISOString(),
    });
    return clientMessageId;
  }

  /** The visitor types, or has stopped. @param {boolean} isTyping */
  function typed(isTyping) {
    const { id: conversationId } = state.place;
    clearTimeout(typingEnds);
    if (isTyping) typingEnds = setTimeout(typed, TYPING_ENDS_MS, false);
    if (!conversationId || (isTyping ? now() < isTypingTold : !isTypingTold)) return;
    isTypingTold = isTyping ? now() + TYPING_AGAIN_S : 0;
    ask("typing", { conversationId, isTyping });
  }

  /** @param {Pending} pending */
  function send(pending) {
    keep(core, pending.clientMessageId, pending);
    adopt(pending);
    link.flush();
  }

  /** Show a message that waits, and have it sent unless it has failed. @param {Pending} pending */
  function adopt(pending) {
    const { clientMessageId, body, conversationId, newConversation, failed } = pending;
    set({ pending: [...without(state.pending, clientMessageId), pending] });
    if (failed) return more();
    logs.sendMessage(clientMessageId, body, now(), {
      conversationId,
      ...(newConversation && { newConversation }),
    });
  }

  // Opening, reading, ending

  /** @param {unknown} [message] put into the composer, for the visitor to send @param {boolean} [takesFocus] */
  function open(message, takesFocus = true) {
    if (!isPlaced) choosePlace();
    if (!isOpen) {
      isOpen = true;
      go(state.place);
      frame.node.hidden = false;
      button.ariaExpanded = "true";
      tab.write("open", innerWidth > 480); // On a phone it would cover the next page.
      core.emit("open");
      ask("opened");
    }
    if (message) {
      if (state.place.isList) go({});
      render();
      writing.fill(`${message}`);
    }
    render();
    if (takesFocus) focus();
  }

  /** Where a focus would bring up a keyboard that hides the thread, the title gets it. */
  function focus() {
    const isTouch = matchMedia("(pointer: coarse)").matches;
    if (isTouch) more(); // It fits the panel to the keyboard.
    (isTouch || state.place.isList ? frame.title : writing.input).focus();
  }

  function close() {
    if (!isOpen) return;
    typed(false);
    const hadFocus = frame.node.contains(core.root.activeElement);
    isOpen = false;
    frame.node.hidden = true;
    button.ariaExpanded = "false";
    core.reading = undefined;
    tab.write("open");
    core.emit("close");
    if (hadFocus) button.focus();
  }

  /** What is on screen is read: nobody is to be reminded of it, here or in another tab. */
  function read() {
    const { id } = state.place;
    const isSeen = !!id && isOpen && !document.hidden && thread.isAtEnd();
    core.reading = isSeen ? id : undefined;
    if (!isSeen) return;
    if (counts.get(id)?.unread) core.heard("conversationUpdate", { id, unread: 0 });
    const seq = threadOf(state, id).last;
    if (reading || state.link !== "LIVE" || seq <= (state.conversations[id]?.marks.visitor.read ?? seq)) return;
    reading = seq;
    link.ask("read", { conversationId: id, seq }).then(
      () => {
        reading = 0;
        set(marked(state, id, "visitor", seq));
      },
      () => (reading = 0), // What comes next asks again.
    );
  }

  core.root.adoptedStyleSheets.push(styles());
  core.root.append(frame.node);
  readKept(core).forEach(adopt);
  const { welcome } = listener;
  const socket = listener.release();
  // If the launcher heard that somebody else is here, it is so already, and the welcome is another's.
  if (welcome && (welcome.visitorReplaced || welcome.sessionToken !== core.device().sessionToken)) {
    forgetPerson();
    welcome.visitorReplaced = welcome.conversations.length = 0;
  }
  const live = socket && welcome && { socket, welcome };
  if (!live) socket?.close();
  isAdopting = !!live;
  link.start(live);
  isAdopting = false;
  if (live) {
    // The launcher held no summaries: what has changed since its `welcome` is asked for.
    link.ask("conversations").then((page) => {
      set(listed(state, page, true));
      core.heard("conversations", page);
    }, ignore);
  }
  document.addEventListener("visibilitychange", read, { signal });
  signal.addEventListener("abort", () => {
    close();
    clearTimeout(typingEnds);
    clearTimeout(typistGone);
    link.stop();
  });

  const chat = {
    core, parts, logs, link, thread, writing, frame, set, go, write, send, adopt, discard, render, focus, rarely,
    state: () => state,
    /** @type {Half} */
    handle: {
      call(name, ...args) {
        signal.throwIfAborted();
        return name === "open" ? open(...args) : rarely(name, ...args);
      },
      close,
      isOpen: () => isOpen,
      send: ask,
    },
  };
  return chat;
}
