/**
 * What a conversation looks like, made from its events: pure functions, one per way in which events
 * come (the next one, a page that replaces everything, an older page).
 *
 * What is shown of an event is the event itself. Those that say nothing to a visitor, or that this
 * version does not know, only count. An edit or a deletion changes the message that it is about;
 * history serves that message changed already, which is what `editedAt` is looked at for.
 */

/** @import { Data } from "../protocol/connection.js" */

/**
 * An event that is shown, with the contract's members.
 * @typedef {Data & {seq: number, kind: string, at: string, author: Data}} Item
 */

/** @typedef {{items: readonly Item[], first: number, last: number}} Thread `first`: the oldest seq held */

/** @type {Thread} */
export const EMPTY = { items: [], first: 1, last: 0 };

const SHOWN = ["message", "statusChanged", "assigneeChanged"];

/** Whether the visitor wrote it, here or on another device. @param {Data} item */
export const isMine = ({ author }) => author.kind === "visitor";

/**
 * @param {Thread} thread
 * @param {Data} event the next one
 * @returns {Thread}
 */
export function append({ items, first }, event) {
  const { seq: last, kind, at, targetSeq, body } = event;
  if (SHOWN.includes(kind)) return { first, last, items: [...items, /** @type {Item} */ (event)] };
  const deleted = kind === "messageDeleted";
  const change = deleted ? { deleted, body: "" } : { body, editedAt: at };
  /** @param {Item} item */
  const isMeant = ({ seq, editedAt }) => seq === targetSeq && !(editedAt >= at);
  const isChange = deleted || kind === "messageEdited";
  return {
    first,
    last,
    items: isChange ? items.map((item) => (isMeant(item) ? { ...item, ...change } : item)) : items,
  };
}

/**
 * @param {Data[]} events all that is held from now on
 * @returns {Thread}
 */
export function replace(events) {
  const first = events[0]?.seq ?? 1;
  return events.reduce(append, { ...EMPTY, first, last: first - 1 });
}

/**
 * @param {Thread} thread
 * @param {Data[]} events those before what is held
 * @returns {Thread}
 */
export function prepend(thread, events) {
  const older = events.filter(({ seq }) => seq < thread.first);
  // What is held may have been replaced by newer ones meanwhile: then it does not fit any more.
  if (older.at(-1)?.seq !== thread.first - 1) return thread;
  const { items, first } = replace(older);
  return { ...thread, first, items: [...items, ...thread.items] };
}

/** @param {Thread} thread */
export const hasMore = ({ first }) => first > 1;
