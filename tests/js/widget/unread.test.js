import assert from "node:assert/strict";
import { test } from "node:test";

import { count, total } from "../../../static/widget/unread.js";
import { ME, event, summary, welcome } from "./events.js";

/** @param {import("../../../static/protocol/connection.js").Data[]} frames */
function counted(...frames) {
  const counts = new Map();
  const news = frames.map((data) => count(counts, data));
  return { counts, news, unread: total(counts) };
}

const unread = (/** @type {number} */ number, more = {}) =>
  welcome({ conversations: [summary({ unread: number, lastSeq: 1, ...more })] });

test("welcome says how much is unread", () => {
  assert.equal(counted(unread(3)).unread, 3);
});

test("a new message of the other side is one more, and news", () => {
  const { unread: sum, news } = counted(unread(3), event(2));

  assert.equal(sum, 4);
  assert.deepEqual(news, [false, true]);
});

test("one's own message and what is no message are not unread", () => {
  const { unread: sum } = counted(unread(0), event(2, { author: ME }), event(3, { kind: "statusChanged" }));

  assert.equal(sum, 0);
});

test("a message that the summary before it has counted is not counted again", () => {
  assert.equal(counted(summary({ unread: 1, lastSeq: 1 }), event(1)).unread, 1);
});

test("the same event twice is one message", () => {
  assert.equal(counted(unread(0), event(2), event(2)).unread, 1);
});

test("what was read in another tab is read here", () => {
  assert.equal(counted(unread(3), { id: "cv_1", unread: 0 }).unread, 0);
});

test("after that the next message is one", () => {
  assert.equal(counted(unread(3), event(2), { id: "cv_1", unread: 0 }, event(3)).unread, 1);
});

test("the conversation on screen has nothing unread", () => {
  const { counts } = counted(unread(3));

  assert.equal(total(counts, "cv_1"), 0);
});

test("a list replaces what was counted", () => {
  assert.equal(counted(unread(3), { items: [summary({ id: "cv_2", unread: 1 })], nextCursor: null }).unread, 1);
});

test("frames that count nothing change nothing", () => {
  const frames = [{ agentsOnline: 2 }, { conversationId: "cv_1", isTyping: true, author: ME }, {}];

  assert.equal(counted(unread(3), ...frames).unread, 3);
});
