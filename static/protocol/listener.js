/**
 * A visitor's client while nothing is shown: it says `hello`, stays, and passes on what it hears.
 *
 * A page must not pay for a chat that nobody opens, so this is not the client of `connection.js`
 * but what is left of it without logs, requests and a state to show: the heartbeat and the rules of
 * coming back, in a kilobyte. When somebody opens the chat, `release` gives the live socket away
 * and a `Link` adopts it; the server does not notice.
 */

import { backoff, reconnects } from "./states.js";

/** @import { Data } from "./connection.js" */

export const SUBPROTOCOL = "parley.v1.json";

export class Listener {
  /** What the server said to the latest `hello`, while that socket lives. @type {Data | undefined} */
  welcome;

  /** @type {WebSocket | undefined} */
  #socket;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #attempt = 0;
  #notBefore = 0;
  #silenceMs = 40_000;
  #isOver = false;

  /**
   * @param {string} url of the server's socket
   * @param {() => Data} hello the data of the first frame, with the newest tokens
   * @param {(type: string, data: Data) => void} onFrame any frame with data, `welcome` among them
   */
  constructor(url, hello, onFrame) {
    this.url = url;
    this.hello = hello;
    this.onFrame = onFrame;
  }

  /** Connect now, unless there is a socket. */
  start() {
    if (this.#socket || this.#isOver) return;
    const socket = (this.#socket = new WebSocket(this.url, SUBPROTOCOL));
    const lost = () => this.#lost(1006);
    socket.onopen = () => this.#write("hello", this.hello(), "1");
    socket.onclose = ({ code }) => this.#lost(code);
    socket.onmessage = ({ data: text }) => {
      const { type, data, error } = JSON.parse(text);
      if (type === "welcome") {
        this.welcome = data;
        this.#attempt = 0;
        this.#silenceMs = 1.2 * data.heartbeat.intervalMs + data.heartbeat.timeoutMs;
      } else if (type === "ping") this.#write("pong");
      const wait = (data ?? error)?.retryAfterMs;
      if (wait) this.#notBefore = Date.now() + wait;
      this.#at(this.#silenceMs, lost);
      if (data) this.onFrame(type, data);
    };
    this.#at(this.#silenceMs, lost);
  }

  /**
   * Send a frame that needs no answer, if somebody is there to hear it.
   * @param {string} type
   * @param {Data} data
   */
  send(type, data) {
    if (this.welcome) this.#write(type, data);
  }

  /** Stop listening without closing the socket, which is the caller's now. */
  release() {
    const socket = this.#socket;
    this.#isOver = true;
    this.#forget();
    return socket;
  }

  /** End for good. */
  stop() {
    this.release()?.close();
  }

  /**
   * @param {string} type
   * @param {Data} [data]
   * @param {string} [id]
   */
  #write(type, data, id) {
    this.#socket?.send(JSON.stringify({ type, id, data }));
  }

  /** @param {number} code */
  #lost(code) {
    this.#socket?.close();
    this.#forget();
    if (!reconnects(code)) return;
    const wait = backoff(this.#attempt++, Math.random) * 1000;
    this.#at(Math.max(wait, this.#notBefore - Date.now()), () => this.start());
  }

  #forget() {
    const socket = this.#socket;
    if (socket) socket.onmessage = socket.onclose = null;
    this.#socket = this.welcome = undefined;
    clearTimeout(this.#timer);
  }

  /**
   * @param {number} ms
   * @param {() => void} act
   */
  #at(ms, act) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(act, ms);
  }
}
