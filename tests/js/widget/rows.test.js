import assert from "node:assert/strict";
import { test } from "node:test";

import { START } from "../../../static/widget/model.js";
import { isSame, rowsOf } from "../../../static/widget/rows.js";
import { replace } from "../../../static/widget/thread.js";
import { ME, event, summary } from "./events.js";

/** @import { Data } from "../../../static/protocol/connection.js" */
/** @import { State } from "../../../static/widget/model.js" */

const NOW = Date.parse(event(1).at) + 60_000;

/** @param {Data[]} events @param {Partial<State>} [more] @returns {State} */
const showing = (events, more = {}) => ({
  ...START,
  link: "LIVE",
  place: { id: "cv_1", visit: 1 },
  conversations: { cv_1: summary() },
  threads: { cv_1: replace(events) },
  ...more,
});

/** @param {State} state */
const kinds = (state) => rowsOf(state, NOW).map(({ type }) => type);

/** @param {State} state @returns {Data[]} */
const messages = (state) => rowsOf(state, NOW).filter(({ type }) => type === "message");

/** @param {number} hour @param {Data} [more] */
const at = (hour, more = {}) => ({ at: new Date(2026, 10, 20, hour).toISOString(), ...more });

test("the greeting stands before the first message, as it was shown then", () => {
  const state = showing([event(1)], { conversations: { cv_1: summary({ greeting: ["Then"] }) }, greeting: ["Now"] });

  const [first] = rowsOf(state, NOW);

  assert.deepEqual(first, { key: "greeting0", type: "greeting", text: "Then" });
});

test("a greeting that says the same twice says it twice", () => {
  const rows = rowsOf({ ...START, greeting: ["Hi", "Hi"] }, NOW);

  assert.equal(new Set(rows.map(({ key }) => key)).size, 2);
});

test("the greeting is not shown above messages that have others before them", () => {
  const state = showing([event(5)], { conversations: { cv_1: summary({ greeting: ["Then"] }) } });

  assert.deepEqual(kinds(state), ["day", "message"]);
});

test("a new day is said once", () => {
  const state = showing([event(1), event(2), event(3, { at: "2026-11-25T10:00:00.000Z" })]);

  assert.deepEqual(kinds(state), ["day", "message", "message", "day", "message"]);
});

test("what the same person says within five minutes is one group", () => {
  const [first, second, third] = messages(
    showing([event(1, at(10)), event(2, at(10)), event(3, at(11))]),
  );

  assert.deepEqual([first?.starts, first?.ends], [true, false]);
  assert.deepEqual([second?.starts, second?.ends], [false, true]);
  assert.deepEqual([third?.starts, third?.ends], [true, true]);
});

test("two people are two groups", () => {
  const [first, second] = messages(showing([event(1), event(2, { author: ME })]));

  assert.deepEqual([first?.ends, second?.starts], [true, true]);
});

test("only the last of one's own messages says how far it got", () => {
  const mine = { author: ME };
  const read = summary({ marks: { visitor: { read: 0 }, agent: { read: 2 } } });

  const seen = messages(showing([event(1, mine), event(2, mine)], { conversations: { cv_1: read } }));
  const sent = messages(showing([event(1, mine), event(3, mine)], { conversations: { cv_1: read } }));

  assert.deepEqual(seen.map(({ mark }) => mark), ["", "Seen"]);
  assert.deepEqual(sent.map(({ mark }) => mark), ["", "Sent"]);
});

test("a message that waits stands last and says what it waits for", () => {
  const waiting = /** @type {any} */ ({ ...event(0, { author: ME }), seq: undefined, clientMessageId: "c-1" });

  const sending = messages(showing([event(1)], { pending: [waiting] })).at(-1);
  const kept = messages(showing([event(1)], { pending: [waiting], link: "OFFLINE" })).at(-1);
  const failed = messages(showing([event(1)], { pending: [{ ...waiting, failed: "conflict" }] })).at(-1);

  assert.deepEqual([sending?.mark, kept?.mark, failed?.mark], ["Sending…", "Waiting", "Not sent"]);
});

test("a message that waits elsewhere is not shown here", () => {
  const waiting = /** @type {any} */ ({ ...event(0), conversationId: "cv_2", clientMessageId: "c-1" });

  assert.equal(messages(showing([event(1)], { pending: [waiting] })).length, 1);
});

test("what is new is divided from what was read, and not one's own", () => {
  const place = { id: "cv_1", visit: 1, newAfter: 1 };
  const state = showing([event(1), event(2, { author: ME }), event(3), event(4)], { place });

  assert.deepEqual(kinds(state), ["day", "message", "message", "new", "message", "message"]);
});

test("kinds that say nothing make no row", () => {
  const nobody = { kind: "none", name: null, avatarUrl: null };
  const state = showing([event(1), event(2, { kind: "assigneeChanged", assignee: nobody })]);

  assert.deepEqual(kinds(state), ["day", "message"]);
});

test("a row is the same as long as everything it shows is", () => {
  const events = [event(1), event(2)];
  const state = showing(events);
  const before = rowsOf(state, NOW);

  const unchanged = rowsOf({ ...state, agentsOnline: 3 }, NOW);
  const [, first, second] = rowsOf({ ...state, editing: { seq: 2 } }, NOW);

  assert.ok(before.every((row, index) => isSame(row, /** @type {Data} */ (unchanged[index]))));
  assert.ok(isSame(before[1], /** @type {Data} */ (first)));
  assert.ok(!isSame(before[2], /** @type {Data} */ (second)));
});
