/** A listener says hello, stays, comes back, and gives its socket away (PROTOCOL §4, §8, §10). */

import assert from "node:assert/strict";
import test, { afterEach, beforeEach, mock } from "node:test";

import { Listener } from "../../../static/protocol/listener.js";
import { FakeSocket, freshPage, latest } from "./sockets.js";

/** @type {any[]} */
let heard = [];
/** @type {Listener} */
let listener;
let token = "st_1";

beforeEach(() => {
  freshPage();
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  heard = [];
  token = "st_1";
  listener = new Listener("ws://e.test", () => ({ key: "wk_1", sessionToken: token }), (type) => {
    heard.push(type);
  });
});

afterEach(() => {
  listener.stop();
  mock.timers.reset();
});

function welcomed() {
  listener.start();
  latest().opens();
  latest().welcomes();
  return latest();
}

test("it greets with the newest token, and passes on what it hears", () => {
  const socket = welcomed();
  socket.hears("conversationUpdate", { id: "cv_1", unread: 2 });
  token = "st_2";
  socket.ends(1006);
  mock.timers.runAll();
  latest().opens();

  assert.equal(socket.sent[0].data.sessionToken, "st_1");
  assert.equal(latest().sent[0].data.sessionToken, "st_2");
  assert.deepEqual(heard, ["welcome", "conversationUpdate"]);
});

test("a ping is answered", () => {
  const socket = welcomed();

  socket.hears("ping", { heads: {} });

  assert.deepEqual(socket.sent.at(-1), { type: "pong" });
});

test("silence beyond the heartbeat is a dead connection", () => {
  welcomed();

  mock.timers.tick(39_999);
  assert.equal(FakeSocket.made.length, 1);
  mock.timers.tick(1);
  mock.timers.tick(500);

  assert.equal(FakeSocket.made.length, 2);
  assert.equal(FakeSocket.made[0]?.readyState, 3);
});

for (const code of [1000, 4500, 4501, 4503]) {
  test(`it does not come back after ${code}`, () => {
    welcomed().ends(code);
    mock.timers.runAll();

    assert.equal(FakeSocket.made.length, 1);
  });
}

test("it comes back no sooner than it was told, by goodbye or by a refusal", () => {
  const socket = welcomed();
  socket.hears("bye", { reason: "restart", retryAfterMs: 9_000 });
  socket.hears("typing", {});
  socket.ends(1012);
  mock.timers.tick(8_999);
  assert.equal(FakeSocket.made.length, 1);
  mock.timers.tick(1);
  assert.equal(FakeSocket.made.length, 2);

  latest().opens();
  latest().hears("error", undefined, { error: { code: "too_many_requests", retryAfterMs: 30_000 } });
  latest().ends(4004);
  mock.timers.tick(29_999);

  assert.equal(FakeSocket.made.length, 2);
});

test("frames that need no answer are sent while somebody hears them, and dropped otherwise", () => {
  listener.send("page", { url: "https://e.test" });
  const socket = welcomed();

  listener.send("page", { url: "https://e.test/2" });
  socket.ends(1006);
  listener.send("page", { url: "https://e.test/3" });

  assert.deepEqual(socket.sent.slice(1), [{ type: "page", data: { url: "https://e.test/2" } }]);
});

test("a second start does not make a second socket", () => {
  welcomed();
  listener.start();

  assert.equal(FakeSocket.made.length, 1);
});

test("its socket can be taken over alive, after which it never acts again", () => {
  const socket = welcomed();

  const taken = listener.release();
  listener.start();
  mock.timers.runAll();

  assert.equal(taken, socket);
  assert.equal(socket.readyState, 1);
  assert.equal(socket.onmessage, null);
  assert.equal(FakeSocket.made.length, 1);
});
