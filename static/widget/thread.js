/**
 * What a conversation looks like, made from its events: pure functions, one per way in which events
 * come (the next one, a page that replaces everything, an older page).
 *
 * Every event keeps its number; those that say nothing to a visitor, or that this version does not
 * know, are simply not shown. An edit or a deletion changes the message that it is about; history
 * serves that message changed already, which is what `editedAt` is looked at for.
 */

/** @import { Data } from "../protocol/connection.js" */

/**
 * One thing to be seen in a thread.
 * @typedef {object} Item
 * @property {number} seq
 * @property {string} kind
 * @property {string} at
 * @property {Data} author
 * @property {boolean} isMine written by the visitor, here or on another device
 * @property {boolean} isOwn written on this device
 * @property {string} body a message's words, or the word that a system line is made of
 * @property {string} [clientMessageId]
 * @property {string} [editedAt]
 * @property {boolean} [isDeleted]
 */

/** @typedef {{items: readonly Item[], first: number, last: number}} Thread `first`: the oldest seq held */

/** @type {Thread} */
export const EMPTY = { items: [], first: 1, last: 0 };

/** What each kind that is shown says, beside its author. @type {Record<string, (event: Data) => string>} */
const SHOWN = {
  message: ({ body }) => body,
  statusChanged: ({ status }) => status,
  assigneeChanged: ({ assignee }) => assignee.name ?? "",
  rated: ({ score }) => `${score}`,
  handoff: () => "",
};

/**
 * @param {Thread} thread
 * @param {Data} event the next one
 * @returns {Thread}
 */
export function append(thread, event) {
  return fold({ ...thread, last: event.seq }, event);
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
  if (!older[0]) return thread;
  const { items, first } = replace(older);
  return { ...thread, first, items: [...items, ...thread.items] };
}

/** @param {Thread} thread */
export const hasMore = ({ first }) => first > 1;

/**
 * @param {Thread} thread
 * @param {Data} event
 * @returns {Thread}
 */
function fold(thread, event) {
  const { seq, kind, at, author, targetSeq, clientMessageId, editedAt } = event;
  if (kind === "messageEdited") {
    return change(thread, targetSeq, at, { body: event.body, editedAt: at });
  }
  if (kind === "messageDeleted") {
    return change(thread, targetSeq, at, { body: "", isDeleted: true, clientMessageId: undefined });
  }
  const say = Object.hasOwn(SHOWN, kind) && SHOWN[kind];
  if (!say) return thread;
  const isMine = author.kind === "visitor";
  /** @type {Item} */
  const item = { seq, kind, at, author, isMine, isOwn: isMine && !!author.own, body: say(event) };
  if (clientMessageId) item.clientMessageId = clientMessageId;
  if (editedAt) item.editedAt = editedAt;
  if (event.deleted) item.isDeleted = true;
  return { ...thread, items: [...thread.items, item] };
}

/**
 * @param {Thread} thread
 * @param {number} seq
 * @param {string} at
 * @param {Partial<Item>} changes
 * @returns {Thread}
 */
function change(thread, seq, at, changes) {
  const index = thread.items.findIndex((item) => item.seq === seq);
  const item = thread.items[index];
  if (!item || item.isDeleted || (item.editedAt && item.editedAt >= at)) return thread;
  return { ...thread, items: thread.items.with(index, { ...item, ...changes }) };
}
