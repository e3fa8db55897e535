/**
 * A thread as rows, top to bottom: what the view draws, decided without a DOM.
 *
 * Each row has a key by which it is known again, and says all that its picture depends on; so a view
 * that keeps the node of a row that is equal to its predecessor touches only what changed.
 */

import { isReady } from "../protocol/states.js";
import { pendingOf, threadOf } from "./model.js";
import { isMine } from "./thread.js";
import { dayKey, dayOf, lineOf } from "./words.js";

/** @import { Data } from "../protocol/connection.js" */
/** @import { State } from "./model.js" */

/**
 * `item` is an event, or a message that waits (it has no `seq`).
 * @typedef {{key: string, type: "greeting" | "day" | "new" | "line", text: string}
 *   | {key: string, type: "message", item: Data, starts: boolean, ends: boolean, mark: string, editing: unknown}
 *   | {key: string, type: "typing", author: Data}} Row
 */

const GROUP_MS = 300_000;

/**
 * @param {State} state
 * @param {number} now
 * @returns {Row[]}
 */
export function rowsOf(state, now) {
  const { place: { id, newAfter = Infinity }, editing, link } = state;
  const { items, first } = threadOf(state, id);
  const summary = state.conversations[id ?? ""];
  /** @type {Data[]} */
  const all = [...items, ...pendingOf(state, id)];
  const lastMine = all.findLast((item) => item.kind === "message" && isMine(item));
  /** @type {Row[]} */
  const rows = [];
  let isDivided = false;
  /** @param {"greeting" | "day" | "new" | "line"} type @param {string} text @param {string | number} [key] */
  const say = (type, text, key = text) => text && rows.push({ key: type + key, type, text });
  /** @param {Data} item */
  const markOf = ({ seq, failed }) => {
    if (seq) return seq <= summary?.marks.agent.read ? "Seen" : "Sent";
    if (failed) return "Not sent";
    return isReady(link) ? "Sending…" : "Waiting";
  };

  const greeting = summary ? summary.greeting : state.greeting;
  if (first === 1) greeting?.forEach(say.bind(null, "greeting"));
  all.forEach((item, index) => {
    const { kind, seq, at, clientMessageId } = item;
    const before = all[index - 1];
    const day = dayKey(at);
    if (!before || dayKey(before.at) !== day) say("day", dayOf(at, now), day);
    if (seq > newAfter && !isDivided && !isMine(item)) {
      isDivided = true;
      say("new", "New");
    }
    if (kind !== "message") say("line", lineOf(item), seq);
    else {
      rows.push({
        key: clientMessageId ?? `event${seq}`,
        type: "message",
        item,
        starts: !joins(before, item),
        ends: !joins(item, all[index + 1]),
        mark: item === lastMine || !seq ? markOf(item) : "",
        editing: seq && editing?.seq === seq ? editing : undefined,
      });
    }
  });
  const author = state.typing[id ?? ""];
  if (author) rows.push({ key: "typing", type: "typing", author });
  return rows;
}

/** Whether two rows look the same. @param {Data | undefined} a @param {Data} b */
export const isSame = (a, b) => !!a && Object.keys(b).every((name) => a[name] === b[name]);

/**
 * Whether the second continues what the first said.
 * @param {Data | undefined} a
 * @param {Data | undefined} b
 */
function joins(a, b) {
  return (
    a?.kind === "message" &&
    b?.kind === "message" &&
    a.author.kind === b.author.kind &&
    a.author.name === b.author.name &&
    dayKey(a.at) === dayKey(b.at) &&
    Date.parse(b.at) - Date.parse(a.at) < GROUP_MS
  );
}
