/**
 * A thread as the rows that are shown: both logs merged by time, each in its own order, with days,
 * the mark of what is new, and quiet lines for what was done. Pure; `views/thread.js` draws them.
 */

import { dayOf } from "./time.js";

/**
 * @typedef {import("./shapes.js").Event} Event
 * @typedef {import("./shapes.js").LogName} LogName
 * @typedef {import("./thread.js").Thread} Thread
 * @typedef {{kind: "day", key: string, at: string}
 *   | {kind: "new", key: string}
 *   | {kind: "message" | "note", key: string, event: Event, starts: boolean, ends: boolean}
 *   | {kind: "line", key: string, event: Event}} Row
 */

/** Messages of one author this close together are one group. */
const GROUP_MS = 5 * 60_000;

/** What another row shows already: an edit on its message, an assignment by its staff twin. */
const SILENT = new Set(["messageEdited", "messageDeleted", "assigneeChanged"]);

/**
 * Logs of which older events must be loaded before anything older may be shown.
 * @param {Thread} thread
 * @returns {LogName[]}
 */
export function olderLogs(thread) {
  const edge = horizon(thread);
  if (edge === null) return [];
  return /** @type {LogName[]} */ (["public", "staff"]).filter((log) => {
    const first = thread.logs[log].events[0];
    return first !== undefined && first.seq > 1 && first.at === edge;
  });
}

/**
 * The time before which one of the logs has not been loaded; null: everything is here.
 * @param {Thread} thread
 */
function horizon(thread) {
  let edge = null;
  for (const { events } of [thread.logs.public, thread.logs.staff]) {
    const first = events[0];
    if (first && first.seq > 1 && (edge === null || first.at > edge)) edge = first.at;
  }
  return edge;
}

/**
 * Two logs as one, by time; neither is ever reordered in itself.
 * @param {readonly Event[]} one
 * @param {readonly Event[]} other
 */
function merged(one, other) {
  /** @type {Event[]} */
  const all = [];
  let i = 0;
  let j = 0;
  while (i < one.length || j < other.length) {
    const a = one[i];
    const b = other[j];
    if (a && (!b || a.at <= b.at)) {
      all.push(a);
      i++;
    } else if (b) {
      all.push(b);
      j++;
    }
  }
  return all;
}

/**
 * @param {Thread} thread
 * @returns {Row[]}
 */
export function rowsOf(thread) {
  const edge = horizon(thread);
  const opened = new Set(
    thread.logs.public.events.filter(({ kind }) => kind === "statusChanged").map(({ at }) => at),
  );
  const shown = merged(thread.logs.public.events, thread.logs.staff.events).filter(
    (event) =>
      (edge === null || event.at >= edge) &&
      !SILENT.has(event.kind) &&
      !(event.kind === "snoozed" && event.until === null && opened.has(event.at)),
  );
  /** @type {Row[]} */
  const rows = [];
  /** @type {Event | null} */
  let before = null;
  for (const [index, event] of shown.entries()) {
    const isNewDay = before === null || dayOf(before.at) !== dayOf(event.at);
    if (isNewDay)
      rows.push({ kind: "day", key: `day ${dayOf(event.at)} ${event.id}`, at: event.at });
    const divides = event.log === "public" && event.seq === thread.divider;
    if (divides) rows.push({ kind: "new", key: "new" });
    const after = shown[index + 1];
    if (isSaid(event)) {
      rows.push({
        kind: event.kind === "note" ? "note" : "message",
        key: event.id,
        event,
        starts: isNewDay || divides || !before || !together(before, event),
        ends:
          !after ||
          !together(event, after) ||
          (after.log === "public" && after.seq === thread.divider),
      });
    } else rows.push({ kind: "line", key: event.id, event });
    before = event;
  }
  return rows;
}

/** @param {Event} event */
const isSaid = ({ kind }) => kind === "message" || kind === "note";

/**
 * @param {Event} one
 * @param {Event} other
 */
function together(one, other) {
  return (
    isSaid(one) &&
    one.kind === other.kind &&
    one.author.kind === other.author.kind &&
    one.author.id === other.author.id &&
    Date.parse(other.at) - Date.parse(one.at) < GROUP_MS &&
    dayOf(one.at) === dayOf(other.at)
  );
}
