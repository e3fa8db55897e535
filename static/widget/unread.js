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
 * Take in the data of one frame: a list, an event, a summary or what is no matter here.
 *
 * @param {Counts} counts changed in place
 * @param {Data} data
 * @returns {boolean} whether it was a message of the other side
 */
export function count(counts, data) {
  const { conversations, items = conversations, id, kind, conversationId, seq, author } = data;
  if (items) counts.clear();
  for (const summary of items ?? []) counts.set(summary.id, summary);
  const { unread = 0, lastSeq = 0 } = counts.get(conversationId ?? id) ?? {};
  if (!kind) {
    if (id) counts.set(id, { unread, lastSeq, ...data });
    return false;
  }
  const isNews = kind === "message" && author.kind !== "visitor";
  if (seq > lastSeq) counts.set(conversationId, { unread: unread + +isNews, lastSeq: seq });
  return isNews;
}

/** @param {Counts} counts @param {string} [reading] the conversation that is on screen */
export function total(counts, reading) {
  let sum = 0;
  for (const [id, { unread }] of counts) if (id !== reading) sum += unread;
  return sum;
}
