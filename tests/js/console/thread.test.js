import assert from "node:assert/strict";
import { test } from "node:test";

import { head, newThread, repliesAfter, thread } from "../../../static/console/model/thread.js";
import { agent, at, event, summary } from "./scenes.js";

/** @typedef {import("../../../static/console/model/thread.js").Thread} Thread */

/** @param {any[]} events @returns {Thread} */
const opened = (events, changes = {}) => {
  const filled = ["public", "staff"].reduce(
    (state, log) =>
      thread(state, {
        type: "reset",
        log: /** @type {any} */ (log),
        events: events.filter((one) => one.log === log),
      }),
    newThread("cv_1", null),
  );
  return thread(filled, {
    type: "opened",
    answer: /** @type {any} */ ({
      conversation: summary("cv_1", 1, changes),
      contact: null,
      history: {},
      viewers: [],
    }),
  });
};
/** @param {Thread} state @param {any} one */
const applied = (state, one) => thread(state, { type: "applied", event: one });

test("an event goes at the end of its own log", () => {
  const state = applied(opened([event(1)]), event(1, { log: "staff", kind: "note" }));

  assert.deepEqual(
    state.logs.public.events.map(({ seq }) => seq),
    [1],
  );
  assert.deepEqual(
    state.logs.staff.events.map(({ seq }) => seq),
    [1],
  );
});

test("an event that is not the next one changes nothing", () => {
  const before = opened([event(1)]);

  assert.equal(applied(before, event(3)), before);
  assert.equal(applied(before, event(1)), before);
});

test("an edit and a deletion rewrite the message that they are about", () => {
  const edited = applied(
    opened([event(1), event(2)]),
    event(3, { kind: "messageEdited", targetSeq: 1, body: "better" }),
  );
  const deleted = applied(edited, event(4, { kind: "messageDeleted", targetSeq: 2 }));

  assert.equal(deleted.logs.public.events[0]?.body, "better");
  assert.equal(deleted.logs.public.events[0]?.editedAt, at(3));
  assert.deepEqual(
    [deleted.logs.public.events[1]?.body, deleted.logs.public.events[1]?.deleted],
    ["", true],
  );
});

test("an older page goes before what is held, and one that does not fit is left out", () => {
  const before = opened([event(5), event(6)]);
  const page = (/** @type {any[]} */ events) => ({
    type: /** @type {const} */ ("older"),
    page: { conversationId: "cv_1", log: /** @type {const} */ ("public"), events, hasMore: false },
  });

  assert.deepEqual(
    thread(before, page([event(3), event(4), event(5)])).logs.public.events.map(({ seq }) => seq),
    [3, 4, 5, 6],
  );
  assert.deepEqual(
    thread(before, page([event(2), event(3)])).logs.public.events.map(({ seq }) => seq),
    [5, 6],
  );
});

test("live events keep the summary as a fresh one would be", () => {
  let state = opened([event(1)], { labels: ["old"], assignee: { kind: "none", name: null } });
  state = applied(state, event(2, { author: agent("sam"), body: "Hi" }));
  state = applied(
    state,
    event(3, { kind: "assigneeChanged", assignee: { kind: "human", name: "Sam" } }),
  );
  state = applied(state, event(4, { kind: "statusChanged", status: "resolved" }));
  state = applied(
    state,
    event(1, { log: "staff", kind: "labelsChanged", added: ["new"], removed: ["old"] }),
  );
  state = applied(state, event(2, { log: "staff", kind: "priorityChanged", priority: "urgent" }));

  const { lastSeq, lastMessage, assignee, status, labels, priority } =
    state.summary ?? summary("", 0);
  assert.deepEqual(
    { lastSeq, preview: lastMessage?.preview, assignee, status, labels, priority },
    {
      lastSeq: 4,
      preview: "Hi",
      assignee: { kind: "human", name: "Sam" },
      status: "resolved",
      labels: ["new"],
      priority: "urgent",
    },
  );
});

test("a snooze without an end is told from a wake by who did it and what came with it", () => {
  const asleep = opened([event(1)], { status: "snoozed", snoozedUntil: at(50) });
  const quiet = { log: /** @type {const} */ ("staff"), kind: "snoozed", until: null };

  const woken = applied(asleep, event(1, { ...quiet, author: { kind: "system" } }));
  const reopened = applied(
    applied(asleep, event(2, { kind: "statusChanged", status: "open", author: agent("sam") })),
    event(1, { ...quiet, at: at(2), author: agent("sam") }),
  );
  const endless = applied(
    opened([event(1)]),
    event(1, { ...quiet, at: at(9), author: agent("sam") }),
  );
  const timed = applied(
    opened([event(1)]),
    event(1, { ...quiet, until: at(59), author: agent("sam") }),
  );

  assert.deepEqual([woken.summary?.status, woken.summary?.snoozedUntil], ["open", null]);
  assert.deepEqual([reopened.summary?.status, reopened.summary?.snoozedUntil], ["open", null]);
  assert.deepEqual([endless.summary?.status, endless.summary?.snoozedUntil], ["snoozed", null]);
  assert.deepEqual([timed.summary?.status, timed.summary?.snoozedUntil], ["snoozed", at(59)]);
});

test("of two summaries the one with the larger version stands", () => {
  const before = opened([event(1)], { version: 5 });

  assert.equal(
    thread(before, {
      type: "summary",
      summary: summary("cv_1", 1, { version: 4, labels: ["late"] }),
    }),
    before,
  );
  assert.deepEqual(
    thread(before, {
      type: "summary",
      summary: summary("cv_1", 1, { version: 6, labels: ["new"] }),
    }).summary?.labels,
    ["new"],
  );
});

test("a list that was read before the newest event does not take it back", () => {
  const filed = event(3, { log: "staff", kind: "snoozed", until: at(59), at: at(40) });
  const seqs = [1, 2].map((seq) => event(seq, { log: "staff", kind: "note" }));
  const state = applied(opened(seqs, { version: 4 }), filed);
  const stale = summary("cv_1", 1, { version: 5, status: "open", updatedAt: at(39) });
  const fresh = summary("cv_1", 1, { version: 5, status: "resolved", updatedAt: at(40) });

  const after = (/** @type {any} */ one) =>
    thread(state, { type: "summary", summary: one }).summary?.status;
  assert.deepEqual([after(stale), after(fresh)], ["snoozed", "resolved"]);
});

test("a mark only moves forward", () => {
  const before = opened([event(1)], {
    marks: { visitor: { read: 3, delivered: 4 }, agent: { read: 0 } },
  });
  const mark = (/** @type {"read" | "delivered"} */ name, /** @type {number} */ seq) =>
    thread(before, { type: "mark", mark: name, author: { kind: "visitor" }, seq }).summary?.marks
      .visitor;

  assert.deepEqual(mark("read", 2), { read: 3, delivered: 4 });
  assert.deepEqual(mark("read", 7), { read: 7, delivered: 4 });
  assert.deepEqual(mark("delivered", 9), { read: 3, delivered: 9 });
});

test("what was new when it was opened is divided from what was not, once", () => {
  const state = opened([event(1), event(2, { author: agent("sam") }), event(3), event(4)], {
    unread: 2,
  });

  assert.equal(state.divider, 3);
  assert.equal(thread(state, { type: "undivided" }).divider, null);
  assert.equal(opened([event(1)], { unread: 0 }).divider, null);
});

test("a message is pending until its event or its refusal comes", () => {
  const pending = /** @type {any} */ ({
    clientMessageId: "c-1",
    type: "message",
    body: "Hi",
    at: at(1),
    mentions: [],
    state: "sending",
  });
  const posted = thread(opened([event(1)]), { type: "posted", pending });

  assert.equal(
    applied(posted, event(2, { author: agent("sam"), clientMessageId: "c-1" })).pending.length,
    0,
  );
  const settled = thread(posted, { type: "settled", clientMessageId: "c-1", seq: 2 });
  assert.equal(settled.pending[0]?.state, "sent");
  const own = event(2, { author: agent("sam"), clientMessageId: "c-1" });
  assert.equal(applied(settled, own).pending.length, 0);
  assert.equal(
    thread(settled, { type: "reset", log: "public", events: [event(1), own] }).pending.length,
    0,
  );
  const held = thread(opened([event(1), event(2)]), { type: "posted", pending });
  assert.equal(
    thread(held, { type: "settled", clientMessageId: "c-1", seq: 2 }).pending.length,
    0,
  );
  assert.equal(
    thread(posted, { type: "refused", clientMessageId: "c-1", code: "forbidden" }).pending[0]
      ?.state,
    "failed",
  );
  assert.equal(thread(posted, { type: "posted", pending }).pending.length, 1);
});

test("a colleague's answer after the base is a collision; one's own, a visitor's and a deleted one is not", () => {
  const state = opened([
    event(1),
    event(2, { author: agent("sam") }),
    event(3, { author: agent("bob") }),
    event(4),
    event(5, { author: agent("bob"), deleted: true }),
    event(6, { author: { kind: "assistant" } }),
  ]);

  assert.deepEqual(
    repliesAfter(state, 1, "sam").map(({ seq }) => seq),
    [3, 6],
  );
  assert.deepEqual(
    repliesAfter(state, 3, "sam").map(({ seq }) => seq),
    [6],
  );
  assert.equal(head(state), 6);
});

test("the visitor is not typing any more when the message is there, or when nothing was heard", () => {
  const typing = thread(opened([event(1)]), {
    type: "typing",
    isTyping: true,
    preview: "He",
    until: 100,
  });

  assert.equal(typing.typing?.preview, "He");
  assert.equal(applied(typing, event(2)).typing, null);
  assert.equal(thread(typing, { type: "quiet", now: 99 }), typing);
  assert.equal(thread(typing, { type: "quiet", now: 100 }).typing, null);
});
