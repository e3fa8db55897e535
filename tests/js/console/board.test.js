import assert from "node:assert/strict";
import { test } from "node:test";

import { NO_BOARD, board } from "../../../static/console/model/board.js";
import { at } from "./scenes.js";

/** @param {string} visitorId @param {number} second @returns {any} */
const visitor = (visitorId, second) => ({
  visitorId,
  sessionId: "se_1",
  state: "anonymous",
  page: null,
  referrer: null,
  since: at(second),
  online: true,
});
/** @param {any[]} items */
const shown = (items) =>
  board(NO_BOARD, {
    type: "shown",
    answer: { viewId: "vi_1", rev: 0, items, total: items.length, nextCursor: null },
  });
/** @param {number} rev */
const change = (rev, more = {}) => ({
  type: /** @type {const} */ ("changed"),
  change: { viewId: "vi_1", rev, upsert: [], remove: [], total: 1, ...more },
});
/** @param {import("../../../static/console/model/board.js").Board} state */
const ids = (state) => state.visitors.map(({ visitorId }) => visitorId);

test("the newest visitor stands first, whatever order they came in", () => {
  const state = board(
    shown([visitor("a", 1)]),
    change(1, { upsert: [visitor("b", 3), visitor("c", 2)] }),
  );

  assert.deepEqual(ids(state), ["b", "c", "a"]);
});

test("a visitor who left goes, and one who moved is there once", () => {
  const state = board(
    shown([visitor("a", 1), visitor("b", 2)]),
    change(1, {
      upsert: [visitor("a", 1)],
      remove: ["b"],
    }),
  );

  assert.deepEqual(ids(state), ["a"]);
});

test("a missed change makes the board stale, a repeated one is ignored", () => {
  const before = shown([visitor("a", 1)]);

  assert.equal(board(before, change(2)).status, "stale");
  assert.equal(board(before, change(0)), before);
  assert.equal(board(before, { type: "pinged", views: { vi_1: 4 } }).status, "stale");
  assert.equal(board(before, { type: "pinged", views: { vi_1: 0 } }), before);
});

test("a board that is not followed is not stale", () => {
  assert.equal(board(NO_BOARD, { type: "lost" }).status, "off");
  assert.equal(board(NO_BOARD, { type: "pinged", views: {} }).status, "off");
});
