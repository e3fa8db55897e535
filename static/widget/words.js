/**
 * The words of a conversation, and how times are written. Those that only the rarer things need are
 * in `more_words.js`, which is loaded with them.
 */

import { isMine } from "./thread.js";

/** @import { Data } from "../protocol/connection.js" */
/** @import { State } from "./model.js" */

/** @param {string | number} at */
export const timeOf = (at) => new Date(at).toLocaleTimeString("en", { hour: "numeric", minute: "2-digit" });

/** A day of the visitor's own calendar, to tell days apart. @param {string | number} at */
export const dayKey = (at) => new Date(at).toDateString();

/** @param {string} at @param {number} now */
export const dayOf = (at, now) =>
  dayKey(at) === dayKey(now) ? "Today" : new Date(at).toLocaleDateString("en", { dateStyle: "long" });

/** @param {Data} author */
export const nameOf = ({ kind, name }) => name ?? (kind === "assistant" ? "Assistant" : "Support");

/** One or two letters for a face that is not there. @param {string} name */
export const initialsOf = (name) =>
  name.split(/\s+/, 2).map((word) => [...word][0]).join("").toUpperCase();

/** What is said of an event that is no message; nothing, if it need not be said. @param {Data} event */
export function lineOf({ kind, author, status, assignee }) {
  if (kind === "assigneeChanged") return assignee.name && `${assignee.name} joined`;
  const who = isMine({ author }) ? "You" : (author.name ?? "We");
  return `${who} ${status === "resolved" ? "ended" : "reopened"} this conversation`;
}

/** Why the server does not take this client. @type {Record<string, string>} */
const TROUBLES = {
  unauthenticated: "unknown key",
  forbidden: "closed to this page",
};

/** The connection as it is, in words; nothing while it is well. @param {State} state */
export function connectionOf({ link, lastHeard, trouble = "" }) {
  if (link === "LIVE") return "";
  if (link === "TERMINAL") return `This chat cannot connect: ${TROUBLES[trouble] ?? "refused"}.`;
  if (link === "CATCHING_UP") return "Catching up…";
  if (link !== "OFFLINE") return "Connecting…";
  return `Offline${lastHeard ? `. Last in touch ${timeOf(lastHeard)}` : ""}. What you write is sent later.`;
}

/** Who is there to answer. @param {State} state */
export const presenceOf = ({ agentsOnline }) =>
  agentsOnline ? "Here to help" : agentsOnline === 0 ? "Leave us a message" : "";
