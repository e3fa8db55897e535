/**
 * A thread as rows, top to bottom: what the view draws, decided without a DOM.
 *
 * Each row has a key by which it is known again, and says all that its picture depends on; so a view
 * that keeps the node of a row that is equal to its predecessor touches only what changed.
 */

import { pendingOf, threadOf } from "./model.js";
import { dayKey, dayOf, lineOf } from "./words.js";

/** @import { Data } from "../protocol/connection.js" */
/** @import { Pending, State } from "./model.js" */
/** @import { Item } from "./thread.js" */

/**
 * @typedef {{key: string, type: "greeting", text: string}
 *   | {key: string, type: "day" | "new" | "line", text: string}
 *   | {key: string, type: "message", item: Item, starts: boolean, ends: boolean, mark: string}
 *   | {key: string, type: "editing", item: Item, problem: string | undefined, isBusy: boolean}
 *   | {key: string, type: "pending", pending: Pending, starts: boolean, mark: string}
 *   | {key: string, type: "typing", author: Data}} Row
 */

const GROUP_MS = 300_000;

/**
 * @param {State} state
 * @param {number} now
 * @returns {Row[]}
 */
export function rowsOf(state, now) {
  const { place: { id, newAfter }, editing, link } = state;
  const { items, first } = threadOf(state, id);
  const waiting = pendingOf(state, id);
  const summary = id ? state.conversations[id] : undefined;
  const lastMine = items.findLast(({ kind, isMine }) => kind === "message" && isMine);
  const isConnected = link === "LIVE" || link === "CATCHING_UP";
  let isDivided = newAfter === undefined;
  /** @type {Row[]} */
  const rows = [];
  /** @param {"greeting" | "day" | "new" | "line"} type @param {string} key @param {string} text */
  const say = (type, key, text) => text && rows.push({ key: `${type} ${key}`, type, text });

  const greeting = summary ? summary.greeting : state.greeting;
  if (first === 1) greeting?.forEach((/** @type {string} */ body) => say("greeting", body, body));
  items.forEach((item, index) => {
    const { kind, seq, at, isMine, clientMessageId = `event ${seq}` } = item;
    const before = items[index - 1];
    const day = dayKey(at);
    if (!before || dayKey(before.at) !== day) say("day", day, dayOf(at, now));
    if (!isDivided && seq > (newAfter ?? 0) && !isMine) {
      isDivided = true;
      say("new", "", "New");
    }
    if (kind !== "message") say("line", `${seq}`, lineOf(item));
    else if (editing?.seq === seq) {
      const { problem, isBusy = false } = editing;
      rows.push({ key: `editing ${seq}`, type: "editing", item, problem, isBusy });
    } else {
      const isSeen = seq <= summary?.marks.agent.read;
      rows.push({
        key: clientMessageId,
        type: "message",
        item,
        starts: !joins(before, item),
        ends: !joins(item, items[index + 1]),
        mark: item !== lastMine || waiting[0] ? "" : isSeen ? "Seen" : "Sent",
      });
    }
  });
  waiting.forEach((pending, index) =>
    rows.push({
      key: pending.clientMessageId,
      type: "pending",
      pending,
      starts: !index && !items.at(-1)?.isMine,
      mark: pending.failed ? "Not sent" : isConnected ? "Sending…" : "Waits for a connection",
    }),
  );
  const author = id && state.typing[id];
  if (author) rows.push({ key: "typing", type: "typing", author });
  return rows;
}

/** Whether two rows look the same. @param {Data | undefined} a @param {Data} b */
export const isSame = (a, b) => !!a && Object.keys(b).every((name) => a[name] === b[name]);

/**
 * Whether the second continues what the first said.
 * @param {Item | undefined} a
 * @param {Item | undefined} b
 */
function joins(a, b) {
  if (a?.kind !== "message" || b?.kind !== "message") return false;
  const isSameAuthor = a.isMine ? b.isMine : !b.isMine && a.author.name === b.author.name;
  const isSoon = Date.parse(b.at) - Date.parse(a.at) < GROUP_MS;
  return isSameAuthor && isSoon && dayKey(a.at) === dayKey(b.at);
}
