/**
 * The half of a client that holds logs and sends messages (DELIVERY K): cursors, order, gaps, the
 * outbox. It attaches itself to a `Connection`, which calls it; it writes frames and tells what
 * happened through that connection, and knows no time, socket or timer either.
 */

import { Outbox, PASSING } from "./outbox.js";
import { Replica, keyIn, keyOf, ofKey } from "./replica.js";
import { backoff, isReady } from "./states.js";

/** @import { Connection, Data, Purpose } from "./connection.js" */

const PAGE = 200;
const CURSORS = { visitor: 20, agent: 100 };

export class Logs {
  outbox = new Outbox();
  replica = new Replica();

  /** @type {Connection} */
  #connection;
  /** Logs that the server has not brought up to their heads since `hello`. @type {Set<string>} */
  #resuming = new Set();
  /** Logs of which a page is on its way. @type {Set<string>} */
  #asking = new Set();

  /** @param {Connection} connection */
  constructor(connection) {
    this.#connection = connection;
    connection.logs = this;
  }

  /**
   * Write a message or a note. `settled` or `failed` follows, however many connections it takes.
   * What is not named here is a member of the frame's data. Throws `OutboxFull`.
   * @param {string} clientMessageId
   * @param {string} body
   * @param {number} now
   * @param {{type?: "message" | "note", conversationId?: string} & Data} [more]
   */
  sendMessage(clientMessageId, body, now, { type = "message", conversationId, ...members } = {}) {
    const data = { clientMessageId, body, ...members, ...(conversationId && { conversationId }) };
    const { epoch } = this.#connection;
    const entry = { type, clientMessageId, conversationId, data, epoch, attempts: 0, notBefore: 0 };
    this.outbox.add(entry);
    if (isReady(this.#connection.state)) this.sendOutbox(now);
  }

  /**
   * Ask for the newest page of a log of which nothing is held; it comes as a `reset`. Throws
   * unless the server has said `welcome`.
   * @param {string} conversationId
   * @param {string} [log]
   */
  fetch(conversationId, log = "public") {
    this.#connection.checkReady();
    const key = keyOf(conversationId, log);
    if (this.replica.position(key)) return;
    this.#ask(key);
    this.#connection.settleState();
  }

  // What the connection calls

  /** The cursors for `hello`; until each log is complete, the client is behind. */
  resume() {
    const cursors = this.replica.cursors(CURSORS[this.#connection.role]);
    this.#resuming = new Set(cursors.map(keyIn));
    return cursors;
  }

  lost() {
    this.#resuming.clear();
    this.#asking.clear();
    this.outbox.recall();
  }

  isBehind() {
    return this.#resuming.size + this.#asking.size > 0;
  }

  nextDeadline() {
    return this.outbox.nextDeadline();
  }

  /** @param {number} now */
  sendOutbox(now) {
    for (const entry of this.outbox.sendable(now)) {
      const purpose = { name: entry.clientMessageId };
      entry.frameId = this.#connection.ask(entry.type, entry.data, purpose);
    }
  }

  /** @param {string} conversationId */
  closed(conversationId) {
    for (const log of ["public", "staff"]) this.replica.forget(keyOf(conversationId, log));
  }

  /**
   * An agent's `open` was answered.
   * @param {Data} data
   */
  opened(data) {
    for (const page of Object.values(data.history)) {
      this.#history(page, !this.replica.position(keyIn(page)));
    }
  }

  /**
   * @param {Purpose} purpose
   * @param {Data} data
   */
  answered({ name, key, anew = false }, data) {
    if (name) this.#settle(name, data);
    else if (key) {
      this.#asking.delete(key);
      // A page that brought nothing would be asked for again and again; the next `ping` tells.
      if (this.#history(data, anew) && this.replica.isBehind(key)) this.#ask(key);
    }
  }

  /**
   * @param {Purpose} purpose
   * @param {string} code
   * @param {number} wait
   * @param {number} now
   */
  refused({ name, key }, code, wait, now) {
    if (name) this.#notTaken(name, code, wait, now);
    else if (key) {
      this.#asking.delete(key);
      this.#resuming.delete(key);
      if (code === "not_found") this.#forget(key);
    }
  }

  /**
   * A frame was pushed; true if it was about a log and nothing else is to be done about it.
   * @param {string} type
   * @param {Data} data
   */
  pushed(type, data) {
    if (type === "event") {
      if (this.#apply(data) === "missing") this.#ask(keyIn(data));
    } else if (type === "history") this.#history(data, false);
    else {
      if (type === "conversations") this.#keepOnly(data.items);
      return false;
    }
    return true;
  }

  /** @param {Record<string, number | Record<string, number>>} heads */
  compareHeads(heads) {
    for (const [conversationId, head] of Object.entries(heads)) {
      for (const [log, seq] of Object.entries(typeof head === "number" ? { public: head } : head)) {
        const key = keyOf(conversationId, log);
        const rewound = this.replica.learnHead(key, seq);
        if (rewound || this.replica.isBehind(key)) this.#ask(key, rewound);
      }
    }
  }

  beginEpoch() {
    for (const { clientMessageId } of this.outbox.expel(this.#connection.epoch)) {
      this.#connection.tell({ kind: "failed", clientMessageId, code: null });
    }
    this.#asking.clear();
    this.#resuming.clear();
    for (const key of this.replica.held()) this.#forget(key);
  }

  // What follows from it

  /** @param {Data} event */
  #apply(event) {
    this.#echoed(event);
    const verdict = this.replica.receive(event);
    if (verdict === "applied") this.#connection.tell({ kind: "applied", event });
    return verdict;
  }

  /**
   * Take in a page; says whether it brought anything.
   * @param {Data} page
   * @param {boolean} anew
   * @returns {boolean}
   */
  #history(page, anew) {
    const { conversationId, log, events } = page;
    if (page.complete) this.#resuming.delete(keyIn(page));
    if (!page.reset && !anew) {
      const verdicts = events.map((/** @type {Data} */ event) => this.#apply(event));
      return verdicts.includes("applied");
    }
    for (const event of events) this.#echoed(event);
    this.replica.replace(page);
    this.#connection.tell({ kind: "reset", conversationId, log, events });
    return events.length > 0;
  }

  /**
   * An own message that comes back from the log is as good as its `ack`.
   * @param {Data} event
   */
  #echoed(event) {
    if (event.clientMessageId) this.#settle(event.clientMessageId, event);
  }

  /**
   * @param {string} clientMessageId
   * @param {Data} where
   */
  #settle(clientMessageId, where) {
    const entry = this.outbox.settle(clientMessageId);
    if (!entry) return;
    // An agent's `ack` leaves the conversation out: the agent has named it.
    const conversationId = where.conversationId ?? entry.conversationId;
    this.#connection.tell({ kind: "settled", clientMessageId, conversationId, seq: where.seq });
  }

  /**
   * @param {string} clientMessageId
   * @param {string} code
   * @param {number} wait
   * @param {number} now
   */
  #notTaken(clientMessageId, code, wait, now) {
    const entry = this.outbox.get(clientMessageId);
    if (!entry) return;
    if (PASSING.has(code)) {
      entry.frameId = undefined;
      entry.notBefore = now + Math.max(wait, backoff(entry.attempts++, this.#connection.random));
    } else {
      this.outbox.settle(clientMessageId);
      this.#connection.tell({ kind: "failed", clientMessageId, code });
    }
  }

  /** @param {Data[]} items */
  #keepOnly(items) {
    const listed = new Set(items.map(({ id }) => id));
    for (const key of this.replica.held()) {
      if (!listed.has(ofKey(key).conversationId)) this.#forget(key);
    }
  }

  /**
   * Ask for what is missing of a log, a page at a time; of an unknown one for the newest.
   * @param {string} key
   * @param {boolean} [anew]
   */
  #ask(key, anew = false) {
    if (this.#asking.has(key)) return;
    this.#asking.add(key);
    const held = anew ? undefined : this.replica.position(key);
    const { conversationId, log } = ofKey(key);
    /** @type {Data} */
    const data = { conversationId, limit: PAGE };
    if (this.#connection.role === "agent") data.log = log;
    if (held) data.afterSeq = held.seq;
    this.#connection.ask("history", data, { key, anew: !held });
  }

  /** @param {string} key */
  #forget(key) {
    this.#resuming.delete(key);
    this.replica.forget(key);
    this.#connection.tell({ kind: "reset", ...ofKey(key), events: [] });
  }
}
