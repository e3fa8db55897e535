/**
 * Messages that are written and not yet known to be in the log (DELIVERY K).
 *
 * An entry keeps its `clientMessageId` for ever, so it may be sent any number of times and is
 * stored once. At most one entry per conversation is on its way, so that a failed one does not let
 * a later one overtake. It leaves when it is settled, when the server refuses it for good, or when
 * the person it was written as is gone: nobody's words are sent under another's name.
 */

/** @import { Data } from "./connection.js" */

/** What an outbox holds at most. */
export const ENTRIES = 1000;

/**
 * Refusals that say nothing about the message: it is sent again later. All others are for good.
 * @type {ReadonlySet<string>}
 */
export const PASSING = new Set([
  "too_many_requests",
  "unavailable",
  "internal_error",
  "identity_expired",
]);

/** There are too many unsettled messages; the person has to be told. */
export class OutboxFull extends Error {}

/**
 * One message on its way; `frameId` is the frame that carries it now, if any does.
 * @typedef {object} Entry
 * @property {"message" | "note"} type
 * @property {string} clientMessageId
 * @property {string | undefined} conversationId
 * @property {Data} data
 * @property {number} epoch
 * @property {string} [frameId]
 * @property {number} attempts
 * @property {number} notBefore
 */

export class Outbox {
  /** In the order in which they were written. @type {Map<string, Entry>} */
  #entries = new Map();

  get size() {
    return this.#entries.size;
  }

  entries() {
    return [...this.#entries.values()];
  }

  /**
   * Keep `entry` until it is settled; one that is kept already changes nothing. Throws
   * `OutboxFull`.
   * @param {Entry} entry
   */
  add(entry) {
    if (this.#entries.size >= ENTRIES) {
      throw new OutboxFull(`${ENTRIES} messages are waiting to be sent already.`);
    }
    if (!this.#entries.has(entry.clientMessageId)) this.#entries.set(entry.clientMessageId, entry);
  }

  /** @param {string} clientMessageId */
  get(clientMessageId) {
    return this.#entries.get(clientMessageId);
  }

  /**
   * Remove an entry and give it back; undefined if it is gone already.
   * @param {string} clientMessageId
   */
  settle(clientMessageId) {
    const entry = this.#entries.get(clientMessageId);
    this.#entries.delete(clientMessageId);
    return entry;
  }

  /**
   * The first entry of each conversation, unless it is on its way or was told to wait.
   * @param {number} now
   */
  sendable(now) {
    return this.#atRest().filter(({ notBefore }) => notBefore <= now);
  }

  /** When an entry may be sent (again); Infinity if none waits. */
  nextDeadline() {
    return Math.min(...this.#atRest().map(({ notBefore }) => notBefore));
  }

  #atRest() {
    /** @type {Map<string | undefined, Entry>} */
    const first = new Map();
    for (const entry of this.#entries.values()) {
      if (!first.has(entry.conversationId)) first.set(entry.conversationId, entry);
    }
    return [...first.values()].filter(({ frameId }) => !frameId);
  }

  /** The connection is gone: nothing is on its way any more. */
  recall() {
    for (const entry of this.#entries.values()) entry.frameId = undefined;
  }

  /**
   * Remove and give back what was written before `epoch`.
   * @param {number} epoch
   */
  expel(epoch) {
    const gone = this.entries().filter((entry) => entry.epoch < epoch);
    for (const { clientMessageId } of gone) this.#entries.delete(clientMessageId);
    return gone;
  }
}
