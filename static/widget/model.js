/**
 * All that the panel shows, as one value, and what each happening makes of it: pure, so that what a
 * sequence of frames leads to can be tested without a browser.
 *
 * What the server says comes in as the connection's happenings. What the person does is small
 * enough to be said where it is done, as changes to this value.
 */

import { isReady } from "../protocol/states.js";
import { EMPTY, append, replace } from "./thread.js";

/** @import { Data, Happening } from "../protocol/connection.js" */
/** @import { State as LinkState } from "../protocol/states.js" */
/** @import { Thread } from "./thread.js" */

/** @typedef {Data & {id: string, version: number}} Summary */

/**
 * A message that is written and not in the log yet, in the form of an event.
 * @typedef {object} Pending
 * @property {"message"} kind
 * @property {{kind: "visitor", own: true}} author
 * @property {string} clientMessageId
 * @property {string} [conversationId] none: of the conversation that it will begin or find
 * @property {boolean} [newConversation]
 * @property {string} body
 * @property {string} at
 * @property {string} [failed] why it will not be sent by itself
 */

/**
 * Where one is: in the list, or in a thread. A thread without an id is one that will be begun; it
 * keeps its `visit` when it gets one, because for the person it is the same.
 * @typedef {object} Place
 * @property {boolean} [isList]
 * @property {string} [id]
 * @property {number} [newAfter] the last seq that was read when it was opened, if there was more
 * @property {number} visit
 */

/**
 * @typedef {object} State
 * @property {LinkState} link
 * @property {number} lastHeard when the connection was last alive, in ms
 * @property {string} [trouble] why the server does not want this client
 * @property {boolean} isKnown whether the server has said what there is
 * @property {Readonly<Record<string, Summary>>} conversations
 * @property {string | null} nextCursor more of the list
 * @property {Readonly<Record<string, Thread>>} threads
 * @property {readonly Pending[]} pending
 * @property {readonly string[]} greeting
 * @property {number | undefined} agentsOnline
 * @property {Readonly<Record<string, Data | undefined>>} typing who types, by conversation
 * @property {number} characters a message's most
 * @property {Place} place
 * @property {{seq: number, problem?: string, isBusy?: boolean}} [editing]
 */

/** What is left when somebody else is here. @type {Partial<State>} */
export const NOBODY = {
  conversations: {},
  nextCursor: null,
  threads: {},
  typing: {},
  place: { visit: 0 },
  editing: undefined,
  pending: [],
};

export const START = /** @type {State} */ ({
  ...NOBODY,
  link: "OFFLINE",
  lastHeard: 0,
  isKnown: false,
  greeting: [],
  characters: 10_000,
});

/** How many messages may wait; then nothing more is taken. */
export const MOST_WAITING = 200;

/** @param {State} state @param {string | undefined} id */
export const threadOf = (state, id) => (id && state.threads[id]) || EMPTY;

/** @param {State} state @param {string} [id] the messages that wait in this conversation */
export const pendingOf = (state, id) => state.pending.filter(({ conversationId }) => conversationId === id);

/** Conversations, the newest first. @param {State} state */
export const listOf = ({ conversations }) =>
  Object.values(conversations).sort((a, b) => (a.updatedAt < b.updatedAt ? 1 : -1));

/** The open conversation in which something happened last. @param {State} state */
export const openOf = (state) => listOf(state).find(({ status }) => status !== "resolved");

/** @param {readonly Pending[]} pending @param {(string | undefined)[]} ids */
export const without = (pending, ...ids) => pending.filter((one) => !ids.includes(one.clientMessageId));

/**
 * A page of the list.
 * @param {State} state
 * @param {Data} page
 * @param {boolean} [isWhole] whether what it does not list is not there
 * @returns {Partial<State>}
 */
export function listed({ conversations }, { items, nextCursor }, isWhole) {
  const found = Object.fromEntries(items.map((/** @type {Summary} */ item) => [item.id, item]));
  return { nextCursor, conversations: isWhole ? found : { ...conversations, ...found } };
}

/**
 * What a happening changes.
 * @param {State} state
 * @param {Happening} happening
 * @param {number} now
 * @returns {Partial<State>}
 */
export function happened(state, happening, now) {
  const { pending, threads, link } = state;
  switch (happening.kind) {
    case "stateChanged": {
      const isLost = happening.state === "OFFLINE" && isReady(link);
      return { link: happening.state, ...(isLost && { lastHeard: now, typing: {} }) };
    }
    case "applied":
      return applied(state, happening.event);
    case "reset": {
      const { conversationId, events } = happening;
      const { [conversationId]: _, ...others } = threads;
      return {
        threads: events.length ? { ...others, [conversationId]: replace(events) } : others,
        pending: without(pending, ...events.map(({ clientMessageId }) => clientMessageId)),
      };
    }
    case "settled":
      return settled(state, happening);
    case "failed": {
      const { clientMessageId, code } = happening;
      if (!code) return { pending: without(pending, clientMessageId) };
      return {
        pending: pending.map((one) =>
          one.clientMessageId === clientMessageId ? { ...one, failed: code } : one,
        ),
      };
    }
    case "refused":
      return link === "GREETING" ? { trouble: happening.code } : {};
    case "pushed":
      return pushed(state, happening.type, happening.data);
    default:
      return {};
  }
}

/**
 * @param {State} state
 * @param {string} type
 * @param {Data} data
 * @returns {Partial<State>}
 */
function pushed(state, type, data) {
  const { conversationId: id, author } = data;
  switch (type) {
    case "welcome":
      return {
        ...(data.visitorReplaced && NOBODY),
        ...listed(state, { ...data, items: data.conversations }, true),
        isKnown: true,
        trouble: undefined,
        characters: data.limits.messageCharacters,
        greeting: data.settings.greeting,
      };
    case "sessionReset":
      return data.reason === "rotated" ? {} : NOBODY;
    case "conversations":
      return listed(state, data, true);
    case "conversationUpdate": {
      const known = state.conversations[data.id];
      // What is not known is introduced by a whole summary; of two, the later stands.
      const isNews = known ? !(data.version < known.version) : data.createdAt;
      return isNews ? summarised(state, data.id, data) : {};
    }
    case "greeting":
      return { greeting: data.messages };
    case "presence":
      return { agentsOnline: data.agentsOnline };
    case "typing":
      if (author.kind === "visitor") return {};
      return { typing: { ...state.typing, [id]: data.isTyping ? author : undefined } };
    case "read":
      return marked(state, id, author.kind === "visitor" ? "visitor" : "agent", data.seq);
    default:
      return {};
  }
}

/**
 * The next event of a conversation: it belongs to the thread, and its summary follows from it, as
 * the server does not say it twice.
 *
 * @param {State} state
 * @param {Data} event
 * @returns {Partial<State>}
 */
function applied(state, event) {
  const { conversationId: id, clientMessageId, kind, author, body, at, seq, status, assignee } = event;
  const isAnswer = kind === "message" && author.kind !== "visitor";
  const marks = state.conversations[id]?.marks;
  return {
    threads: { ...state.threads, [id]: append(threadOf(state, id), event) },
    typing: isAnswer ? { ...state.typing, [id]: undefined } : state.typing,
    pending: clientMessageId ? without(state.pending, clientMessageId) : state.pending,
    ...summarised(state, id, {
      lastSeq: seq,
      updatedAt: at,
      ...(kind === "message" && {
        lastMessage: { preview: body, author, at },
        // Who writes has read what stands before it.
        marks: { ...marks, [author.kind]: { ...marks?.[author.kind], read: seq } },
      }),
      ...(kind === "statusChanged" && { status }),
      ...(kind === "assigneeChanged" && { assignee }),
    }),
  };
}

/**
 * A message got its place, where it may be shown already. Who wrote it where no conversation was yet
 * is there now, and what was written after it goes to the same place.
 *
 * @param {State} state
 * @param {{clientMessageId: string, conversationId: string, seq: number}} where
 * @returns {Partial<State>}
 */
function settled(state, { clientMessageId, conversationId, seq }) {
  const { place } = state;
  const isShown = threadOf(state, conversationId).last >= seq;
  const pending = isShown ? without(state.pending, clientMessageId) : state.pending;
  const written = state.pending.find((one) => one.clientMessageId === clientMessageId);
  if (!written || written.conversationId) return { pending };
  return {
    pending: pending.map((one) =>
      one.conversationId ? one : { ...one, conversationId, newConversation: undefined },
    ),
    place: place.isList || place.id ? place : { ...place, id: conversationId },
  };
}

/**
 * Somebody has read up to here.
 * @param {State} state
 * @param {string} id
 * @param {"visitor" | "agent"} side
 * @param {number} seq
 * @returns {Partial<State>}
 */
export function marked(state, id, side, seq) {
  const marks = state.conversations[id]?.marks;
  if (!marks || seq <= marks[side].read) return {};
  return summarised(state, id, { marks: { ...marks, [side]: { ...marks[side], read: seq } } });
}

/**
 * @param {State} state
 * @param {string} id
 * @param {Data} news
 * @returns {Partial<State>}
 */
function summarised({ conversations }, id, news) {
  const summary = /** @type {Summary} */ ({ ...conversations[id], ...news });
  return summary.id ? { conversations: { ...conversations, [id]: summary } } : {};
}
