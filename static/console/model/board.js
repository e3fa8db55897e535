/**
 * Who is on the site now: a snapshot, then changes numbered rev + 1, by the inbox's rule.
 */

/**
 * @typedef {import("./shapes.js").Visitor} Visitor
 *
 * @typedef {object} Board
 * @property {"off" | "loading" | "ready" | "stale" | "failed"} status
 * @property {string | null} viewId
 * @property {number} rev
 * @property {readonly Visitor[]} visitors  newest first
 * @property {number} total
 * @property {string | null} nextCursor
 *
 * @typedef {{type: "asked"} | {type: "left"} | {type: "failed"} | {type: "lost"}
 *   | {type: "shown", answer: import("./shapes.js").BoardAnswer}
 *   | {type: "paged", answer: import("./shapes.js").BoardAnswer}
 *   | {type: "changed", change: import("./shapes.js").BoardChange}
 *   | {type: "contact", contact: import("./shapes.js").Contact}
 *   | {type: "pinged", views: Record<string, number>}} BoardAction
 */

/** @type {Board} */
export const NO_BOARD = {
  status: "off",
  viewId: null,
  rev: 0,
  visitors: [],
  total: 0,
  nextCursor: null,
};

/**
 * @param {Board} state
 * @param {BoardAction} action
 * @returns {Board}
 */
export function board(state, action) {
  switch (action.type) {
    case "asked":
      return { ...state, status: "loading" };
    case "left":
      return NO_BOARD;
    case "failed":
      return { ...state, status: "failed" };
    case "lost":
      return state.status === "off" ? state : { ...state, status: "stale", viewId: null };
    case "shown": {
      const { viewId, rev, items, total, nextCursor } = action.answer;
      return { status: "ready", viewId, rev, visitors: sorted(items), total, nextCursor };
    }
    case "paged": {
      const { viewId, rev, items, total, nextCursor } = action.answer;
      if (viewId !== state.viewId || rev !== state.rev) return { ...state, status: "stale" };
      return { ...state, visitors: merged(state.visitors, items, []), total, nextCursor };
    }
    case "changed": {
      const { viewId, rev, upsert, remove, total } = action.change;
      if (viewId !== state.viewId || rev <= state.rev) return state;
      if (rev !== state.rev + 1) return { ...state, status: "stale" };
      return { ...state, rev, total, visitors: merged(state.visitors, upsert, remove) };
    }
    case "contact": {
      const { contact } = action;
      if (!state.visitors.some((visitor) => visitor.contact?.id === contact.id)) return state;
      const visitors = state.visitors.map((visitor) =>
        visitor.contact?.id === contact.id ? { ...visitor, contact } : visitor,
      );
      return { ...state, visitors };
    }
    case "pinged": {
      const differs = state.status === "ready" && action.views[state.viewId ?? ""] !== state.rev;
      return differs ? { ...state, status: "stale" } : state;
    }
  }
}

/**
 * @param {readonly Visitor[]} held
 * @param {readonly Visitor[]} upsert
 * @param {readonly string[]} remove
 */
function merged(held, upsert, remove) {
  const out = new Set([...remove, ...upsert.map(({ visitorId }) => visitorId)]);
  return sorted([...held.filter(({ visitorId }) => !out.has(visitorId)), ...upsert]);
}

/** @param {readonly Visitor[]} visitors */
function sorted(visitors) {
  return visitors.toSorted((one, other) => {
    if (one.since !== other.since) return one.since < other.since ? 1 : -1;
    return one.visitorId < other.visitorId ? 1 : -1;
  });
}
