/**
 * What the agent has sent and the server has not taken yet: shown in its thread, kept in the browser
 * so that a reload loses nothing, and sent again under the same id until it is in the log.
 *
 * A reply carries `expectedSeq`, the end of the log when it was begun. If a colleague answered in
 * between, the server refuses it, and the words go back into the composer, where the collision is
 * shown. If only our own earlier reply came in between, it is sent again with what is known now.
 */

import { now } from "../protocol/link.js";
import { desk } from "./desk.js";
import { session } from "./session.js";
import * as state from "./state.js";
import { keep, storage } from "./storage.js";
import { draftKey } from "./model/drafts.js";
import { head, repliesAfter } from "./model/thread.js";

/** @typedef {import("./model/thread.js").Pending} Pending */

/** A refusal, in words. @type {Readonly<Record<string, string>>} */
const REASONS = {
  not_found: "The conversation no longer exists.",
  forbidden: "You may not write here.",
  invalid_input: "The server does not take this text.",
  payload_too_large: "The message is too long.",
  conflict: "A colleague replied in the meantime.",
};

/** @param {string | null | undefined} code */
export const reasonOf = (code) => REASONS[code ?? ""] ?? "The message was not taken.";

/** An id that no other message has; also where the page is not a secure context. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

class Outbox {
  #agentId = "";
  /** Refused because of a reply that has not come yet. @type {Map<string, Pending[]>} */
  #undecided = new Map();

  /**
   * Send what is in the composer.
   * @param {string} conversationId
   * @param {import("./model/shapes.js").Mode} mode
   * @param {string[]} mentions
   */
  send(conversationId, mode, mentions) {
    const key = draftKey(conversationId, mode);
    const draft = state.drafts.peek().get(key);
    if (!draft) return;
    /** @type {Pending} */
    const pending = {
      clientMessageId: newId(),
      type: mode === "note" ? "note" : "message",
      body: draft.text.trim(),
      at: new Date().toISOString(),
      mentions,
      state: "sending",
      ...(mode === "reply" && { expectedSeq: draft.baseSeq }),
    };
    state.dispatchDraft({ type: "dropped", key });
    state.dispatchThread(conversationId, { type: "undivided" });
    desk.rests();
    this.#post(conversationId, pending);
  }

  /** Send a failed one again, under its own id. @param {string} conversationId @param {string} clientMessageId */
  retry(conversationId, clientMessageId) {
    const thread = state.threadOf(conversationId).peek();
    const pending = thread.pending.find((one) => one.clientMessageId === clientMessageId);
    if (!pending) return;
    const expected = pending.type === "message" && { expectedSeq: head(thread) };
    this.#post(conversationId, { ...pending, ...expected, state: "sending" });
  }

  /** @param {string} conversationId @param {string} clientMessageId */
  discard(conversationId, clientMessageId) {
    this.#forget(clientMessageId);
    state.dispatchThread(conversationId, { type: "discarded", clientMessageId });
  }

  /** @param {string} conversationId @param {string} clientMessageId @param {number} seq */
  settled(conversationId, clientMessageId, seq) {
    this.#forget(clientMessageId);
    state.dispatchThread(conversationId, { type: "settled", clientMessageId, seq });
  }

  /**
   * More of a conversation is here: what could not be judged without it is judged now.
   * @param {string} conversationId
   */
  heard(conversationId) {
    const waiting = this.#undecided.get(conversationId);
    if (!waiting) return;
    const thread = state.threadOf(conversationId).peek();
    const isHere = (/** @type {Pending} */ one) => head(thread) > (one.expectedSeq ?? 0);
    this.#undecided.set(conversationId, waiting.filter((one) => !isHere(one)));
    for (const pending of waiting.filter(isHere)) this.#collided(thread, pending);
  }

  /** @param {string} clientMessageId @param {string | null} code */
  failed(clientMessageId, code) {
    for (const held of state.heldThreads()) {
      const thread = held.peek();
      const pending = thread.pending.find((one) => one.clientMessageId === clientMessageId);
      if (!pending) continue;
      if (code === "conflict" && pending.type === "message") return this.#collided(thread, pending);
      state.dispatchThread(thread.id, { type: "refused", clientMessageId, code });
      this.#keep(thread.id, { ...pending, state: "failed", code });
      state.announce(`Not sent: ${reasonOf(code)}`);
    }
  }

  /** What this agent had sent from this browser is tried again. @param {string} agentId */
  restore(agentId) {
    this.#agentId = agentId;
    for (const name of this.#names()) {
      const kept = parsed(storage.getItem(name));
      if (!kept) storage.removeItem(name);
      else if (kept.pending.state === "sending") this.#post(kept.conversationId, kept.pending);
      else this.#show(kept.conversationId, kept.pending);
    }
  }

  clear() {
    this.#undecided.clear();
    for (const name of this.#names()) storage.removeItem(name);
  }

  /**
   * @param {import("./model/thread.js").Thread} thread
   * @param {Pending} pending
   */
  #collided(thread, pending) {
    const own = state.me.peek()?.id ?? "";
    const base = pending.expectedSeq ?? 0;
    if (head(thread) <= base && thread.status === "open") return this.#askWhoReplied(thread, pending);
    if (head(thread) > base && repliesAfter(thread, base, own).length === 0) {
      return this.#post(thread.id, { ...pending, expectedSeq: head(thread) });
    }
    this.discard(thread.id, pending.clientMessageId);
    const key = draftKey(thread.id, "reply");
    const since = state.drafts.peek().get(key)?.text;
    state.dispatchDraft({ type: "dropped", key });
    const text = since ? `${pending.body}\n\n${since}` : pending.body;
    state.dispatchDraft({ type: "written", key, text, seq: base, at: Date.now() });
    state.modes.value = new Map(state.modes.peek()).set(thread.id, "reply");
    state.announce("Not sent: a colleague replied while you typed. Your text is kept.");
  }

  /**
   * Somebody replied, and that reply is not here: it may be our own. The refusal proves that the log
   * goes on, so what is missing of it is asked for.
   * @param {import("./model/thread.js").Thread} thread
   * @param {Pending} pending
   */
  #askWhoReplied({ id }, pending) {
    this.#undecided.set(id, [...(this.#undecided.get(id) ?? []), pending]);
    session.logs.compareHeads({ [id]: { public: (pending.expectedSeq ?? 0) + 1 } });
    session.flush();
  }

  /** @param {string} conversationId @param {Pending} pending */
  #post(conversationId, pending) {
    this.#show(conversationId, pending);
    this.#keep(conversationId, pending);
    const { clientMessageId, type, body, expectedSeq, mentions } = pending;
    try {
      session.logs.sendMessage(clientMessageId, body, now(), {
        type,
        conversationId,
        ...(expectedSeq && { expectedSeq }),
        ...(type === "note" && mentions.length > 0 && { mentions }),
      });
    } catch {
      this.failed(clientMessageId, "full");
      state.toast(
        "Too many messages are waiting to be sent. Wait until you are online again.",
        "bad",
      );
    }
    session.flush();
  }

  /** @param {string} conversationId @param {Pending} pending */
  #show(conversationId, pending) {
    state.threadOf(conversationId);
    state.dispatchThread(conversationId, { type: "posted", pending });
  }

  #names() {
    const prefix = `parley outbox ${this.#agentId} `;
    return Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? "").filter(
      (name) => this.#agentId && name.startsWith(prefix),
    );
  }

  /** @param {string} conversationId @param {Pending} pending */
  #keep(conversationId, pending) {
    const name = `parley outbox ${this.#agentId} ${pending.clientMessageId}`;
    keep(name, JSON.stringify({ conversationId, pending }));
  }

  /** @param {string} clientMessageId */
  #forget(clientMessageId) {
    storage.removeItem(`parley outbox ${this.#agentId} ${clientMessageId}`);
  }
}

/**
 * @param {string | null} text
 * @returns {{conversationId: string, pending: Pending} | null}
 */
function parsed(text) {
  try {
    const { conversationId, pending } = JSON.parse(text ?? "null");
    const { clientMessageId, type, body, at, state: was, expectedSeq, mentions, code } = pending;
    const words = [conversationId, clientMessageId, body, at];
    if (words.some((word) => typeof word !== "string") || !["message", "note"].includes(type))
      return null;
    return {
      conversationId,
      pending: {
        clientMessageId,
        type,
        body,
        at,
        mentions: Array.isArray(mentions) ? mentions.filter((id) => typeof id === "string") : [],
        state: was === "failed" ? "failed" : "sending",
        code: typeof code === "string" ? code : null,
        ...(Number.isInteger(expectedSeq) && { expectedSeq }),
      },
    };
  } catch {
    return null;
  }
}

export const outbox = new Outbox();
