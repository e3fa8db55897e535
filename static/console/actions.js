/**
 * What an agent can do to a conversation. Nothing is drawn in advance: the event that comes back
 * over the log is what changes the screen, so what is shown has happened. What did not happen is
 * said, with its reason.
 */

import { ApiError, signOut as endSession } from "./api.js";
import { go } from "./router.js";
import { newId } from "./outbox.js";
import { session } from "./session.js";
import * as state from "./state.js";
import { ahead } from "./model/time.js";

/** @typedef {import("./model/shapes.js").Priority} Priority */

/** @type {Readonly<Record<string, string>>} */
const REASONS = {
  offline: "You are offline, so nothing was changed.",
  unanswered: "The connection broke before the server answered. Look whether it was done.",
  not_found: "That is not there any more.",
  too_many_requests: "That was too fast for the server. Try again in a moment.",
  unavailable: "The server cannot do this at the moment.",
  internal_error: "Something went wrong on the server. Try again in a moment.",
};

/** @param {unknown} error */
export function wordsFor(error) {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return REASONS[code] ?? (error instanceof Error ? error.message : "Something went wrong.");
}

/**
 * @param {string} type
 * @param {Record<string, unknown>} data
 * @param {string} [done] what to say when it is done
 * @returns {Promise<any>} the answer; null if it was not done, which has been said then
 */
async function act(type, data, done) {
  try {
    const answer = await session.ask(type, data);
    if (done) state.toast(done);
    return answer;
  } catch (error) {
    state.toast(wordsFor(error), "bad");
    return null;
  }
}

/** @param {string} conversationId @param {string | null} agentId */
export function assign(conversationId, agentId) {
  const name =
    agentId === state.me.peek()?.id ? "you" : state.agents.peek().get(agentId ?? "")?.name;
  return act("assign", { conversationId, agentId }, agentId ? `Assigned to ${name}` : "Unassigned");
}

/** @param {string} conversationId */
export const resolve = (conversationId) =>
  act("status", { conversationId, status: "resolved" }, "Resolved");

/** @param {string} conversationId */
export const reopen = (conversationId) =>
  act("status", { conversationId, status: "open" }, "Reopened");

/** @param {string} conversationId @param {number} until in ms */
export const snooze = (conversationId, until) =>
  act(
    "status",
    { conversationId, status: "snoozed", until: new Date(until).toISOString() },
    `Snoozed until ${ahead(until, Date.now())}`,
  );

/** @param {string} conversationId @param {Priority} priority */
export const prioritise = (conversationId, priority) =>
  act("priority", { conversationId, priority });

/** @param {string} conversationId @param {string} label */
export const addLabel = (conversationId, label) => act("labels", { conversationId, add: [label] });

/** @param {string} conversationId @param {string} label */
export const removeLabel = (conversationId, label) =>
  act("labels", { conversationId, remove: [label] });

/** @param {string} conversationId @param {number} seq @param {string} body */
export const editMessage = (conversationId, seq, body) =>
  act("editMessage", { conversationId, seq, body });

/** @param {string} conversationId @param {number} seq */
export const deleteMessage = (conversationId, seq) => act("deleteMessage", { conversationId, seq });

/** @param {import("./model/shapes.js").Availability} availability */
export async function setAvailability(availability) {
  try {
    await session.setAvailability(availability);
  } catch (error) {
    state.toast(wordsFor(error), "bad");
  }
}

/**
 * Speak first to somebody on the site; the same id for ever, so that trying again makes one.
 * @param {import("./model/shapes.js").Visitor} visitor
 * @param {string} body
 * @param {string} [clientMessageId]
 */
export async function startConversation(visitor, body, clientMessageId = newId()) {
  const { visitorId, sessionId } = visitor;
  const answer = await act("startConversation", { visitorId, sessionId, clientMessageId, body });
  if (!answer) return false;
  go("all", answer.conversationId);
  return true;
}

/** End the session here and on the server; what was written and not sent leaves this browser. */
export async function signOut() {
  session.isLeaving = true;
  try {
    await endSession();
  } catch (error) {
    const isOver = error instanceof ApiError && error.status === 401;
    session.isLeaving = isOver;
    if (!isOver)
      return state.toast("You could not be signed out: the server was not reached.", "bad");
  }
  session.forgetWritten();
  session.end("");
}
