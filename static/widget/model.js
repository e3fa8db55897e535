/**
 * All that the panel shows, as one value, and the one function that makes the next: pure, so that
 * what a sequence of frames leads to can be tested without a browser.
 *
 * What the server says comes in as the connection's happenings; what the person does, as actions.
 * Whoever calls `reduce` does what has to be done elsewhere: send, store, draw.
 */

import { EMPTY, append, prepend, replace } from "./thread.js";

/** @import { Data, Happening } from "../protocol/connection.js" */
/** @import { State as LinkState } from "../protocol/states.js" */
/** @import { Thread } from "./thread.js" */

/** @typedef {Data & {id: string, version: number}} Summary */

/**
 * A message that is written and not in the log yet.
 * @typedef {object} Pending
 * @property {string} clientMessageId
 * @property {string} [conversationId] none: of the conversation that it will begin or find
 * @property {boolean} [newConversation]
 * @property {string} body
 * @property {string} at
 * @property {string} [failed] why it will not be sent by itself
 */

/** @typedef {{view: "list"} | {view: "thread", id?: string, newAfter?: number}} Place */

/**
 * @typedef {object} State
 * @property {LinkState} link
 * @property {boolean} wasLive
 * @property {number} lastHeard when the connection was last alive, in ms
 * @property {string} [trouble] why the server does not want this client
 * @property {boolean} isKnown whether the server has said what there is
 * @property {Readonly<Record<string, Summary>>} conversations
 * @property {string | null} nextCursor more of the list
 * @property {Readonly<Record<string, Thread>>} threads
 * @property {readonly Pending[]} pending
 * @property {readonly string[]} greeting
 * @property {number | undefined} agentsOnline
 * @property {string} [expectedReply]
 * @property {Readonly<Record<string, Data>>} typing who types, by conversation
 * @property {number} characters a message's most
 * @property {Place} place
 * @property {{id: string, seq: number, problem?: string, isBusy?: boolean}} [editing]
 */

/**
 * @typedef {{type: "happened", happening: Happening, now: number}
 *   | {type: "went", place: Place}
 *   | {type: "wrote", pending: Pending}
 *   | {type: "failed", clientMessageId: string, code: string}
 *   | {type: "discarded", clientMessageId: string}
 *   | {type: "listed", items: Data[], nextCursor: string | null, anew?: boolean}
 *   | {type: "paged", conversationId: string, events: Data[]}
 *   | {type: "stoppedTyping", conversationId: string}
 *   | {type: "read", conversationId: string, seq: number}
 *   | {type: "edited", editing: State["editing"]}} Action
 */

/** @type {State} */
export const START = {
  link: "OFFLINE",
  wasLive: false,
  lastHeard: 0,
  isKnown: false,
  conversations: {},
  nextCursor: null,
  threads: {},
  pending: [],
  greeting: [],
  agentsOnline: undefined,
  typing: {},
  characters: 10_000,
  place: { view: "thread" },
};

/**
 * @param {State} state
 * @param {Action} action
 * @returns {State}
 */
export function reduce(state, action) {
  switch (action.type) {
    case "happened":
      return happened(state, action.happening, action.now);
    case "went":
      return { ...state, place: action.place, editing: undefined };
    case "wrote": {
      const { pending } = action;
      return { ...state, pending: [...without(state.pending, pending.clientMessageId), pending] };
    }
    case "failed":
      return { ...state, pending: state.pending.map((pending) =>
        pending.clientMessageId === action.clientMessageId
          ? { ...pending, failed: action.code } : pending) };
    case "discarded":
      return { ...state, pending: without(state.pending, action.clientMessageId) };
    case "listed": {
      const kept = action.anew ? {} : state.conversations;
      const listed = Object.fromEntries(action.items.map((item) => [item.id, item]));
      return { ...state, nextCursor: action.nextCursor, conversations: { ...kept, ...listed } };
    }
    case "paged": {
      const thread = prepend(threadOf(state, action.conversationId), action.events);
      return { ...state, threads: { ...state.threads, [action.conversationId]: thread } };
    }
    case "stoppedTyping":
      return { ...state, typing: omit(state.typing, action.conversationId) };
    case "read":
      return marked(state, action.conversationId, "visitor", action.seq);
    case "edited":
      return { ...state, editing: action.editing };
  }
}

/** @param {State} state @param {string | undefined} id */
export const threadOf = (state, id) => (id && state.threads[id]) || EMPTY;

/** Conversations, the newest first. @param {State} state */
export const listOf = ({ conversations }) =>
  Object.values(conversations).sort((a, b) => (a.updatedAt < b.updatedAt ? 1 : -1));

/** The open conversation in which something happened last. @param {State} state */
export const openOf = (state) => listOf(state).find(({ status }) => status !== "resolved");

/**
 * @param {State} state
 * @param {Happening} happening
 * @param {number} now
 * @returns {State}
 */
function happened(state, happening, now) {
  switch (happening.kind) {
    case "stateChanged": {
      const isLost = happening.state === "OFFLINE" && state.link !== "CONNECTING";
      return { ...state, link: happening.state,
        wasLive: state.wasLive || happening.state === "LIVE",
        lastHeard: isLost ? now : state.lastHeard,
        typing: isLost ? {} : state.typing };
    }
    case "applied":
      return applied(state, happening.event);
    case "reset": {
      const { conversationId: id, events } = happening;
      const threads = events.length
        ? { ...state.threads, [id]: replace(events) } : omit(state.threads, id);
      const arrived = new Set(events.map(({ clientMessageId }) => clientMessageId));
      return { ...state, threads,
        pending: state.pending.filter(({ clientMessageId }) => !arrived.has(clientMessageId)) };
    }
    case "settled":
      return settled(state, happening.clientMessageId, happening.conversationId, happening.seq);
    case "failed":
      if (happening.code) return reduce(state, { type: "failed", ...happening, code: happening.code });
      return { ...state, pending: without(state.pending, happening.clientMessageId) };
    case "refused":
      return state.link === "GREETING" ? { ...state, trouble: happening.code } : state;
    case "pushed":
      return pushed(state, happening.type, happening.data);
    default:
      return state;
  }
}

/**
 * @param {State} state
 * @param {string} type
 * @param {Data} data
 * @returns {State}
 */
function pushed(state, type, data) {
  switch (type) {
    case "welcome":
      return reduce(
        { ...state, isKnown: true, trouble: undefined, characters: data.limits.messageCharacters,
          greeting: data.settings.greeting ?? [],
          ...(data.visitorReplaced && { threads: {}, place: START.place, editing: undefined }) },
        { type: "listed", items: data.conversations, nextCursor: data.nextCursor, anew: true },
      );
    case "sessionReset":
      if (data.reason === "rotated") return state;
      return { ...state, conversations: {}, nextCursor: null, threads: {}, typing: {},
        place: START.place, editing: undefined };
    case "conversations":
      return reduce(state, { type: "listed", items: data.items, nextCursor: data.nextCursor, anew: true });
    case "conversationUpdate": {
      const known = state.conversations[data.id];
      if (known && data.version < known.version) return state;
      // Only a whole summary introduces a conversation.
      if (!known && !data.createdAt) return state;
      return summarised(state, data.id, data);
    }
    case "greeting":
      return { ...state, greeting: data.messages };
    case "settingsUpdate":
      return data.greeting ? { ...state, greeting: data.greeting } : state;
    case "presence":
      return { ...state, agentsOnline: data.agentsOnline, expectedReply: data.expectedReply };
    case "typing":
      if (data.author.kind === "visitor") return state;
      return { ...state, typing: data.isTyping
        ? { ...state.typing, [data.conversationId]: data.author }
        : omit(state.typing, data.conversationId) };
    case "read": {
      const side = data.author.kind === "visitor" ? "visitor" : "agent";
      return marked(state, data.conversationId, side, data.seq);
    }
    default:
      return state;
  }
}

/**
 * The next event of a conversation: it belongs to the thread, and its summary follows from it, as
 * the server does not say it twice.
 *
 * @param {State} state
 * @param {Data} event
 * @returns {State}
 */
function applied(state, event) {
  const { conversationId: id, kind, author, at, seq } = event;
  const thread = append(threadOf(state, id), event);
  /** @type {Data} */
  const changes = { lastSeq: seq, updatedAt: at };
  if (kind === "message") changes.lastMessage = { preview: event.body, author, at };
  if (kind === "statusChanged") changes.status = event.status;
  if (kind === "assigneeChanged") changes.assignee = event.assignee;
  const isWritten = kind === "message" && author.kind !== "visitor";
  return summarised(
    { ...state, threads: { ...state.threads, [id]: thread },
      typing: isWritten ? omit(state.typing, id) : state.typing,
      pending: without(state.pending, event.clientMessageId) },
    id, state.conversations[id] ? changes : {},
  );
}

/**
 * A message got its place. Who wrote it where no conversation was yet is there now, and what was
 * written after it goes to the same place.
 *
 * @param {State} state
 * @param {string} clientMessageId
 * @param {string} conversationId
 * @param {number} seq
 * @returns {State}
 */
function settled(state, clientMessageId, conversationId, seq) {
  const written = state.pending.find((pending) => pending.clientMessageId === clientMessageId);
  const isShown = threadOf(state, conversationId).last >= seq;
  if (!written && !isShown) return state;
  const isHomeless = !!written && !written.conversationId;
  const pending = (isShown ? without(state.pending, clientMessageId) : state.pending).map((one) =>
    isHomeless && !one.conversationId && !one.failed
      ? { ...one, conversationId, newConversation: undefined } : one);
  const { place } = state;
  const follows = isHomeless && place.view === "thread" && !place.id;
  return { ...state, pending, place: follows ? { view: "thread", id: conversationId } : place };
}

/**
 * @param {State} state
 * @param {string} id
 * @param {"visitor" | "agent"} side
 * @param {number} seq
 * @returns {State}
 */
function marked(state, id, side, seq) {
  const marks = state.conversations[id]?.marks;
  if (!marks || seq <= marks[side].read) return state;
  return summarised(state, id, { marks: { ...marks, [side]: { ...marks[side], read: seq } } });
}

/**
 * @param {State} state
 * @param {string} id
 * @param {Data} changes
 * @returns {State}
 */
function summarised(state, id, changes) {
  const summary = /** @type {Summary} */ ({ ...state.conversations[id], ...changes });
  if (!summary.id) return state;
  return { ...state, conversations: { ...state.conversations, [id]: summary } };
}

/** @param {readonly Pending[]} pending @param {string | undefined} clientMessageId */
const without = (pending, clientMessageId) =>
  pending.some((one) => one.clientMessageId === clientMessageId)
    ? pending.filter((one) => one.clientMessageId !== clientMessageId) : pending;

/** @template T @param {Readonly<Record<string, T>>} record @param {string} name */
function omit(record, name) {
  const { [name]: _, ...rest } = record;
  return rest;
}
