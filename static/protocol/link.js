/**
 * A `Connection` on a real WebSocket: the only part of the client that touches the browser. It
 * opens and drops sockets as the connection's state asks, owns the one timer, and wakes the
 * connection when the page is shown again, the network is back or a timer fired late, which is how
 * a machine that slept looks from inside (DELIVERY K).
 */

import { SUBPROTOCOL } from "./listener.js";
import { isReady } from "./states.js";

/** @import { Connection, Data, Happening } from "./connection.js" */

/** A timer that is this late did not run while the machine slept. */
const LATE_MS = 5000;
/** What `setTimeout` can hold; a later deadline is looked at again then. */
const LONGEST_MS = 2 ** 31 - 1;

/** Seconds of a steady clock, as `Connection` counts them. */
export const now = () => performance.now() / 1000;

/**
 * A request was not done. `code` is the contract's, or `offline` when there was no connection to
 * ask on, or `unanswered` when it ended before the answer: whether it was done is not known.
 */
export class RequestError extends Error {
  /**
   * @param {string} code
   * @param {Data} [error]
   */
  constructor(code, error) {
    super(error?.message ?? code);
    this.code = code;
    /** @type {number | undefined} */
    this.retryAfterMs = error?.retryAfterMs;
  }
}

export class Link {
  /** @type {WebSocket | undefined} */
  #socket;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {{socket: WebSocket, welcome: Data} | undefined} */
  #live;
  #isFlushing = false;
  /** @type {Map<string, {resolve: (data: any) => void, reject: (error: Error) => void}>} */
  #asked = new Map();
  #listeners = new AbortController();

  /**
   * @param {Connection} connection
   * @param {string} url of the server's socket
   * @param {(happening: Happening) => void} onHappening
   */
  constructor(connection, url, onHappening) {
    this.connection = connection;
    this.url = url;
    this.onHappening = onHappening;
  }

  /**
   * Connect, and stay connected until `stop`.
   * @param {{socket: WebSocket, welcome: Data}} [live] a socket on which `hello` was answered
   */
  start(live) {
    const wake = () => this.wake();
    const { signal } = this.#listeners;
    for (const name of ["online", "offline", "pageshow"]) {
      window.addEventListener(name, wake, { signal });
    }
    document.addEventListener("visibilitychange", () => document.hidden || wake(), { signal });
    this.#live = live;
    this.connection.tick(now());
    this.flush();
  }

  /** End for good, without a trace. */
  stop() {
    this.#listeners.abort();
    this.connection.stop();
    this.flush();
  }

  /** Something suggests that the connection may be dead, or can be had again: find out. */
  wake() {
    this.connection.wake(now());
    this.flush();
  }

  /**
   * Ask for something; resolves to the data of the answer, rejects with a `RequestError`.
   * @param {string} type
   * @param {Data} [data]
   * @returns {Promise<any>}
   */
  ask(type, data = {}) {
    if (!isReady(this.connection.state)) return Promise.reject(new RequestError("offline"));
    const frameId = this.connection.request(type, data);
    const answer = new Promise((resolve, reject) => this.#asked.set(frameId, { resolve, reject }));
    this.flush();
    return answer;
  }

  /** Pass on what happened and what is to be sent. Call it after touching the connection. */
  flush() {
    if (this.#isFlushing) return; // The outer call goes on until there is nothing left.
    this.#isFlushing = true;
    try {
      for (let happenings; (happenings = this.connection.happenings()).length; ) {
        for (const happening of happenings) this.#happened(happening);
      }
    } finally {
      this.#isFlushing = false;
    }
    if (this.#socket?.readyState === WebSocket.OPEN) {
      for (const frame of this.connection.framesToSend()) this.#socket.send(JSON.stringify(frame));
    }
    this.#schedule();
  }

  /** @param {Happening} happening */
  #happened(happening) {
    if (happening.kind === "stateChanged") {
      if (happening.state === "CONNECTING") this.#dial();
      else if (happening.state === "OFFLINE" || happening.state === "TERMINAL") this.#drop();
    } else if ("frameId" in happening && happening.frameId) {
      const asked = this.#asked.get(happening.frameId);
      this.#asked.delete(happening.frameId);
      if (happening.kind === "answered") asked?.resolve(happening.data);
      else if (happening.kind === "refused") {
        asked?.reject(new RequestError(happening.code, happening.error));
      } else asked?.reject(new RequestError("unanswered"));
    }
    this.onHappening(happening);
  }

  #dial() {
    if (this.#live) return this.#adopt(this.#live);
    try {
      this.#attach(new WebSocket(this.url, SUBPROTOCOL));
    } catch {
      this.connection.disconnected(1006, now()); // The page's policy forbids it.
    }
  }

  /**
   * Go on where somebody else's `hello` was answered: for the connection, it was its own.
   * @param {{socket: WebSocket, welcome: Data}} live
   */
  #adopt({ socket, welcome }) {
    this.#live = undefined;
    this.#attach(socket);
    this.connection.connected(now());
    const [hello] = this.connection.framesToSend();
    this.connection.receive({ type: "welcome", id: hello?.id, data: welcome }, now());
    if (socket.readyState > WebSocket.OPEN) this.#ended(1006);
  }

  /** @param {WebSocket} socket */
  #attach(socket) {
    this.#socket = socket;
    /** @param {() => void} act */
    const ifCurrent = (act) => {
      if (socket === this.#socket) act();
    };
    socket.onopen = () =>
      ifCurrent(() => {
        this.connection.connected(now());
        this.flush();
      });
    socket.onmessage = ({ data }) => ifCurrent(() => this.#received(data));
    socket.onclose = ({ code }) => ifCurrent(() => this.#ended(code));
  }

  /** @param {string} text */
  #received(text) {
    try {
      this.connection.receive(JSON.parse(text), now());
    } catch (error) {
      // Not the contract. A fresh connection starts from what is held, which is whole.
      this.connection.disconnected(1006, now());
      console.error("Parley: a frame was not understood", error);
    }
    this.flush();
  }

  /** @param {number} code */
  #ended(code) {
    this.connection.disconnected(code, now());
    this.flush();
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
  }

  #schedule() {
    clearTimeout(this.#timer);
    const wait = Math.max(0, (this.connection.nextDeadline() - now()) * 1000);
    if (wait === Infinity) return;
    const due = Date.now() + wait;
    this.#timer = setTimeout(
      () => {
        if (Date.now() - due > LATE_MS) this.connection.wake(now());
        this.connection.tick(now());
        this.flush();
      },
      Math.min(wait, LONGEST_MS),
    );
  }
}
