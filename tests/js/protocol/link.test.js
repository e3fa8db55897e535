/** A link opens, drops and adopts sockets as its connection's state asks (DELIVERY K). */

import assert from "node:assert/strict";
import test, { afterEach, beforeEach, mock } from "node:test";

import { Connection } from "../../../static/protocol/connection.js";
import { Link, RequestError } from "../../../static/protocol/link.js";
import { Logs } from "../../../static/protocol/logs.js";
import { FakeSocket, freshPage, latest } from "./sockets.js";

/** @import { Happening } from "../../../static/protocol/connection.js" */

/** @type {Happening[]} */
let told = [];
/** @type {Link} */
let link;

beforeEach(() => {
  freshPage();
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  told = [];
  const connection = new Connection("visitor", { key: "wk_1" }, () => 0);
  new Logs(connection);
  link = new Link(connection, "ws://e.test/ws/widget", (happening) => told.push(happening));
});

afterEach(() => {
  link.stop();
  mock.timers.reset();
});

function live() {
  link.start();
  latest().opens();
  latest().welcomes();
  return latest();
}

test("it connects with the JSON subprotocol, greets and is live", () => {
  const socket = live();

  assert.equal(socket.url, "ws://e.test/ws/widget");
  assert.equal(socket.subprotocol, "parley.v1.json");
  assert.deepEqual(socket.sent, [{ type: "hello", id: "1", data: { key: "wk_1", cursors: [] } }]);
  assert.equal(link.connection.state, "LIVE");
});

test("a lost socket is replaced by another, and the old one is not heard any more", () => {
  const old = live();

  old.ends(1006);
  mock.timers.runAll();
  latest().opens();
  old.hears("bye", { reason: "restart", retryAfterMs: 1 });
  latest().welcomes();

  assert.equal(FakeSocket.made.length, 2);
  assert.equal(link.connection.state, "LIVE");
  assert.ok(!told.some((one) => one.kind === "pushed" && one.type === "bye"));
});

test("a question is answered, refused with its reason, or left open by the connection's end", async () => {
  const socket = live();
  const [answered, refused, open] = [link.ask("page"), link.ask("read"), link.ask("typing")];

  socket.hears("ack", { a: 1 }, { id: "2" });
  const error = { code: "too_many_requests", message: "Slowly.", retryAfterMs: 50 };
  socket.hears("error", undefined, { id: "3", error });
  socket.ends(1006);

  assert.deepEqual(await answered, { a: 1 });
  await assert.rejects(refused, (/** @type {RequestError} */ reason) => {
    assert.deepEqual([reason.code, reason.message, reason.retryAfterMs], ["too_many_requests", "Slowly.", 50]);
    return true;
  });
  await assert.rejects(open, { code: "unanswered" });
});

test("without a connection nothing can be asked", async () => {
  await assert.rejects(link.ask("page"), { code: "offline" });
});

test("a frame that is not the contract's costs the connection and nothing else", () => {
  const complain = mock.method(console, "error", () => {});
  const socket = live();

  socket.onmessage?.({ data: "{" });
  mock.timers.runAll();
  latest().opens();
  latest().welcomes();

  assert.equal(complain.mock.callCount(), 1);
  assert.equal(FakeSocket.made.length, 2);
  assert.equal(link.connection.state, "LIVE");
  complain.mock.restore();
});

test("a page that may not connect tries again later", () => {
  FakeSocket.refuses = true;
  link.start();
  assert.equal(link.connection.state, "OFFLINE");

  FakeSocket.refuses = false;
  link.wake();

  assert.equal(link.connection.state, "CONNECTING");
});

for (const name of ["online", "offline", "pageshow"]) {
  test(`a page that is told "${name}" asks whether the connection lives`, () => {
    const socket = live();

    window.dispatchEvent(new Event(name));

    assert.deepEqual(socket.sent.at(-1), { type: "ping" });
  });
}

test("a page asks whether the connection lives when it is shown, not when it is hidden", () => {
  const socket = live();
  const page = /** @type {any} */ (document);

  page.hidden = true;
  page.dispatchEvent(new Event("visibilitychange"));
  assert.equal(socket.sent.length, 1);
  page.hidden = false;
  page.dispatchEvent(new Event("visibilitychange"));

  assert.equal(socket.sent.length, 2);
});

test("a stopped link leaves no socket, timer or listener", () => {
  const socket = live();

  link.stop();
  window.dispatchEvent(new Event("online"));
  mock.timers.runAll();

  assert.equal(socket.readyState, 3);
  assert.equal(FakeSocket.made.length, 1);
});

test("a socket on which hello was answered is adopted without another hello", async () => {
  const socket = new FakeSocket("ws://e.test/ws/widget", "parley.v1.json");
  socket.readyState = 1;
  const welcome = { heartbeat: { intervalMs: 1000, timeoutMs: 500 }, sessionToken: "st_1" };

  link.start({ socket: /** @type {any} */ (socket), welcome });
  const answer = link.ask("opened");
  socket.hears("ack", {}, { id: "2" });

  assert.deepEqual(socket.sent, [{ type: "opened", id: "2", data: {} }]);
  assert.equal(link.connection.hello.sessionToken, "st_1");
  assert.equal(link.connection.state, "LIVE");
  assert.equal(FakeSocket.made.length, 1);
  await answer;
});

test("an adopted socket that has ended meanwhile is replaced", () => {
  const socket = new FakeSocket("ws://e.test/ws/widget", "parley.v1.json");
  socket.close();
  const welcome = { heartbeat: { intervalMs: 1000, timeoutMs: 500 } };

  link.start({ socket: /** @type {any} */ (socket), welcome });
  mock.timers.runAll();

  assert.equal(FakeSocket.made.length, 2);
  assert.equal(link.connection.state, "CONNECTING");
});
