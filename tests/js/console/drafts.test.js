import assert from "node:assert/strict";
import { test } from "node:test";

import {
  DraftStore,
  LONGEST_DRAFT,
  MOST_DRAFTS,
  draftKey,
  drafts,
} from "../../../static/console/model/drafts.js";

/** @typedef {import("../../../static/console/model/drafts.js").Drafts} Drafts */

const KEY = draftKey("cv_1", "reply");
const written = (/** @type {string} */ text, seq = 1, time = 1, key = KEY) => ({
  type: /** @type {const} */ ("written"),
  key,
  text,
  seq,
  at: time,
});

/** The part of `Storage` that is used, over a map. @returns {any} */
function storage() {
  const items = new Map();
  return {
    get length() {
      return items.size;
    },
    key: (/** @type {number} */ index) => [...items.keys()][index] ?? null,
    getItem: (/** @type {string} */ name) => items.get(name) ?? null,
    setItem: (/** @type {string} */ name, /** @type {string} */ value) => items.set(name, value),
    removeItem: (/** @type {string} */ name) => items.delete(name),
  };
}

test("a draft keeps the place in the log where it was begun", () => {
  const state = drafts(drafts(new Map(), written("H", 4)), written("Hi", 9));

  assert.deepEqual(state.get(KEY), { text: "Hi", baseSeq: 4, at: 1 });
});

test("a draft that is based anew has seen what came", () => {
  const state = drafts(drafts(new Map(), written("H", 4)), { type: "based", key: KEY, seq: 9 });

  assert.equal(state.get(KEY)?.baseSeq, 9);
});

test("an emptied draft is none, and the next one begins where the log is then", () => {
  const emptied = drafts(drafts(new Map(), written("H", 4)), written("  \n"));

  assert.equal(emptied.size, 0);
  assert.equal(drafts(emptied, written("H", 9)).get(KEY)?.baseSeq, 9);
});

test("drafts are bounded, in number and in length", () => {
  /** @type {Drafts} */
  let state = new Map();
  for (let n = 0; n <= MOST_DRAFTS; n++) state = drafts(state, written("x", 1, n, `cv_${n} reply`));
  state = drafts(state, written("y".repeat(LONGEST_DRAFT + 5), 1, 999));

  assert.equal(state.size, MOST_DRAFTS);
  assert.equal(state.has("cv_0 reply"), false);
  assert.equal(state.get(KEY)?.text.length, LONGEST_DRAFT);
});

test("what was typed before the stored drafts were read stays", () => {
  const stored = new Map([[KEY, { text: "old", baseSeq: 1, at: 1 }]]);

  assert.equal(
    drafts(drafts(new Map(), written("new")), { type: "restored", drafts: stored }).get(KEY)?.text,
    "new",
  );
});

test("drafts are kept by agent, and what cannot be read is dropped", () => {
  const place = storage();
  const store = new DraftStore(place, "ag_1");
  const after = drafts(new Map(), written("Hi", 3, 7));
  store.save(new Map(), after);
  place.setItem("parley draft ag_1 cv_2 reply", "{broken");
  place.setItem("parley draft ag_1 cv_3 reply", '{"text": 4, "baseSeq": 1, "at": 1}');
  place.setItem("somebody else's", "stays");

  assert.deepEqual([...store.load()], [[KEY, { text: "Hi", baseSeq: 3, at: 7 }]]);
  assert.equal(new DraftStore(place, "ag_2").load().size, 0);

  store.save(after, new Map());

  assert.equal(place.length, 1);
});
