import assert from "node:assert/strict";
import { test } from "node:test";

import { EMPTY, append, hasMore, prepend, replace } from "../../../static/widget/thread.js";
import { event } from "./events.js";

/** @param {import("../../../static/widget/thread.js").Thread} thread */
const bodies = ({ items }) => items.map(({ body }) => body);

test("events are shown in the order in which they come", () => {
  const thread = [event(1), event(2)].reduce(append, EMPTY);

  assert.deepEqual(bodies(thread), ["number 1", "number 2"]);
  assert.equal(thread.last, 2);
});

test("a kind that this version does not know counts and shows nothing", () => {
  const thread = [event(1), event(2, { kind: "holographed" }), event(3)].reduce(append, EMPTY);

  assert.deepEqual(bodies(thread), ["number 1", "number 3"]);
  assert.equal(thread.last, 3);
});

test("an edit changes the message it is about, and is not shown itself", () => {
  const edit = event(3, { kind: "messageEdited", targetSeq: 1, body: "better" });

  const thread = [event(1), event(2), edit].reduce(append, EMPTY);

  assert.deepEqual(bodies(thread), ["better", "number 2"]);
  assert.equal(thread.items[0]?.editedAt, edit.at);
});

test("a deletion blanks the message it is about", () => {
  const deletion = event(2, { kind: "messageDeleted", targetSeq: 1 });

  const thread = [event(1), deletion].reduce(append, EMPTY);

  assert.deepEqual(bodies(thread), [""]);
  assert.equal(thread.items[0]?.deleted, true);
});

test("a message that was edited twice does not go back when the first edit is read again", () => {
  const served = event(1, { body: "second", editedAt: event(9).at });
  const first = event(2, { kind: "messageEdited", targetSeq: 1, body: "first" });

  assert.deepEqual(bodies(replace([served, first])), ["second"]);
});

test("a deleted message stays deleted when an earlier edit of it is read again", () => {
  const served = event(1, { body: "", deleted: true, editedAt: event(2).at });
  const edit = event(2, { kind: "messageEdited", targetSeq: 1, body: "first" });

  assert.deepEqual(bodies(replace([served, edit])), [""]);
});

test("an edit of a message that is not held changes nothing", () => {
  const thread = replace([event(8)]);

  const after = append(thread, event(9, { kind: "messageEdited", targetSeq: 2, body: "x" }));

  assert.deepEqual(bodies(after), ["number 8"]);
});

test("older messages come before what is held, once", () => {
  const held = replace([event(3), event(4)]);

  const thread = prepend(prepend(held, [event(2), event(3)]), [event(1), event(2)]);

  assert.deepEqual(bodies(thread), ["number 1", "number 2", "number 3", "number 4"]);
});

test("an older page that what is held has moved away from is not put before it", () => {
  const moved = replace([event(30), event(31)]);

  assert.equal(prepend(moved, [event(1), event(2)]), moved);
});

test("there is more as long as the first event is not held", () => {
  assert.equal(hasMore(replace([event(2)])), true);
  assert.equal(hasMore(prepend(replace([event(2)]), [event(1)])), false);
  assert.equal(hasMore(EMPTY), false);
});

test("an older page that brings nothing leaves everything as it was", () => {
  const thread = replace([event(2)]);

  assert.equal(prepend(thread, []), thread);
});
