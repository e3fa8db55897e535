import assert from "node:assert/strict";
import { test } from "node:test";

import { olderLogs, rowsOf } from "../../../static/console/model/rows.js";
import { newThread, thread } from "../../../static/console/model/thread.js";
import { sentence } from "../../../static/console/model/words.js";
import { agent, at, event } from "./scenes.js";

/** @param {any[]} events @param {number | null} [divider] */
function held(events, divider = null) {
  let state = newThread("cv_1", null);
  for (const log of /** @type {const} */ (["public", "staff"])) {
    state = thread(state, { type: "reset", log, events: events.filter((one) => one.log === log) });
  }
  return { ...state, divider };
}
/** @param {any[]} events @param {number | null} [divider] */
const kinds = (events, divider) =>
  rowsOf(held(events, divider)).map((row) =>
    "event" in row ? `${row.kind} ${row.event.log} ${row.event.seq}` : row.kind,
  );

test("both logs are one thread by time, and neither is reordered", () => {
  const events = [
    event(1, { at: at(1) }),
    event(2, { at: at(8) }),
    event(3, { at: at(5), author: agent("sam") }),
    event(1, { log: "staff", kind: "note", at: at(3), author: agent("sam") }),
  ];

  assert.deepEqual(kinds(events), [
    "day",
    "message public 1",
    "note staff 1",
    "message public 2",
    "message public 3",
  ]);
});

test("what is older than the oldest page of either log is not shown before that page is there", () => {
  const state = held([
    event(41, { at: at(30) }),
    event(42, { at: at(31) }),
    event(1, { log: "staff", kind: "note", at: at(2) }),
  ]);

  assert.deepEqual(rowsOf(state).filter((row) => "event" in row).length, 2);
  assert.deepEqual(olderLogs(state), ["public"]);
  assert.deepEqual(olderLogs(held([event(1)])), []);
});

test("twins and rewrites are told once", () => {
  const events = [
    event(1),
    event(2, { kind: "messageEdited", targetSeq: 1 }),
    event(3, { kind: "assigneeChanged" }),
    event(4, { kind: "statusChanged", status: "open", at: at(20), author: agent("sam") }),
    event(1, { log: "staff", kind: "assigned", agentId: "sam", at: at(3), author: agent("sam") }),
    event(2, { log: "staff", kind: "snoozed", until: null, at: at(20), author: agent("sam") }),
  ];

  assert.deepEqual(kinds(events), ["day", "message public 1", "line staff 1", "line public 4"]);
});

test("messages of one author within five minutes are a group, which a divider ends", () => {
  const events = [event(1), event(2), event(3)];
  const groups = (/** @type {number | null} */ divider) =>
    rowsOf(held(events, divider)).flatMap((row) =>
      row.kind === "message" ? [[row.starts, row.ends]] : [],
    );

  assert.deepEqual(groups(null), [
    [true, false],
    [false, false],
    [false, true],
  ]);
  assert.deepEqual(groups(3), [
    [true, false],
    [false, true],
    [true, true],
  ]);
});

test("every kind of event has its sentence, and an unknown one says that it is unknown", () => {
  const scene = {
    ownId: "sam",
    agents: new Map([["bob", { name: "Bob" }]]),
    visitor: "Jane",
    now: Date.parse(at(0)),
  };
  const said = (/** @type {any} */ changes) =>
    sentence(event(1, { author: agent("sam"), ...changes }), scene);

  assert.equal(said({ kind: "assigned", agentId: "sam" }), "You took this");
  assert.equal(said({ kind: "assigned", agentId: "bob" }), "You assigned this to Bob");
  assert.equal(said({ kind: "assigned", agentId: "bob", author: agent("bob") }), "BOB took this");
  assert.equal(said({ kind: "assigned", agentId: null }), "You unassigned this");
  assert.equal(
    said({ kind: "assigned", agentId: "gone" }),
    "You assigned this to a former colleague",
  );
  assert.equal(said({ kind: "statusChanged", status: "resolved" }), "You resolved this");
  assert.equal(
    said({ kind: "statusChanged", status: "open", author: { kind: "system" } }),
    "Reopened by a new message",
  );
  assert.equal(
    said({ kind: "statusChanged", status: "resolved", author: { kind: "visitor" } }),
    "Jane resolved this",
  );
  assert.equal(
    said({ kind: "labelsChanged", added: ["a"], removed: ["b"] }),
    "You added a and removed b",
  );
  assert.equal(
    said({ kind: "snoozed", until: null, author: { kind: "system" } }),
    "Back from snooze",
  );
  assert.equal(
    said({ kind: "rated", score: 4, comment: "ok", author: { kind: "visitor" } }),
    "Jane rated this 4 of 5: “ok”",
  );
  assert.match(said({ kind: "fromTheFuture" }), /does not know/);
});
