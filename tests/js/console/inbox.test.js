import assert from "node:assert/strict";
import { test } from "node:test";

import { NO_INBOX, inbox, neighbour } from "../../../static/console/model/inbox.js";
import { COUNTS, at, summary } from "./scenes.js";

/** @param {import("../../../static/console/model/inbox.js").Inbox} state */
const ids = (state) => state.items.map(({ summary: { id } }) => id);

const answer = (/** @type {any[]} */ items, more = {}) => ({
  viewId: "in_1",
  rev: 0,
  items,
  nextCursor: null,
  counts: COUNTS,
  ...more,
});

/** @param {any[]} items */
const shown = (items, more = {}) => inbox(NO_INBOX, { type: "shown", answer: answer(items, more) });

const change = (/** @type {number} */ rev, more = {}) => ({
  type: /** @type {const} */ ("changed"),
  change: { viewId: "in_1", rev, upsert: [], remove: [], ...more },
});

test("a snapshot is shown in the order in which the server gave it", () => {
  const state = shown([summary("b", 1), summary("a", 9)]);

  assert.deepEqual(ids(state), ["b", "a"]);
  assert.equal(state.status, "ready");
});

test("a change with the next revision applies", () => {
  const state = inbox(
    shown([summary("a", 5), summary("b", 3)]),
    change(1, {
      upsert: [summary("b", 7, { lastSeq: 2, updatedAt: at(7) })],
      counts: { ...COUNTS, all: 2 },
    }),
  );

  assert.deepEqual(ids(state), ["b", "a"]);
  assert.equal(state.rev, 1);
  assert.equal(state.counts?.all, 2);
});

test("a change whose revision leaves one out makes the list stale and changes nothing", () => {
  const before = shown([summary("a", 5)]);

  const state = inbox(before, change(2, { remove: ["a"] }));

  assert.equal(state.status, "stale");
  assert.deepEqual(ids(state), ["a"]);
});

test("a change of the list that was left does not show in the one that is asked for", () => {
  const asked = inbox(shown([summary("a", 5)]), { type: "asked", view: "all", query: "" });

  assert.equal(inbox(asked, change(1, { upsert: [summary("b", 6)] })), asked);
});

test("a change that comes twice, or late, is ignored", () => {
  const once = inbox(shown([summary("a", 5)]), change(1, { upsert: [summary("b", 6)] }));

  assert.equal(inbox(once, change(1, { remove: ["a"] })), once);
  assert.equal(inbox(once, change(0, { remove: ["a"] })), once);
});

test("a change of another view is ignored", () => {
  const before = shown([summary("a", 5)]);

  assert.equal(inbox(before, change(1, { viewId: "in_0", remove: ["a"] })), before);
});

test("a ping with another revision makes the list stale, one with the same does not", () => {
  const before = shown([summary("a", 5)]);

  assert.equal(inbox(before, { type: "pinged", views: { in_1: 0 } }), before);
  assert.equal(inbox(before, { type: "pinged", views: { in_1: 1 } }).status, "stale");
  assert.equal(inbox(before, { type: "pinged", views: {} }).status, "stale");
});

test("what only staff did leaves a conversation in its place", () => {
  const state = inbox(
    shown([summary("a", 5), summary("b", 3)]),
    change(1, {
      upsert: [summary("b", 3, { labels: ["new"], updatedAt: at(9) })],
    }),
  );

  assert.deepEqual(ids(state), ["a", "b"]);
  assert.deepEqual(state.items[1]?.summary.labels, ["new"]);
  assert.equal(state.status, "ready");
});

test("a conversation that comes in with its message takes its place by time, then by id", () => {
  const state = inbox(
    shown([summary("c", 5), summary("a", 5), summary("x", 1)]),
    change(1, {
      upsert: [summary("b", 5, { updatedAt: at(5) })],
    }),
  );

  assert.deepEqual(ids(state), ["c", "b", "a", "x"]);
});

test("a conversation whose place cannot be known makes the list ask again", () => {
  const woken = summary("b", 2, { updatedAt: at(9) });

  const state = inbox(shown([summary("a", 5), summary("c", 1)]), change(1, { upsert: [woken] }));

  assert.deepEqual(ids(state), ["a", "b", "c"]);
  assert.equal(state.status, "stale");
});

test("a page goes on where the list ends, and what is there already is not there twice", () => {
  const before = inbox(shown([summary("a", 5), summary("b", 4)], { nextCursor: "more" }), {
    type: "paging",
  });

  const state = inbox(before, {
    type: "paged",
    answer: answer([summary("b", 4), summary("c", 3)]),
  });

  assert.deepEqual(ids(state), ["a", "b", "c"]);
  assert.equal(state.nextCursor, null);
  assert.equal(state.paging, false);
});

test("a page that proves a missed change makes the list stale", () => {
  const before = shown([summary("a", 5)], { nextCursor: "more" });

  assert.equal(inbox(before, { type: "paged", answer: answer([], { rev: 3 }) }).status, "stale");
  assert.equal(
    inbox(before, { type: "paged", answer: answer([], { viewId: "in_2" }) }).status,
    "stale",
  );
});

test("asking again keeps the rows; asking for another list does not", () => {
  const before = shown([summary("a", 5)]);

  assert.deepEqual(ids(inbox(before, { type: "asked", view: "mine", query: "" })), ["a"]);
  assert.equal(inbox(before, { type: "asked", view: "mine", query: "" }).status, "refreshing");
  assert.deepEqual(ids(inbox(before, { type: "asked", view: "all", query: "" })), []);
  assert.deepEqual(ids(inbox(before, { type: "asked", view: "mine", query: "desk" })), []);
});

test("after a lost connection no change of the old view applies", () => {
  const lost = inbox(shown([summary("a", 5)]), { type: "lost" });

  assert.equal(lost.status, "stale");
  assert.deepEqual(ids(inbox(lost, change(1, { remove: ["a"] }))), ["a"]);
});

test("any stream of dropped, doubled and late changes ends right or stale", () => {
  const steps = Array.from({ length: 40 }, (_, n) =>
    change(n + 1, {
      upsert: [
        summary(`c${n % 7}`, n + 10, { lastSeq: n + 2, version: n + 2, updatedAt: at(n + 10) }),
      ],
      remove: n % 5 === 4 ? [`c${(n + 3) % 7}`] : [],
    }),
  );
  const whole = steps.reduce(inbox, shown([]));
  let seed = 7;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;

  for (let round = 0; round < 200; round++) {
    /** @type {import("../../../static/console/model/inbox.js").Inbox} */
    let state = shown([]);
    for (const step of steps) {
      const chance = random();
      if (chance < 0.03) continue;
      state = inbox(state, step);
      if (chance > 0.9) state = inbox(state, step);
      if (chance > 0.95 && steps[0]) state = inbox(state, steps[0]);
    }
    state = inbox(state, { type: "pinged", views: { in_1: 40 } });
    if (state.status !== "stale") assert.deepEqual(ids(state), ids(whole));
  }
});

test("the neighbour of a conversation is the next one, and the ends stay where they are", () => {
  const state = shown([summary("a", 5), summary("b", 4)]);

  assert.equal(neighbour(state, "a", 1), "b");
  assert.equal(neighbour(state, "b", 1), "b");
  assert.equal(neighbour(state, "a", -1), "a");
  assert.equal(neighbour(state, null, 1), "a");
  assert.equal(neighbour(state, "gone", -1), "b");
  assert.equal(neighbour(NO_INBOX, null, 1), null);
});

test("what is learned about a contact is shown in every row of theirs", () => {
  const contact = /** @type {any} */ ({ id: "ct_1", name: null });
  const state = inbox(shown([summary("a", 5, { contact }), summary("b", 4)]), {
    type: "contact",
    contact: { ...contact, name: "Jane" },
  });

  assert.equal(state.items[0]?.summary.contact?.name, "Jane");
  assert.equal(state.items[1]?.summary.contact, null);
});
