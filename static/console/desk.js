/**
 * The conversation that is open: opens and closes it on the server, takes in its logs, pages back,
 * says what was read and that somebody types. One is open at a time, because "Sam is looking at
 * this" must be true.
 */

import { session } from "./session.js";
import * as state from "./state.js";
import { timers } from "./timers.js";
import { draftKey } from "./model/drafts.js";
import { olderLogs } from "./model/rows.js";
import { head } from "./model/thread.js";
import { calmed } from "./notices.js";

/** @typedef {import("./model/shapes.js").Event} Event */
/** @typedef {import("./model/shapes.js").LogName} LogName */

const OLDER = 50;
/** How long a refused page of older events is not asked for again. */
const OLDER_AGAIN_MS = 5000;
/** Events that a thread left behind keeps, to be there at once when it is opened again. */
const KEPT = 100;
/** A visitor who stopped without saying so is not typing any more after this. */
const TYPING_MS = 8000;
const TYPING_AGAIN_MS = 3000;
const TYPING_IDLE_MS = 5000;

class Desk {
  /** @type {string | null} */
  #current = null;
  #read = { conversationId: "", seq: 0 };
  /** What colleagues were last told: that a reply or a note is being typed, or nothing. */
  #typing = { conversationId: "", note: false, at: 0 };

  /** Show a conversation, or none. @param {string | null} conversationId */
  show(conversationId) {
    if (conversationId === this.#current) return;
    const before = this.#current;
    this.#current = conversationId;
    if (before !== null) this.#leave(before);
    if (conversationId === null) return;
    state.threadOf(conversationId);
    if (session.isReady) void this.#open(conversationId);
  }

  welcomed() {
    if (this.#current !== null) void this.#open(this.#current);
  }

  lost() {
    timers.stop("typing");
    this.#typing = { conversationId: "", note: false, at: 0 };
    this.#read = { conversationId: "", seq: 0 };
    if (this.#current === null) return;
    state.dispatchThread(this.#current, { type: "viewing", agents: [] });
    state.dispatchThread(this.#current, { type: "askFailed" });
  }

  /** Nobody is signed in any more. */
  forget() {
    this.#current = null;
    this.lost();
  }

  /** Ask again for what could not be opened. */
  again() {
    if (this.#current !== null && session.isReady) void this.#open(this.#current);
  }

  /** @param {Event} event */
  applied(event) {
    if (event.conversationId !== this.#current) return this.#stray(event.conversationId);
    state.dispatchThread(event.conversationId, { type: "applied", event });
    this.#announce(event);
  }

  /** @param {{conversationId: string, log: LogName, events: Event[]}} reset */
  reset({ conversationId, log, events }) {
    if (conversationId !== this.#current)
      return events.length ? this.#stray(conversationId) : undefined;
    state.dispatchThread(conversationId, { type: "reset", log, events });
  }

  /** @param {import("../protocol/connection.js").Data} data */
  typed({ conversationId, isTyping, author, preview }) {
    if (author.kind !== "visitor") return;
    const until = Date.now() + TYPING_MS;
    state.dispatchThread(conversationId, {
      type: "typing",
      isTyping,
      preview: preview ?? null,
      until,
    });
    if (isTyping) {
      timers.after(`typing ${conversationId}`, TYPING_MS + 50, () =>
        state.dispatchThread(conversationId, { type: "quiet", now: Date.now() }),
      );
    }
  }

  /** Load what came before what is shown. */
  async older() {
    const conversationId = this.#current;
    if (conversationId === null || !session.isReady || timers.isRunning("older refused")) return;
    const thread = state.threadOf(conversationId).peek();
    const logs = olderLogs(thread).filter((log) => !thread.logs[log].asking);
    if (logs.length === 0) return;
    state.dispatchThread(conversationId, { type: "asking", logs });
    await Promise.all(
      logs.map(async (log) => {
        const beforeSeq = thread.logs[log].events[0]?.seq;
        try {
          const page = await session.ask("history", {
            conversationId,
            log,
            beforeSeq,
            limit: OLDER,
          });
          state.dispatchThread(conversationId, { type: "older", page });
        } catch {
          // Every drawing asks, and this draws: without a pause it would ask as fast as it is refused.
          timers.after("older refused", OLDER_AGAIN_MS, () => undefined);
          state.dispatchThread(conversationId, { type: "askFailed" });
        }
      }),
    );
  }

  /** The agent has the end of the conversation before their eyes. */
  read() {
    const conversationId = this.#current;
    if (conversationId === null || !session.isReady) return;
    calmed(conversationId);
    const thread = state.threadOf(conversationId).peek();
    const seq = head(thread);
    const isRead = this.#read.conversationId === conversationId && this.#read.seq >= seq;
    if (thread.status !== "open" || seq === 0 || isRead) return;
    this.#read = { conversationId, seq };
    session.ask("read", { conversationId, seq }).catch(() => {
      this.#read = { conversationId: "", seq: 0 };
    });
  }

  /** The agent typed a character. @param {string} conversationId @param {boolean} note */
  types(conversationId, note) {
    if (!session.isReady) return;
    const now = Date.now();
    const told = this.#typing;
    const isNews =
      told.conversationId !== conversationId ||
      told.note !== note ||
      now - told.at > TYPING_AGAIN_MS;
    if (isNews) {
      if (told.conversationId && told.conversationId !== conversationId) this.rests();
      this.#typing = { conversationId, note, at: now };
      session.ask("typing", { conversationId, isTyping: true, note }).catch(() => undefined);
    }
    timers.after("typing", TYPING_IDLE_MS, () => this.rests());
  }

  /** The agent stopped typing, or sent. */
  rests() {
    timers.stop("typing");
    const { conversationId, note } = this.#typing;
    if (!conversationId) return;
    this.#typing = { conversationId: "", note: false, at: 0 };
    if (session.isReady) {
      session.ask("typing", { conversationId, isTyping: false, note }).catch(() => undefined);
    }
  }

  /** The agent has seen what colleagues answered meanwhile and goes on writing. */
  seen() {
    if (this.#current === null) return;
    const seq = head(state.threadOf(this.#current).peek());
    state.dispatchDraft({ type: "based", key: draftKey(this.#current, "reply"), seq });
  }

  /** @param {string} conversationId */
  async #open(conversationId) {
    state.dispatchThread(conversationId, { type: "opening" });
    try {
      const cursors = this.#cursors(conversationId);
      const answer = await session.ask("open", { conversationId, cursors });
      if (conversationId !== this.#current) return;
      state.dispatchThread(conversationId, { type: "opened", answer });
    } catch (error) {
      const isGone = error instanceof Error && "code" in error && error.code === "not_found";
      state.dispatchThread(conversationId, { type: isGone ? "gone" : "failed" });
    }
  }

  /** @param {string} conversationId */
  #cursors(conversationId) {
    return session.logs.replica
      .cursors(100)
      .filter((cursor) => cursor.conversationId === conversationId);
  }

  /** @param {string} conversationId */
  #leave(conversationId) {
    if (this.#typing.conversationId === conversationId) this.rests();
    session.logs.closed(conversationId);
    if (session.isReady) session.ask("close", { conversationId }).catch(() => undefined);
    state.dispatchThread(conversationId, { type: "closed" });
    state.dispatchThread(conversationId, { type: "trimmed", keep: KEPT });
  }

  /**
   * Something came of a conversation that is closed already: do not go on holding it.
   * @param {string} conversationId
   */
  #stray(conversationId) {
    session.logs.closed(conversationId);
  }

  /** @param {Event} event */
  #announce(event) {
    if (event.kind !== "message" || event.author.id === state.me.peek()?.id) return;
    const name =
      event.author.name ?? (event.author.kind === "visitor" ? "The visitor" : "Somebody");
    state.announce(`${name}: ${(event.body ?? "").slice(0, 200)}`);
  }
}

export const desk = new Desk();
