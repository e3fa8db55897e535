/**
 * One client's life over as many sockets as it takes: its state, its tokens, its heartbeat and what
 * waits for an answer (PROTOCOL §2, §4, §8, §10). A pure state machine: the owner hands in what
 * arrives and what time it is, and takes away the frames to send and what happened.
 *
 * What a client holds of the logs, and what it wrote, is the business of `Logs` (`logs.js`), which
 * attaches itself, at the start or later. The two together are `protocol/client.py`, and the vectors
 * of its tests run against both.
 */

import { TRANSITIONS, backoff, isConnected, isReady, reconnects } from "./states.js";

/** @import { Input, State } from "./states.js" */
/** @import { Logs } from "./logs.js" */

/** @typedef {Record<string, any>} Data A frame's data, by the contract's names. */
/** @typedef {{type: string, id?: string, data?: Data, error?: Data}} Frame */
/**
 * What a frame that waits for its answer is for: a message, a log, or, with neither, whatever its
 * owner asked. `anew` says that the page asked for replaces what is held.
 * @typedef {{type: string, epoch: number, name?: string, key?: string, anew?: boolean}} Purpose
 */
/**
 * What a client tells its owner, in the order in which it happened. Whoever applies `applied` and
 * `reset` and nothing else has each log as the server has it.
 * @typedef {{kind: "stateChanged", state: State}
 *   | {kind: "applied", event: Data}
 *   | {kind: "reset", conversationId: string, log: string, events: Data[]}
 *   | {kind: "settled", clientMessageId: string, conversationId: string, seq: number}
 *   | {kind: "failed", clientMessageId: string, code: string | null}
 *   | {kind: "answered", frameId: string, data: Data}
 *   | {kind: "refused", frameId: string | undefined, code: string, error: Data}
 *   | {kind: "unanswered", frameId: string}
 *   | {kind: "pushed", type: string, data: Data}} Happening
 */

const TOKENS = ["visitorId", "visitorToken", "sessionToken"];

export class Connection {
  /** @type {State} */
  state = "OFFLINE";
  /** Grows when somebody else is there: what was written before is never sent after. */
  epoch = 0;
  /** @type {Logs | undefined} */
  logs;

  /** @type {Frame[]} */
  #frames = [];
  /** @type {Happening[]} */
  #happenings = [];
  /** @type {Map<string, Purpose>} */
  #waiting = new Map();
  #lastId = 0;
  #attempt = 0;
  #retryAt = 0;
  #notBefore = 0;
  #silence = 40;
  #answerWithin = 10;
  #deadAt = 0;

  /**
   * Times are seconds of any steady clock, the same one everywhere. After each call take
   * `framesToSend` and `happenings`, and call `tick` at `nextDeadline`.
   * @param {"visitor" | "agent"} role
   * @param {Data} hello the data of the first frame; tokens and cursors are added here
   * @param {() => number} [random] numbers in [0, 1)
   */
  constructor(role, hello, random = Math.random) {
    this.role = role;
    this.hello = { ...hello };
    this.random = random;
  }

  /** Frames for the socket, in order. They are given once. */
  framesToSend() {
    const frames = this.#frames;
    this.#frames = [];
    return frames;
  }

  /** What happened since the last call, in order. */
  happenings() {
    const happenings = this.#happenings;
    this.#happenings = [];
    return happenings;
  }

  /** When `tick` must be called at the latest, if nothing else happens before; Infinity: never. */
  nextDeadline() {
    if (this.state === "OFFLINE") return this.#retryAt;
    if (!isConnected(this.state)) return Infinity;
    const waiting = isReady(this.state) ? this.logs?.nextDeadline() : undefined;
    return Math.min(this.#deadAt, waiting ?? Infinity);
  }

  /**
   * A socket is open.
   * @param {number} now
   */
  connected(now) {
    this.#move("OPENED");
    this.#deadAt = now + this.#silence;
    this.ask("hello", { ...this.hello, cursors: this.logs?.resume() ?? [] }, {});
  }

  /**
   * The socket ended, or could not be opened (1006). Repeats are ignored.
   * @param {number} code
   * @param {number} now
   */
  disconnected(code, now) {
    if (!("LOST" in TRANSITIONS[this.state])) return;
    this.logs?.lost();
    const lost = this.#waiting;
    this.#waiting = new Map();
    this.#frames = [];
    for (const [frameId, { type, name, key }] of lost) {
      if (type !== "hello" && !name && !key) this.tell({ kind: "unanswered", frameId });
    }
    if (!reconnects(code)) return this.#move("REFUSED");
    this.#retryAt = Math.max(now + backoff(this.#attempt++, this.random), this.#notBefore);
    this.#move("LOST");
  }

  /**
   * Time has passed.
   * @param {number} now
   */
  tick(now) {
    if (this.state === "OFFLINE") {
      if (now >= this.#retryAt) this.#move("RETRY");
    } else if (isConnected(this.state) && now >= this.#deadAt) this.disconnected(1006, now);
    else this.#sendOutbox(now);
  }

  /**
   * The machine slept, or the network came back: try at once, or see if it still lives.
   * @param {number} now
   */
  wake(now) {
    if (this.state === "OFFLINE") {
      this.#retryAt = Math.max(now, this.#notBefore);
      this.tick(now);
    } else if (isReady(this.state)) {
      this.#frames.push({ type: "ping" });
      this.#deadAt = Math.min(this.#deadAt, now + this.#answerWithin);
    }
  }

  /** End for good. The owner closes the socket. */
  stop() {
    this.disconnected(1000, 0);
    if (this.state !== "TERMINAL") this.#move("REFUSED");
  }

  /**
   * Send any frame but a message; `answered`, `refused` or `unanswered` follows under its id.
   * Throws unless the server has said `welcome`.
   * @param {string} type
   * @param {Data} data
   */
  request(type, data) {
    this.checkReady();
    if (type === "close") this.logs?.closed(data.conversationId);
    return this.ask(type, data, {});
  }

  /**
   * A frame came in. What comes after the connection was given up is ignored.
   * @param {Frame} frame
   * @param {number} now
   */
  receive(frame, now) {
    if (!isConnected(this.state)) return;
    this.#deadAt = now + this.#silence;
    const { type, id = "", data = {} } = frame;
    const purpose = this.#waiting.get(id);
    switch (type) {
      case "welcome":
        this.#waiting.delete(id);
        this.#welcomed(data);
        break;
      case "ack":
      case "pong":
        this.#waiting.delete(id);
        if (purpose) this.#answered(id, purpose, data);
        break;
      case "error":
        this.#waiting.delete(id);
        this.#refused(frame, purpose, now);
        break;
      case "ping":
        this.#frames.push({ type: "pong" });
        this.logs?.compareHeads(data.heads ?? {});
        break;
      default:
        this.#pushed(type, data, now);
    }
    this.settleState();
    this.#sendOutbox(now);
  }

  // For `Logs`, which is the other half of this machine.

  checkReady() {
    if (!isReady(this.state)) throw new Error(`This needs a connection, not ${this.state}.`);
  }

  /**
   * Write a frame and remember what its answer is for. An id is never used twice.
   * @param {string} type
   * @param {Data} data
   * @param {Partial<Purpose>} purpose
   */
  ask(type, data, purpose) {
    const id = `${++this.#lastId}`;
    this.#waiting.set(id, { ...purpose, type, epoch: this.epoch });
    this.#frames.push({ type, id, data });
    return id;
  }

  settleState() {
    const behind = this.logs?.isBehind() ?? false;
    if (this.state === "CATCHING_UP" && !behind) this.#move("CAUGHT_UP");
    else if (this.state === "LIVE" && behind) this.#move("BEHIND");
  }

  /** @param {Happening} happening */
  tell(happening) {
    this.#happenings.push(happening);
  }

  // What follows from what came in

  /** @param {Data} data */
  #welcomed(data) {
    this.#move("WELCOMED");
    this.#attempt = 0;
    this.#answerWithin = data.heartbeat.timeoutMs / 1000;
    this.#silence = (1.2 * data.heartbeat.intervalMs) / 1000 + this.#answerWithin;
    if (data.visitorReplaced) this.#beginEpoch();
    this.#keepTokens(data);
    this.tell({ kind: "pushed", type: "welcome", data });
  }

  /**
   * @param {string} frameId
   * @param {Purpose} purpose
   * @param {Data} data
   */
  #answered(frameId, purpose, data) {
    if (purpose.name || purpose.key) return this.logs?.answered(purpose, data);
    if (purpose.type === "resetUser" && !data.noop && purpose.epoch === this.epoch) {
      this.#beginEpoch();
    } else if (purpose.type === "open") this.logs?.opened(data);
    this.#keepTokens(data);
    this.tell({ kind: "answered", frameId, data });
  }

  /**
   * @param {Frame} frame
   * @param {Purpose | undefined} purpose
   * @param {number} now
   */
  #refused({ id, error = {} }, purpose, now) {
    const wait = (error.retryAfterMs ?? 0) / 1000;
    if (purpose?.name || purpose?.key) {
      return this.logs?.refused(purpose, error.code, wait, now);
    }
    if (purpose?.type === "hello") this.#notBefore = now + wait;
    this.tell({ kind: "refused", frameId: id, code: error.code, error });
  }

  /**
   * @param {string} type
   * @param {Data} data
   * @param {number} now
   */
  #pushed(type, data, now) {
    if (this.logs?.pushed(type, data)) return;
    if (type === "bye") this.#notBefore = now + data.retryAfterMs / 1000;
    else if (type === "sessionReset") {
      delete this.hello.sessionToken;
      this.#keepTokens(data);
      if (data.reason !== "rotated") this.#beginEpoch();
    }
    this.tell({ kind: "pushed", type, data });
  }

  /** Somebody else is there now: all that was held, and what was written and not sent, is void. */
  #beginEpoch() {
    this.epoch++;
    for (const [id, { key }] of this.#waiting) if (key) this.#waiting.delete(id);
    this.logs?.beginEpoch();
  }

  /** @param {Data} data */
  #keepTokens(data) {
    if (this.role === "agent") return;
    for (const name of TOKENS) if (data[name]) this.hello[name] = data[name];
  }

  /** @param {number} now */
  #sendOutbox(now) {
    if (isReady(this.state)) this.logs?.sendOutbox(now);
  }

  /** @param {Input} input */
  #move(input) {
    const state = TRANSITIONS[this.state][input];
    if (!state) throw new Error(`${input} cannot happen to a client that is ${this.state}.`);
    this.state = state;
    this.tell({ kind: "stateChanged", state });
  }
}
