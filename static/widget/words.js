/**
 * The words of a conversation, and how times are written. Those that only the rarer things need are
 * in `more_words.js`, which is loaded with them.
 */

/** @import { Data } from "../protocol/connection.js" */
/** @import { Item } from "./thread.js" */
/** @import { State } from "./model.js" */

const DAY_MS = 86_400_000;

const clock = new Intl.DateTimeFormat("en", { hour: "numeric", minute: "2-digit" });
const date = new Intl.DateTimeFormat("en", { weekday: "long", day: "numeric", month: "long" });
const moment = new Intl.DateTimeFormat("en", { dateStyle: "full", timeStyle: "short" });

/** @param {string | number} at */
export const timeOf = (at) => clock.format(new Date(at));
/** @param {string} at */
export const momentOf = (at) => moment.format(new Date(at));

/** A day of the visitor's own calendar, to tell days apart. @param {string | number} at */
export const dayKey = (at) => new Date(at).toDateString();

/** @param {string} at @param {number} now */
export function dayOf(at, now) {
  const day = dayKey(at);
  if (day === dayKey(now)) return "Today";
  return day === dayKey(now - DAY_MS) ? "Yesterday" : date.format(new Date(at));
}

/** @param {Data} author */
export const nameOf = ({ kind, name }) => name ?? (kind === "assistant" ? "Assistant" : "Support");

/** One or two letters for a face that is not there. @param {string} name */
export const initialsOf = (name) =>
  name.split(/\s+/, 2).map((word) => [...word][0]).join("").toUpperCase();

/** What is said of an event that is no message; nothing, if it need not be said. @param {Item} item */
export function lineOf({ kind, isMine, author, body }) {
  const who = isMine ? "You" : author.name;
  if (kind === "statusChanged") {
    const done = body === "resolved" ? "ended" : "reopened";
    return who ? `${who} ${done} this conversation` : `This conversation was ${done}`;
  }
  if (kind === "assigneeChanged") return body && `${body} joined the conversation`;
  if (kind === "rated") return `You rated this conversation ${body} out of 5`;
  return "A person will answer you";
}

/** Why the server does not take this client. @type {Record<string, string>} */
const TROUBLES = {
  unauthenticated: "this site’s key is unknown",
  forbidden: "it is closed to this page",
};

/** The connection as it is, in words; nothing while it is well. @param {State} state */
export function connectionOf({ link, wasLive, lastHeard, trouble = "" }) {
  if (link === "LIVE") return "";
  if (link === "TERMINAL") return `This chat cannot connect: ${TROUBLES[trouble] ?? "it was refused"}.`;
  if (link === "CATCHING_UP") return "Catching up…";
  if (link !== "OFFLINE") return wasLive ? "Connecting again…" : "Connecting…";
  const since = wasLive ? `Offline. Last in touch ${timeOf(lastHeard)}.` : "No connection yet.";
  return `${since} What you write is kept and sent later.`;
}

/** Who is there to answer. @param {State} state */
export function presenceOf({ agentsOnline, expectedReply }) {
  if (expectedReply || agentsOnline === undefined) return expectedReply ?? "";
  return agentsOnline ? "We are here" : "We are away and will answer here";
}
