/**
 * A thread as rows, top to bottom: what the view draws, decided without a DOM.
 *
 * Each row has a key by which it is known again, and says all that its picture depends on; so a view
 * that keeps the node of a row that is equal to its predecessor touches only what changed.
 */

import { threadOf } from "./model.js";
import { hasMore } from "./thread.js";
import { dayKey, dayOf, lineOf } from "./words.js";

/** @import { Data } from "../protocol/connection.js" */
/** @import { Pending, State } from "./model.js" */
/** @import { Item } from "./thread.js" */

/**
 * @typedef {{key: string, type: "greeting", body: string}
 *   | {key: string, type: "day" | "new" | "line", text: string, at?: string}
 *   | {key: string, type: "message", item: Item, starts: boolean, ends: boolean, mark: string}
 *   | {key: string, type: "editing", item: Item, problem: string | undefined, isBusy: boolean}
 *   | {key: string, type: "pending", pending: Pending, starts: boolean, mark: string}
 *   | {key: string, type: "typing", author: Data}} Row
 */

const GROUP_MS = 5 * 60_000;

/** The messages that wait in this place. @param {State} state @param {string | undefined} id */
export const pendingOf = (state, id) =>
  state.pending.filter(({ conversationId }) => conversationId === id);

/**
 * @param {State} state
 * @param {number} now
 * @returns {Row[]}
 */
export function rowsOf(state, now) {
  const { place, editing } = state;
  if (place.view === "list") return [];
  const thread = threadOf(state, place.id);
  const summary = place.id ? state.conversations[place.id] : undefined;
  const waiting = pendingOf(state, place.id);
  /** @type {Row[]} */
  const rows = [];
  const isBegun = thread.items.length + waiting.length > 0;
  if (!hasMore(thread) && !(place.id && !thread.last && !isBegun)) {
    const greeting = summary ? (summary.greeting ?? []) : state.greeting;
    greeting.forEach((/** @type {string} */ body, /** @type {number} */ index) =>
      rows.push({ key: `greeting ${index}`, type: "greeting", body }),
    );
  }
  const lastMine = thread.items.findLast(({ kind, isMine }) => kind === "message" && isMine);
  const read = summary?.marks.agent.read ?? 0;
  let divided = place.newAfter === undefined;
  thread.items.forEach((item, index) => {
    const before = thread.items[index - 1];
    const day = dayKey(item.at);
    if (!before || dayKey(before.at) !== day) {
      rows.push({ key: `day ${day}`, type: "day", text: dayOf(item.at, now) });
    }
    if (!divided && item.seq > (place.newAfter ?? 0) && !item.isMine) {
      divided = true;
      rows.push({ key: "new", type: "new", text: "New" });
    }
    const key = item.clientMessageId ?? `event ${item.seq}`;
    if (item.kind !== "message") {
      const text = lineOf(item);
      if (text) rows.push({ key, type: "line", text, at: item.at });
    } else if (editing?.seq === item.seq && editing.id === place.id) {
      const { problem, isBusy = false } = editing;
      rows.push({ key: `editing ${item.seq}`, type: "editing", item, problem, isBusy });
    } else {
      const mark = item === lastMine && !waiting.length ? (item.seq <= read ? "Seen" : "Sent") : "";
      rows.push({
        key, type: "message", item, mark,
        starts: !joins(before, item),
        ends: !joins(item, thread.items[index + 1]) && !(item.isMine && waiting.length),
      });
    }
  });
  waiting.forEach((pending, index) =>
    rows.push({
      key: pending.clientMessageId, type: "pending", pending,
      starts: !index && !thread.items.at(-1)?.isMine,
      mark: pending.failed ? "" : state.link === "LIVE" || state.link === "CATCHING_UP"
        ? "Sending…" : "Not sent yet",
    }),
  );
  const author = place.id && state.typing[place.id];
  if (author) rows.push({ key: "typing", type: "typing", author });
  return rows;
}

/**
 * Whether two rows look the same.
 * @param {Row | undefined} a
 * @param {Row} b
 */
export function isSame(a, b) {
  if (!a) return false;
  const [old, now] = [/** @type {Data} */ (a), /** @type {Data} */ (b)];
  return Object.keys(now).every((name) => old[name] === now[name]);
}

/**
 * Whether the second continues what the first said.
 * @param {Item | undefined} first
 * @param {Item | undefined} second
 */
function joins(first, second) {
  return (
    !!first && !!second &&
    first.kind === "message" && second.kind === "message" &&
    first.isMine === second.isMine &&
    first.author.kind === second.author.kind && first.author.name === second.author.name &&
    dayKey(first.at) === dayKey(second.at) &&
    Date.parse(second.at) - Date.parse(first.at) < GROUP_MS
  );
}
