/**
 * Keeps the live lists right: asks for the inbox and the board, page by page, and asks again
 * whenever their reducer says that they are stale. A refused question is asked again after a while,
 * longer each time, and the list says meanwhile that it could not be loaded.
 */

import { calmed } from "./notices.js";
import { session } from "./session.js";
import * as state from "./state.js";
import { timers } from "./timers.js";

const PAGE = 50;
/** A fresh snapshot asks for what was loaded; beyond this the rest comes by scrolling again. */
const SNAPSHOT_MOST = 100;
const RETRY_MS = [1000, 3000, 10_000, 30_000];

class Lists {
  #inboxTries = 0;
  #boardTries = 0;
  #isBoardFollowed = false;
  /** Grows with each question: an answer to an older one is not shown. */
  #asked = 0;

  welcomed() {
    void this.askInbox();
    if (this.#isBoardFollowed) void this.#askBoard();
  }

  lost() {
    this.#asked++;
    state.dispatchInbox({ type: "lost" });
    state.dispatchBoard({ type: "lost" });
  }

  /** Look at another list, or search it. @param {import("./state.js").View} view @param {string} query */
  look(view, query) {
    const held = state.inboxState.peek();
    if (held.view === view && held.query === query) return;
    state.dispatchInbox({ type: "asked", view, query });
    void this.askInbox();
  }

  askAgain() {
    void this.askInbox();
    if (this.#isBoardFollowed) void this.#askBoard();
  }

  async askInbox() {
    const asked = ++this.#asked;
    const { view, query, items } = state.inboxState.peek();
    timers.stop("inbox again");
    if (!session.isReady) return;
    state.dispatchInbox({ type: "asked", view, query });
    const limit = Math.min(SNAPSHOT_MOST, Math.max(PAGE, items.length));
    try {
      const answer = await session.ask("inbox", { view, limit, ...(query && { query }) });
      if (asked !== this.#asked) return;
      this.#inboxTries = 0;
      state.dispatchInbox({ type: "shown", answer });
      this.#learn(answer.items);
    } catch {
      if (asked !== this.#asked || !session.isReady) return;
      state.dispatchInbox({ type: "failed" });
      this.#later("inbox again", this.#inboxTries++, () => void this.askInbox());
    }
  }

  /** The next page of the list, if there is one and nothing else is being asked. */
  async more() {
    const { view, query, nextCursor, paging, status } = state.inboxState.peek();
    if (!nextCursor || paging || status !== "ready" || !session.isReady) return;
    const asked = this.#asked;
    state.dispatchInbox({ type: "paging" });
    try {
      const answer = await session.ask("inbox", {
        view,
        limit: PAGE,
        cursor: nextCursor,
        ...(query && { query }),
      });
      if (asked !== this.#asked) return;
      state.dispatchInbox({ type: "paged", answer });
      this.#learn(answer.items);
      this.#heal();
    } catch {
      if (asked === this.#asked) void this.askInbox();
    }
  }

  /** @param {import("./model/shapes.js").InboxChange} change */
  inboxChanged(change) {
    const held = new Map(state.inboxState.peek().items.map(({ summary }) => [summary.id, summary]));
    for (const { id, unread } of change.upsert) {
      // Read in another tab: it does not call in this one any more.
      if (unread === 0 && (held.get(id)?.unread ?? 0) > 0) calmed(id);
    }
    state.dispatchInbox({ type: "changed", change });
    for (const summary of change.upsert) {
      state.dispatchThread(summary.id, { type: "summary", summary });
    }
    this.#learn(change.upsert);
    this.#heal();
  }

  /** @param {import("./model/shapes.js").BoardChange} change */
  visitorChanged(change) {
    state.dispatchBoard({ type: "changed", change });
    this.#heal();
  }

  /** @param {Record<string, number>} views */
  pinged(views) {
    state.dispatchInbox({ type: "pinged", views });
    state.dispatchBoard({ type: "pinged", views });
    this.#heal();
  }

  /** @param {import("./model/shapes.js").Contact} contact */
  contactUpdated(contact) {
    state.dispatchInbox({ type: "contact", contact });
    state.dispatchBoard({ type: "contact", contact });
    for (const thread of state.heldThreads()) {
      state.dispatchThread(thread.peek().id, { type: "contact", contact });
    }
  }

  /** Follow the board, or no more. @param {boolean} isFollowed */
  followBoard(isFollowed) {
    if (this.#isBoardFollowed === isFollowed) return;
    this.#isBoardFollowed = isFollowed;
    if (isFollowed) void this.#askBoard();
    else {
      state.dispatchBoard({ type: "left" });
      if (session.isReady) session.ask("visitors", { follow: false }).catch(() => undefined);
    }
  }

  askBoard() {
    void this.#askBoard();
  }

  async moreVisitors() {
    const { nextCursor, status } = state.boardState.peek();
    if (!nextCursor || status !== "ready") return;
    try {
      const answer = await session.ask("visitors", { follow: true, cursor: nextCursor });
      state.dispatchBoard({ type: "paged", answer });
      this.#heal();
    } catch {
      void this.#askBoard();
    }
  }

  async #askBoard() {
    timers.stop("board again");
    state.dispatchBoard({ type: "asked" });
    if (!session.isReady) return;
    try {
      const answer = await session.ask("visitors", { follow: true });
      if (!this.#isBoardFollowed) return;
      this.#boardTries = 0;
      state.dispatchBoard({ type: "shown", answer });
    } catch {
      if (!session.isReady || !this.#isBoardFollowed) return;
      state.dispatchBoard({ type: "failed" });
      this.#later("board again", this.#boardTries++, () => void this.#askBoard());
    }
  }

  #heal() {
    if (state.inboxState.peek().status === "stale" && session.isReady) void this.askInbox();
    const isStale = state.boardState.peek().status === "stale";
    if (isStale && this.#isBoardFollowed && session.isReady) void this.#askBoard();
  }

  /** @param {string} name @param {number} tries @param {() => void} act */
  #later(name, tries, act) {
    timers.after(name, RETRY_MS[Math.min(tries, RETRY_MS.length - 1)] ?? 30_000, act);
  }

  /** @param {readonly import("./model/shapes.js").Summary[]} summaries */
  #learn(summaries) {
    const known = state.knownLabels.peek();
    const fresh = summaries.flatMap(({ labels }) => labels).filter((label) => !known.has(label));
    if (fresh.length) state.knownLabels.value = new Set([...known, ...fresh].slice(0, 500));
  }
}

export const lists = new Lists();
