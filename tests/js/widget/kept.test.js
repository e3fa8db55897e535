import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { keep, readKept } from "../../../static/widget/kept.js";
import { shelf } from "../../../static/widget/shelf.js";

/** @import { Pending } from "../../../static/widget/model.js" */

/** @type {Record<string, any>} */
let stored;
beforeEach(() => {
  stored = {};
  /** @type {any} */ (globalThis).window = { localStorage: stored };
});

/** @param {object} device */
const core = (device) =>
  /** @type {any} */ ({ local: shelf("localStorage", "parley:wk:"), device: () => device });

/** @param {string} clientMessageId @returns {Pending} */
const pending = (clientMessageId) => ({
  kind: "message",
  author: { kind: "visitor", own: true },
  clientMessageId,
  body: "Hello",
  at: "2026-11-20T10:00:00.000Z",
});

/** @param {Pending[]} kept */
const ids = (kept) => kept.map(({ clientMessageId }) => clientMessageId);

test("what was written is there after a reload, in order", () => {
  keep(core({ visitorId: "v_1" }), "c-1", pending("c-1"));
  keep(core({ visitorId: "v_1" }), "c-2", pending("c-2"));

  assert.deepEqual(ids(readKept(core({ visitorId: "v_1" }))), ["c-1", "c-2"]);
});

test("another visitor does not get it", () => {
  keep(core({ visitorId: "v_1" }), "c-1", pending("c-1"));

  assert.deepEqual(readKept(core({ visitorId: "v_2" })), []);
});

test("nor does whoever sits at the same device later", () => {
  keep(core({ visitorId: "v_1", epoch: 1 }), "c-1", pending("c-1"));

  assert.deepEqual(readKept(core({ visitorId: "v_1", epoch: 2 })), []);
});

test("what was written before the server said who this is belongs to the one it then names", () => {
  keep(core({}), "c-1", pending("c-1"));

  assert.deepEqual(ids(readKept(core({ visitorId: "v_1" }))), ["c-1"]);
});

test("what is in the log is kept no longer, and the last leaves nothing behind", () => {
  keep(core({ visitorId: "v_1" }), "c-1", pending("c-1"));

  keep(core({ visitorId: "v_1" }), "c-1");

  assert.deepEqual(stored, {});
});

test("a message is kept once, as it was kept last", () => {
  keep(core({ visitorId: "v_1" }), "c-1", pending("c-1"));

  keep(core({ visitorId: "v_1" }), "c-1", { ...pending("c-1"), failed: "conflict" });

  assert.deepEqual(readKept(core({ visitorId: "v_1" })).map(({ failed }) => failed), ["conflict"]);
});

for (const junk of ["{", "null", "7", '{"a":1}', '[null, 7, "x", {}, {"body": 3, "author": {}, "writer": "0 v_1"}]']) {
  test(`storage that holds ${junk} holds no message`, () => {
    stored["parley:wk:outbox"] = junk;

    assert.deepEqual(readKept(core({ visitorId: "v_1" })), []);
  });
}

test("storage that may not be touched is as good as none", () => {
  /** @type {any} */ (globalThis).window = {
    get localStorage() {
      throw new Error("SecurityError");
    },
  };

  keep(core({ visitorId: "v_1" }), "c-1", pending("c-1"));

  assert.deepEqual(readKept(core({ visitorId: "v_1" })), []);
});
