/**
 * The list of conversations that is looked at: a snapshot, then changes numbered rev + 1.
 *
 * The one rule: a change applies iff it is of the view held and its `rev` is the next one; anything
 * else makes the list `stale`, which its owner answers by asking for a fresh snapshot. So no dropped
 * or repeated push can leave a wrong list standing. The order is the server's: by the last public
 * event, newest first. A summary does not carry that time, only bounds of it; where the bounds do
 * not settle a place, the list says that it is stale instead of guessing.
 */

/**
 * @typedef {import("./shapes.js").Summary} Summary
 * @typedef {import("./shapes.js").Counts} Counts
 * @typedef {import("./shapes.js").View} View
 * @typedef {{summary: Summary, key: string}} Item  `key`: a time at or before its last public event
 *
 * @typedef {object} Inbox
 * @property {View} view
 * @property {string} query
 * @property {"loading" | "ready" | "stale" | "refreshing" | "failed"} status
 * @property {string | null} viewId
 * @property {number} rev
 * @property {readonly Item[]} items
 * @property {string | null} nextCursor
 * @property {boolean} paging
 * @property {Counts | null} counts
 *
 * @typedef {{type: "asked", view: View, query: string}
 *   | {type: "shown", answer: import("./shapes.js").InboxAnswer}
 *   | {type: "paging"}
 *   | {type: "paged", answer: import("./shapes.js").InboxAnswer}
 *   | {type: "changed", change: import("./shapes.js").InboxChange}
 *   | {type: "pinged", views: Record<string, number>}
 *   | {type: "contact", contact: import("./shapes.js").Contact}
 *   | {type: "lost"} | {type: "failed"}} InboxAction
 */

/** @type {Inbox} */
export const NO_INBOX = {
  view: "mine",
  query: "",
  status: "loading",
  viewId: null,
  rev: 0,
  items: [],
  nextCursor: null,
  paging: false,
  counts: null,
};

/**
 * @param {Inbox} state
 * @param {InboxAction} action
 * @returns {Inbox}
 */
export function inbox(state, action) {
  switch (action.type) {
    case "asked": {
      const same = action.view === state.view && action.query === state.query;
      const holds = same && (state.items.length > 0 || state.viewId !== null);
      return {
        ...state,
        view: action.view,
        query: action.query,
        status: holds ? "refreshing" : "loading",
        viewId: same ? state.viewId : null,
        items: same ? state.items : [],
        nextCursor: same ? state.nextCursor : null,
        paging: false,
      };
    }
    case "shown": {
      const { viewId, rev, items, nextCursor, counts } = action.answer;
      return {
        ...state,
        status: "ready",
        viewId,
        rev,
        items: keyed(items),
        nextCursor,
        counts,
        paging: false,
      };
    }
    case "paging":
      return { ...state, paging: true };
    case "paged": {
      const { viewId, rev, items, nextCursor, counts } = action.answer;
      if (viewId !== state.viewId || rev !== state.rev)
        return { ...state, status: "stale", paging: false };
      const held = new Set(state.items.map(({ summary }) => summary.id));
      const fresh = items.filter(({ id }) => !held.has(id));
      const all = [...state.items.map(({ summary }) => summary), ...fresh];
      return { ...state, items: keyed(all), nextCursor, counts, paging: false };
    }
    case "changed":
      return changed(state, action.change);
    case "pinged": {
      const settled = state.status === "ready" && state.viewId !== null;
      const differs = settled && action.views[state.viewId ?? ""] !== state.rev;
      return differs ? { ...state, status: "stale" } : state;
    }
    case "contact": {
      const touches = state.items.some(({ summary }) => summary.contact?.id === action.contact.id);
      if (!touches) return state;
      const items = state.items.map((item) =>
        item.summary.contact?.id === action.contact.id
          ? { ...item, summary: { ...item.summary, contact: action.contact } }
          : item,
      );
      return { ...state, items };
    }
    case "lost":
      return {
        ...state,
        status: state.status === "loading" ? "loading" : "stale",
        viewId: null,
        paging: false,
      };
    case "failed":
      return { ...state, status: "failed", paging: false };
  }
}

/**
 * @param {Inbox} state
 * @param {import("./shapes.js").InboxChange} change
 * @returns {Inbox}
 */
function changed(state, change) {
  if (change.viewId !== state.viewId || change.rev <= state.rev) return state;
  if (change.rev !== state.rev + 1) return { ...state, status: "stale" };
  const gone = new Set(change.remove);
  let items = state.items.filter(({ summary }) => !gone.has(summary.id));
  let settled = true;
  for (const summary of change.upsert) {
    const at = items.findIndex((item) => item.summary.id === summary.id);
    const before = items[at];
    if (before && before.summary.lastSeq === summary.lastSeq) {
      items = items.with(at, { ...before, summary });
      continue;
    }
    if (before) items = items.toSpliced(at, 1);
    // A public event has just been written, or the conversation came into the view without one.
    const isNews = before !== undefined || summary.lastMessage?.at === summary.updatedAt;
    const item = { summary, key: isNews ? summary.updatedAt : earliest(summary) };
    if (!isNews && earliest(summary) !== summary.updatedAt) settled = false;
    items = insert(items, item);
  }
  return {
    ...state,
    items,
    rev: change.rev,
    counts: change.counts ?? state.counts,
    status: settled || state.status !== "ready" ? state.status : "stale",
  };
}

/**
 * Put an item in its place: newest first, ids break ties.
 * @param {readonly Item[]} items
 * @param {Item} item
 */
function insert(items, item) {
  let at = items.findIndex(
    (other) =>
      other.key < item.key || (other.key === item.key && other.summary.id < item.summary.id),
  );
  if (at < 0) at = items.length;
  return items.toSpliced(at, 0, item);
}

/** @param {Summary} summary */
const earliest = (summary) => summary.lastMessage?.at ?? summary.createdAt;

/**
 * Items in the server's order, each with a key that agrees with it.
 * @param {readonly Summary[]} summaries
 * @returns {Item[]}
 */
function keyed(summaries) {
  let floor = "";
  const items = summaries.toReversed().map((summary) => {
    const key = earliest(summary) > floor ? earliest(summary) : floor;
    floor = key;
    return { summary, key };
  });
  return items.reverse();
}

/**
 * The conversation `step` places after `id` in the list; the first or last one if `id` is not in it.
 * @param {Inbox} state
 * @param {string | null} id
 * @param {1 | -1} step
 * @returns {string | null}
 */
export function neighbour(state, id, step) {
  const at = state.items.findIndex(({ summary }) => summary.id === id);
  const next = at < 0 ? (step > 0 ? 0 : state.items.length - 1) : at + step;
  return state.items[next]?.summary.id ?? (at < 0 ? null : id);
}
