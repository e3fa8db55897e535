/**
 * Summaries and events for the tests of the console's models, with only what a test says.
 */

/**
 * A moment of the day that all tests play in.
 * @param {number} second
 */
export const at = (second) => new Date(Date.UTC(2026, 2, 3, 10, 0, second)).toISOString();

/**
 * @param {string} id
 * @param {number} second when something public happened last
 * @param {Partial<import("../../../static/console/model/shapes.js").Summary>} [changes]
 * @returns {import("../../../static/console/model/shapes.js").Summary}
 */
export function summary(id, second, changes = {}) {
  return {
    id,
    status: "open",
    verified: false,
    lastSeq: 1,
    lastMessage: { preview: "Hello", author: { kind: "visitor" }, at: at(second) },
    unread: 0,
    assignee: { kind: "none", name: null },
    marks: { visitor: { read: 0, delivered: 0 }, agent: { read: 0 } },
    version: 1,
    createdAt: at(0),
    updatedAt: at(second),
    contact: null,
    labels: [],
    priority: "normal",
    snoozedUntil: null,
    ...changes,
  };
}

export const COUNTS = { mine: 0, unassigned: 0, all: 0, snoozed: 0, resolved: 0 };

/**
 * @param {number} seq
 * @param {Partial<import("../../../static/console/model/shapes.js").Event>} [changes]
 * @returns {import("../../../static/console/model/shapes.js").Event}
 */
export function event(seq, changes = {}) {
  const log = changes.log ?? "public";
  return {
    conversationId: "cv_1",
    log,
    seq,
    id: `ev_${log}_${seq}`,
    at: at(seq),
    kind: "message",
    author: { kind: "visitor", id: "v_1", contactId: "ct_1" },
    body: `message ${seq}`,
    ...changes,
  };
}

/** @param {string} id */
export const agent = (id) => ({ kind: /** @type {const} */ ("agent"), id, name: id.toUpperCase() });
