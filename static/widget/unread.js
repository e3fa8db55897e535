/**
 * How many messages wait to be read, from what the server says, without holding a single message.
 *
 * The server counts; but what an event already says is not repeated to a connection that follows its
 * conversation (PROTOCOL §6). So a new message of the other side is one more, unless the summary that
 * announced it has counted it already, which its `lastSeq` tells.
 */

/** @import { Data } from "../protocol/connection.js" */

/** @typedef {Map<string, {unread: number, lastSeq: number}>} Counts */

/**
 * Take in one frame of the server.
 *
 * @param {Counts} counts changed in place
 * @param {string} type
 * @param {Data} data
 * @returns {boolean} whether it was a new message of the other side
 */
export function count(counts, type, data) {
  const list = data.conversations ?? data.items;
  const id = data.conversationId ?? data.id;
  const known = counts.get(id) ?? { unread: 0, lastSeq: 0 };
  if (list) {
    counts.clear();
    for (const summary of list) counts.set(summary.id, summary);
  } else if (type === "conversationUpdate") {
    counts.set(id, { ...known, ...data });
  } else if (type === "event" && data.seq > known.lastSeq) {
    const isNews = data.kind === "message" && data.author.kind !== "visitor" && !data.deleted;
    counts.set(id, { unread: known.unread + (isNews ? 1 : 0), lastSeq: data.seq });
    return isNews;
  }
  return false;
}

/** @param {Counts} counts */
export const total = (counts) => [...counts.values()].reduce((sum, { unread }) => sum + unread, 0);
