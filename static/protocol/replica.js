/**
 * What a client holds of each log, and the one rule by which it grows (DELIVERY K, PROTOCOL §7).
 *
 * An event is applied iff its `seq` is the next one. A smaller one is held already; a larger one
 * proves that something is missing. So what is held is always a contiguous run, restarted only by a
 * page that replaces it. Nothing here asks for what is missing: that takes a connection.
 */

/** @import { Data } from "./connection.js" */

/** @typedef {"applied" | "held" | "missing"} Verdict */
/** @typedef {{seq: number, eventId: string}} Position Up to where a log is held. */

/**
 * A conversation and one of its logs, as one word: a log's name has no blank.
 * @param {string} conversationId
 * @param {string} log
 */
export const keyOf = (conversationId, log) => `${log} ${conversationId}`;

/**
 * @param {string} key
 * @returns {{conversationId: string, log: string}}
 */
export function ofKey(key) {
  const blank = key.indexOf(" ");
  return { conversationId: key.slice(blank + 1), log: key.slice(0, blank) };
}

/** @param {Data} part an event, or a page of a log */
export const keyIn = (part) => keyOf(part.conversationId, part.log);

export class Replica {
  /** In the order in which they last moved. @type {Map<string, Position>} */
  #held = new Map();
  /** The largest `seq` known to exist. @type {Map<string, number>} */
  #seen = new Map();

  /** @param {string} key */
  position(key) {
    return this.#held.get(key);
  }

  /** The logs of which something is held. */
  held() {
    return [...this.#held.keys()];
  }

  /**
   * The cursors of the logs that moved last, as `hello` carries them.
   * @param {number} most
   */
  cursors(most) {
    return [...this.#held].slice(-most).map(([key, position]) => ({ ...ofKey(key), ...position }));
  }

  /**
   * Apply `event` if it is the next one. A log of which nothing is held starts at 1.
   * @param {Data} event
   * @returns {Verdict}
   */
  receive(event) {
    const key = keyIn(event);
    const last = this.#held.get(key)?.seq ?? 0;
    if (event.seq <= last) return "held";
    this.#seen.set(key, Math.max(event.seq, this.#seen.get(key) ?? 0));
    if (event.seq > last + 1) return "missing";
    this.#move(key, event);
    return "applied";
  }

  /**
   * Start anew from a page of history; a page without events means that there is nothing.
   * @param {Data} page
   */
  replace(page) {
    const key = keyIn(page);
    this.#held.delete(key);
    if (page.reset) this.#seen.delete(key);
    const last = page.events.at(-1);
    if (last) this.#move(key, last);
  }

  /**
   * The log goes exactly to `head`, says the server. True if it was rewound below what is held: it
   * has another history from there on, so what is held of it is void.
   * @param {string} key
   * @param {number} head
   */
  learnHead(key, head) {
    this.#seen.set(key, head);
    return head < (this.#held.get(key)?.seq ?? 0);
  }

  /**
   * Whether the log is known to go further than what is held of it.
   * @param {string} key
   */
  isBehind(key) {
    return (this.#seen.get(key) ?? 0) > (this.#held.get(key)?.seq ?? 0);
  }

  /** @param {string} key */
  forget(key) {
    this.#held.delete(key);
    this.#seen.delete(key);
  }

  /**
   * @param {string} key
   * @param {Data} event
   */
  #move(key, event) {
    this.#held.delete(key);
    this.#held.set(key, { seq: event.seq, eventId: event.id });
  }
}
