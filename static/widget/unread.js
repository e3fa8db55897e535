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
  if (list) counts.clear();
  list?.forEach((/** @type {Data} */ summary) => count(counts, "conversationUpdate", summary));
  const { id, conversationId = id, seq, kind, author } = data;
  const { unread = 0, lastSeq = 0 } = counts.get(conversationId) ?? {};
  if (type === "conversationUpdate") counts.set(id, { unread, lastSeq, ...data });
  if (type !== "event" || seq <= lastSeq) return false;
  const isNews = kind === "message" && author.kind !== "visitor";
  counts.set(conversationId, { unread: unread + Number(isNews), lastSeq: seq });
  return isNews;
}

/** @param {Counts} counts @param {string} [reading] the conversation that is on screen */
export function total(counts, reading) {
  let sum = 0;
  for (const [id, { unread }] of counts) if (id !== reading) sum += unread;
  return sum;
}
