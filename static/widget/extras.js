/**
 * What few visitors need, or only later, loaded when it is asked for: the list of conversations, the
 * menus, editing, older messages, formatted text, other tabs, and the calls of `window.Parley` that
 * are about more than opening. `addTo` gets the chat, adds its parts, and answers by name.
 */

import { RequestError } from "../protocol/link.js";
import { WARN_AT, lengthOf } from "./composer.js";
import { h, icon, say, set } from "./dom.js";
import { EXTRAS_STYLE } from "./extras_styles.js";
import { readKept } from "./kept.js";
import { conversationList, listMore } from "./list.js";
import { openMenu } from "./menu.js";
import { MOST_WAITING, threadOf, without } from "./model.js";
import { prose } from "./prose.js";
import { prepend } from "./thread.js";
import { tools } from "./tools.js";

/** @import { Chat } from "./chat.js" */
/** @import { Data } from "../protocol/connection.js" */

const PAGE = 50;
/** So near to the start that older messages are wanted. */
const EARLY_PX = 300;

/** @param {Chat} chat */
export function addTo(chat) {
  const { core, frame, link, thread, writing } = chat;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(EXTRAS_STYLE);
  core.root.adoptedStyleSheets.push(sheet);

  const list = conversationList(chat);
  const { ask, editLast } = tools(chat);
  thread.node.before(list.node);
  chat.parts.push(list, jumper(chat), pager(chat), { render: showCount });
  shareOutbox(chat);
  fitKeyboard(chat);
  const waiting = waitForMessages(chat);
  const known = waitForWelcome(chat);
  const count = h("p", { id: "count", class: "count" });
  writing.node.append(count);
  set(writing.input, "aria-describedby", "count");
  writing.input.addEventListener("input", showCount);
  writing.input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowUp" && !writing.input.value && editLast()) event.preventDefault();
  });

  /** How much may still be written, where that is of interest. */
  function showCount() {
    const left = chat.state().characters - lengthOf(writing.input.value);
    const amount = `${Math.abs(left)} character${Math.abs(left) === 1 ? "" : "s"}`;
    say(count, left > WARN_AT ? "" : `${amount} ${left < 0 ? "too many" : "left"}`);
    set(writing.input, "aria-invalid", left < 0 && "true");
  }

  // Draw what is there in the ways that are known now.
  frame.notice.textContent = "";
  thread.forget();
  chat.set({});

  /** @param {{id?: string, isList?: boolean}} place */
  function visit(place) {
    chat.go(place);
    chat.render();
    chat.focus();
  }

  return {
    prose,
    list: () => visit({ isList: true }),
    /** @param {HTMLElement} button */
    more(button) {
      const { place, conversations } = chat.state();
      const isOpen = conversations[place.id ?? ""]?.status !== "resolved";
      openMenu(frame.node, button, [
        { label: "New conversation", act: () => visit({}) },
        ...(isOpen ? [{ label: "End conversation", isGrave: true, act: () => ask("endConversation") }] : []),
      ]);
    },
    /** @param {unknown} text @returns {Promise<Data>} where it is in the log, once it is there */
    async sendMessage(text) {
      const body = `${text ?? ""}`.trim();
      if (!body || lengthOf(body) > chat.state().characters) throw new RequestError("invalid_input");
      if (chat.state().pending.length >= MOST_WAITING) throw new RequestError("too_many_requests");
      return waiting(chat.write(body));
    },
    async newConversation() {
      chat.go({});
      chat.handle.call("open");
    },
    /** @param {string} id */
    async openConversation(id) {
      await known();
      while (!chat.state().conversations[id] && chat.state().nextCursor) await listMore(chat);
      if (!chat.state().conversations[id]) throw new RequestError("not_found");
      chat.go({ id });
      chat.handle.call("open");
    },
    async listConversations() {
      await known();
      return Object.values(chat.state().conversations).map(({ id, status, lastMessage, updatedAt }) => ({
        id,
        status,
        updatedAt,
        unread: core.counts.get(id)?.unread ?? 0,
        preview: lastMessage?.preview ?? "",
      }));
    },
    /** @param {{forgetDevice?: boolean}} [options] */
    async resetUser({ forgetDevice = false } = {}) {
      const { noop } = await link.ask("resetUser", { forgetDevice });
      return { noop };
    },
    /** Which parts there are; never a token, never a word that was written. */
    async debug() {
      const { visitorId, visitorToken, sessionToken } = core.device();
      const { link: connection, conversations, pending } = chat.state();
      return {
        connection,
        hasVisitorId: !!visitorId,
        hasVisitorToken: !!visitorToken,
        hasSessionToken: !!sessionToken,
        conversations: Object.keys(conversations).length,
        waitingMessages: pending.length,
        isOpen: chat.handle.isOpen(),
      };
    },
  };
}

/** Older messages, when the beginning of what is held comes near. @param {Chat} chat */
function pager({ thread, link, state, set }) {
  let isPaging = false;
  async function look() {
    const { place } = state();
    const { id = "" } = place;
    const { first } = threadOf(state(), id);
    if (isPaging || first < 2 || thread.node.hidden || thread.node.scrollTop > EARLY_PX) return;
    isPaging = true;
    try {
      const { events } = await link.ask("history", { conversationId: id, beforeSeq: first, limit: PAGE });
      // A page without events would be asked for again and again.
      if (events.length) set({ threads: { ...state().threads, [id]: prepend(threadOf(state(), id), events) } });
    } catch {
      // Scrolling asks again.
    } finally {
      isPaging = false;
    }
  }
  thread.node.addEventListener("scroll", look);
  return { render: () => void look() };
}

/** The way back to the end, and how much has come in there. @param {Chat} chat */
function jumper({ thread, frame, state }) {
  let unseen = 0;
  const node = h("button", { class: "jump", hidden: true, click: () => thread.toEnd() });
  frame.node.append(node);
  const show = () => {
    if (thread.isAtEnd()) unseen = 0;
    node.hidden = thread.isAtEnd() || thread.node.hidden;
    const text = unseen ? `${unseen} new message${unseen > 1 ? "s" : ""}` : "Latest";
    if (node.textContent !== text) node.replaceChildren(icon("M12 5v14M6 13l6 6 6-6"), text);
  };
  thread.node.addEventListener("scroll", show);
  return {
    render: show,
    /** @param {import("../protocol/connection.js").Happening} happening */
    hear(happening) {
      if (happening.kind !== "applied") return;
      const { kind, author, conversationId } = happening.event;
      const isHere = conversationId === state().place.id;
      if (isHere && kind === "message" && author.kind !== "visitor") unseen++;
    },
  };
}

/** Another tab has written something, or has done with it. @param {Chat} chat */
function shareOutbox(chat) {
  const { core, link } = chat;
  addEventListener("storage", ({ key }) => {
    if (!key?.endsWith(`${core.key}:outbox`)) return;
    const kept = readKept(core);
    const ids = new Set(kept.map(({ clientMessageId }) => clientMessageId));
    const { pending } = chat.state();
    const gone = pending.filter(({ clientMessageId, failed }) => failed && !ids.has(clientMessageId));
    chat.set({ pending: without(pending, ...gone.map(({ clientMessageId }) => clientMessageId)) });
    const shown = Object.values(chat.state().threads).flatMap(({ items }) => items);
    const known = new Set([...pending, ...shown].map(({ clientMessageId }) => clientMessageId));
    for (const one of kept) if (!known.has(one.clientMessageId)) chat.adopt(one);
    link.flush();
  }, { signal: core.signal });
}

/** Where a keyboard covers the page, the panel is what is left to see. @param {Chat} chat */
function fitKeyboard({ core, frame, thread }) {
  const { visualViewport } = window;
  const fit = () => {
    const { height = innerHeight, offsetTop = 0 } = visualViewport ?? {};
    frame.node.style.setProperty("--height", `${height}px`);
    frame.node.style.setProperty("--top", `${offsetTop}px`);
    if (thread.isAtEnd()) thread.toEnd();
  };
  for (const event of ["resize", "scroll"]) visualViewport?.addEventListener(event, fit, { signal: core.signal });
}

/** @param {Chat} chat @returns {(clientMessageId: string) => Promise<Data>} settled as the message is */
function waitForMessages(chat) {
  /** @type {Map<string, {resolve: (where: Data) => void, reject: (error: unknown) => void}>} */
  const waiting = new Map();
  chat.parts.push({
    hear(happening) {
      if (happening.kind !== "settled" && happening.kind !== "failed") return;
      const { clientMessageId } = happening;
      const { resolve, reject } = waiting.get(clientMessageId) ?? {};
      waiting.delete(clientMessageId);
      if (happening.kind === "failed") reject?.(new RequestError(happening.code ?? "identity_changed"));
      else resolve?.({ conversationId: happening.conversationId, seq: happening.seq });
    },
  });
  chat.core.signal.addEventListener("abort", () => {
    for (const { reject } of waiting.values()) reject(chat.core.signal.reason);
  });
  return (id) => new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
}

/** @param {Chat} chat @returns {() => Promise<void>} once the server has said which conversations there are */
function waitForWelcome({ parts, state }) {
  /** @type {(() => void)[]} */
  let waiting = [];
  const look = () => {
    if (!state().isKnown) return;
    for (const wake of waiting) wake();
    waiting = [];
  };
  parts.push({ hear: look });
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      look();
    });
}
