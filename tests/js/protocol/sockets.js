/** A browser's WebSocket, window and document, played by hand. */

/** @import { Data } from "../../../static/protocol/connection.js" */

export class FakeSocket {
  static OPEN = 1;
  /** @type {FakeSocket[]} */
  static made = [];
  static refuses = false;

  readyState = 0;
  /** @type {any[]} */
  sent = [];
  /** @type {(() => void) | null} */
  onopen = null;
  /** @type {((event: {data: string}) => void) | null} */
  onmessage = null;
  /** @type {((event: {code: number}) => void) | null} */
  onclose = null;

  /** @param {string} url @param {string} subprotocol */
  constructor(url, subprotocol) {
    if (FakeSocket.refuses) throw new Error("SecurityError");
    this.url = url;
    this.subprotocol = subprotocol;
    FakeSocket.made.push(this);
  }

  /** @param {string} text */
  send(text) {
    assertOpen(this);
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.readyState = 3;
  }

  opens() {
    this.readyState = 1;
    this.onopen?.();
  }

  /** @param {number} code */
  ends(code) {
    this.readyState = 3;
    this.onclose?.({ code });
  }

  /** @param {string} type @param {Data} [data] @param {Data} [more] */
  hears(type, data, more) {
    this.onmessage?.({ data: JSON.stringify({ type, data, ...more }) });
  }

  welcomes(members = {}) {
    const heartbeat = { intervalMs: 25_000, timeoutMs: 10_000 };
    this.hears("welcome", { heartbeat, ...members }, { id: "1" });
  }
}

/** @param {FakeSocket} socket */
function assertOpen(socket) {
  if (socket.readyState !== 1) throw new Error("InvalidStateError");
}

/** The newest socket. */
export const latest = () => /** @type {FakeSocket} */ (FakeSocket.made.at(-1));

/** Makes the globals of a page anew. */
export function freshPage() {
  FakeSocket.made = [];
  FakeSocket.refuses = false;
  const page = Object.assign(new EventTarget(), { hidden: false });
  Object.assign(globalThis, { WebSocket: FakeSocket, window: new EventTarget(), document: page });
}
