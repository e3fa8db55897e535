/** Events as the server sends them to a visitor, for the tests of what is made of them. */

/** @import { Data } from "../../../static/protocol/connection.js" */

export const SAM = { kind: "agent", id: "ag_1", name: "Sam", avatarUrl: null };
export const ME = { kind: "visitor", own: true };

/** @param {number} seq @param {Data} [more] */
export const event = (seq, more = {}) => ({
  conversationId: "cv_1",
  log: "public",
  seq,
  id: `ev_${seq}`,
  at: new Date(Date.UTC(2026, 10, 20, 10, 0, seq)).toISOString(),
  kind: "message",
  author: SAM,
  body: `number ${seq}`,
  attachments: [],
  ...more,
});

/** @param {Data} [more] */
export const summary = (more = {}) => ({
  id: "cv_1",
  status: "open",
  lastSeq: 1,
  lastEventId: "ev_1",
  lastMessage: { preview: "number 1", author: SAM, at: event(1).at },
  unread: 0,
  assignee: { kind: "none", name: null, avatarUrl: null },
  marks: { visitor: { read: 0, delivered: 0 }, agent: { read: 0 } },
  version: 1,
  createdAt: event(1).at,
  updatedAt: event(1).at,
  ...more,
});

/** @param {Data} [more] */
export const welcome = (more = {}) => ({
  conversations: [],
  nextCursor: null,
  visitorReplaced: false,
  settings: { greeting: ["Hi"] },
  limits: { messageCharacters: 10_000 },
  ...more,
});
