import assert from "node:assert/strict";
import { test } from "node:test";

import { START, happened, listed, openOf, threadOf } from "../../../static/widget/model.js";
import { ME, SAM, event, summary, welcome } from "./events.js";

/** @import { Data, Happening } from "../../../static/protocol/connection.js" */
/** @import { Pending, State } from "../../../static/widget/model.js" */

/** @param {State} state @param {Happening[]} happenings @returns {State} */
const after = (state, ...happenings) =>
  happenings.reduce((now, happening) => ({ ...now, ...happened(now, happening, 1000) }), state);

/** @param {string} type @param {Data} data @returns {Happening} */
const pushed = (type, data) => ({ kind: "pushed", type, data });

/** @param {string} clientMessageId @param {Partial<Pending>} [more] @returns {Pending} */
const pending = (clientMessageId, more = {}) => ({
  kind: "message",
  author: { kind: "visitor", own: true },
  clientMessageId,
  body: clientMessageId,
  at: event(1).at,
  ...more,
});

const KNOWN = after(START, pushed("welcome", welcome({ conversations: [summary()] })));

test("welcome replaces the list of conversations", () => {
  const state = after(KNOWN, pushed("welcome", welcome({ conversations: [summary({ id: "cv_2" })] })));

  assert.deepEqual(Object.keys(state.conversations), ["cv_2"]);
});

test("a conversation is introduced by a whole summary and by nothing less", () => {
  const part = after(START, pushed("conversationUpdate", { id: "cv_9", unread: 3 }));
  const whole = after(START, pushed("conversationUpdate", summary({ id: "cv_9" })));

  assert.deepEqual(part.conversations, {});
  assert.equal(whole.conversations.cv_9?.id, "cv_9");
});

test("of two summaries the larger version stands", () => {
  const newer = after(KNOWN, pushed("conversationUpdate", { id: "cv_1", version: 9, status: "resolved" }));
  const older = after(newer, pushed("conversationUpdate", { id: "cv_1", version: 8, status: "open" }));

  assert.equal(older.conversations.cv_1?.status, "resolved");
});

test("an event changes its thread and its summary, as the server does not say it twice", () => {
  const state = after(
    KNOWN,
    { kind: "applied", event: event(1) },
    { kind: "applied", event: event(2, { kind: "statusChanged", status: "resolved" }) },
  );

  assert.equal(threadOf(state, "cv_1").last, 2);
  assert.equal(state.conversations.cv_1?.status, "resolved");
  assert.equal(state.conversations.cv_1?.lastMessage.preview, "number 1");
});

test("an event of an unknown conversation does not invent a summary for it", () => {
  const state = after(START, { kind: "applied", event: event(1) });

  assert.deepEqual(state.conversations, {});
  assert.equal(threadOf(state, "cv_1").items.length, 1);
});

test("a message that waits is gone once its event is there", () => {
  const state = { ...KNOWN, pending: [pending("c-1"), pending("c-2")] };

  const next = after(state, { kind: "applied", event: event(1, { author: ME, clientMessageId: "c-1" }) });

  assert.deepEqual(next.pending.map(({ clientMessageId }) => clientMessageId), ["c-2"]);
});

test("an event of somebody else leaves what waits alone", () => {
  const state = { ...KNOWN, pending: [pending("c-1")] };

  assert.deepEqual(after(state, { kind: "applied", event: event(1) }).pending, state.pending);
});

test("who began a conversation is in it as soon as it has a name, with all that was written there", () => {
  const state = { ...START, pending: [pending("c-1", { newConversation: true }), pending("c-2")] };

  const next = after(state, { kind: "settled", clientMessageId: "c-1", conversationId: "cv_7", seq: 1 });

  assert.equal(next.place.id, "cv_7");
  assert.equal(next.place.visit, state.place.visit);
  assert.deepEqual(next.pending.map(({ conversationId }) => conversationId), ["cv_7", "cv_7"]);
});

test("a message that settles elsewhere moves nobody", () => {
  const state = { ...START, place: { id: "cv_1", visit: 3 }, pending: [pending("c-1")] };

  const next = after(state, { kind: "settled", clientMessageId: "c-1", conversationId: "cv_7", seq: 1 });

  assert.deepEqual(next.place, state.place);
});

test("a message that turns out to be shown already waits no longer", () => {
  const state = after({ ...KNOWN, pending: [pending("c-1", { conversationId: "cv_1" })] }, { kind: "applied", event: event(1) });

  const next = after(state, { kind: "settled", clientMessageId: "c-1", conversationId: "cv_1", seq: 1 });

  assert.deepEqual(next.pending, []);
});

test("a refused message stays, and says why", () => {
  const state = { ...START, pending: [pending("c-1")] };

  const next = after(state, { kind: "failed", clientMessageId: "c-1", code: "invalid_input" });

  assert.equal(next.pending[0]?.failed, "invalid_input");
});

test("what was written under another identity is dropped", () => {
  const state = { ...START, pending: [pending("c-1")] };

  assert.deepEqual(after(state, { kind: "failed", clientMessageId: "c-1", code: null }).pending, []);
});

test("when somebody else is here, nothing of the one before is left", () => {
  const state = { ...after(KNOWN, { kind: "applied", event: event(1) }), pending: [pending("c-1", { failed: "conflict" })] };

  for (const frame of [
    pushed("sessionReset", { reason: "identityChanged" }),
    pushed("welcome", welcome({ visitorReplaced: true })),
  ]) {
    const next = after(state, frame);

    assert.deepEqual([next.conversations, next.threads, next.pending], [{}, {}, []]);
  }
});

test("a rotated session is the same person's", () => {
  const next = after(KNOWN, pushed("sessionReset", { reason: "rotated" }));

  assert.deepEqual(next.conversations, KNOWN.conversations);
});

test("an agent types until the message comes", () => {
  const types = after(KNOWN, pushed("typing", { conversationId: "cv_1", isTyping: true, author: SAM }));
  const wrote = after(types, { kind: "applied", event: event(1) });

  assert.equal(types.typing.cv_1?.name, "Sam");
  assert.equal(wrote.typing.cv_1, undefined);
});

test("the visitor's own typing in another tab is not shown", () => {
  const state = after(KNOWN, pushed("typing", { conversationId: "cv_1", isTyping: true, author: ME }));

  assert.equal(state.typing.cv_1, undefined);
});

test("a read mark moves only forward", () => {
  const read = (/** @type {number} */ seq) => pushed("read", { conversationId: "cv_1", author: SAM, seq });

  const state = after(KNOWN, read(5), read(3));

  assert.equal(state.conversations.cv_1?.marks.agent.read, 5);
});

test("who writes has read what stands before it", () => {
  const state = after(KNOWN, { kind: "applied", event: event(1, { author: ME }) }, { kind: "applied", event: event(2) });

  assert.deepEqual(state.conversations.cv_1?.marks, {
    visitor: { read: 1, delivered: 0 },
    agent: { read: 2 },
  });
});

test("a page that resets a log replaces its thread, an empty one removes it", () => {
  const full = after(KNOWN, { kind: "reset", conversationId: "cv_1", log: "public", events: [event(7)] });
  const gone = after(full, { kind: "reset", conversationId: "cv_1", log: "public", events: [] });

  assert.equal(threadOf(full, "cv_1").first, 7);
  assert.deepEqual(gone.threads, {});
});

test("when the connection is lost it was last heard of now, and nobody types", () => {
  const live = after(
    KNOWN,
    { kind: "stateChanged", state: "LIVE" },
    pushed("typing", { conversationId: "cv_1", isTyping: true, author: SAM }),
  );

  const lost = after(live, { kind: "stateChanged", state: "OFFLINE" });
  const again = after({ ...lost, lastHeard: 7 }, { kind: "stateChanged", state: "CONNECTING" }, { kind: "stateChanged", state: "OFFLINE" });

  assert.deepEqual([lost.lastHeard, lost.typing], [1000, {}]);
  assert.equal(again.lastHeard, 7);
});

test("why the server does not want this client is known from the refused hello", () => {
  const greeting = after(START, { kind: "stateChanged", state: "GREETING" });

  const state = after(greeting, { kind: "refused", frameId: "1", code: "forbidden", error: {} });

  assert.equal(state.trouble, "forbidden");
});

test("frames that this version does not know change nothing", () => {
  assert.deepEqual(after(KNOWN, pushed("confetti", { amount: 9 })), KNOWN);
});

test("the open conversation is the one in which something happened last", () => {
  const items = [
    summary({ id: "old" }),
    summary({ id: "new", updatedAt: event(9).at }),
    summary({ id: "over", status: "resolved", updatedAt: event(20).at }),
  ];

  const state = { ...START, ...listed(START, { items, nextCursor: null }, true) };

  assert.equal(openOf(state)?.id, "new");
});
