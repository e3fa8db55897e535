/** The client in JavaScript does, call for call, what the client in Python did (DELIVERY K). */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { Connection } from "../../../static/protocol/connection.js";
import { Logs } from "../../../static/protocol/logs.js";

/** @import { Data } from "../../../static/protocol/connection.js" */

/** @typedef {{call: string, args: any[], raises?: true, gives: any, state: string, deadline: number | null}} Step */
/** @typedef {{role: "visitor" | "agent", hello: Data, draws: number[], steps: Step[]}} Trace */

const VECTORS = new URL("../../vectors/client.jsonl", import.meta.url);
/** @type {Trace[]} */
const traces = readFileSync(VECTORS, "utf8").trim().split("\n").map((line) => JSON.parse(line));

/** @param {unknown} value */
const plain = (value) => JSON.parse(JSON.stringify(value ?? null));

/**
 * What a happening has beside what Python's has is dropped: an error's words.
 * @param {any} told
 */
function likePython(told) {
  const { error: _, ...rest } = told;
  return told.kind === "refused" ? { ...rest, frameId: rest.frameId ?? null } : rest;
}

/** @param {Trace} trace */
function clientOf({ role, hello, draws }) {
  const left = [...draws];
  const connection = new Connection(role, hello, () => left.shift() ?? assert.fail("drew too often"));
  return { connection, logs: new Logs(connection), left };
}

traces.forEach((trace, index) => {
  test(`trace ${index + 1} is repeated`, () => {
    const { connection, logs, left } = clientOf(trace);
    trace.steps.forEach(({ call, args, raises, gives, state, deadline }, at) => {
      const where = `step ${at + 1}, ${call}(${JSON.stringify(args)})`;
      const owner = /** @type {any} */ (call in connection ? connection : logs);

      if (raises) return assert.throws(() => owner[call](...args), where);
      const gave = owner[call](...args);

      const got = call === "happenings" ? gave.map(likePython) : gave;
      if (gives !== null) assert.deepEqual(plain(got), gives, where);
      assert.equal(connection.state, state, where);
      assert.equal(connection.nextDeadline(), deadline ?? Infinity, where);
    });
    assert.deepEqual(left, []);
  });
});
