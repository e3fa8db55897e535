/**
 * Every word that the panel says, and how it writes times. One place, so that one file per language
 * can stand in for it.
 */

import { plainText } from "../markup/markdown.js";

/** @import { Data } from "../protocol/connection.js" */
/** @import { Item } from "./thread.js" */
/** @import { State } from "./model.js" */

const HOUR_MS = 3_600_000;

/** @param {Intl.DateTimeFormatOptions} options */
const format = (options) => {
  const formatter = new Intl.DateTimeFormat("en", options);
  return (/** @type {string | number} */ at) => formatter.format(new Date(at));
};

/** 14:02, in the person's own way of writing it. */
const clock = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
/** @param {string | number} at */
export const timeOf = (at) => clock.format(new Date(at));
export const momentOf = format({ dateStyle: "full", timeStyle: "short" });
const weekday = format({ weekday: "long" });
const date = format({ day: "numeric", month: "long" });
const longDate = format({ day: "numeric", month: "long", year: "numeric" });

/** A day of the visitor's own calendar, to tell days apart. @param {string | number} at */
export const dayKey = (at) => new Date(at).toDateString();

/** @param {string} at @param {number} now */
export function dayOf(at, now) {
  if (dayKey(at) === dayKey(now)) return "Today";
  if (dayKey(at) === dayKey(now - 24 * HOUR_MS)) return "Yesterday";
  const age = now - Date.parse(at);
  if (age < 6 * 24 * HOUR_MS) return weekday(at);
  return age < 300 * 24 * HOUR_MS ? date(at) : longDate(at);
}

/** When something happened, in a list. @param {string} at @param {number} now */
export const whenOf = (at, now) => (dayKey(at) === dayKey(now) ? timeOf(at) : dayOf(at, now));

/** @param {Data} author */
export const nameOf = (author) =>
  author.name || (author.kind === "assistant" ? "Assistant" : author.kind === "agent" ? "Support" : "");

/** One or two letters for a face that is not there. @param {string} name */
export const initialsOf = (name) =>
  name.trim().split(/\s+/).slice(0, 2).map((word) => [...word][0] ?? "").join("").toUpperCase();

/** What is said of an event that is no message. @param {Item} item */
export function lineOf({ kind, isMine, author, body }) {
  const who = isMine ? "You" : nameOf(author);
  if (kind === "statusChanged") {
    const done = body === "resolved" ? "ended" : "reopened";
    return who ? `${who} ${done} this conversation` : `This conversation was ${done}`;
  }
  if (kind === "assigneeChanged") return body && `${body} joined the conversation`;
  if (kind === "rated") return `You rated this conversation ${body} out of 5`;
  return "You will be answered by a person";
}

/** A message in a line of the list. @param {Data | null | undefined} message */
export function previewOf(message) {
  if (!message) return "";
  const words = plainText(message.preview) || "Message deleted";
  return message.author.kind === "visitor" ? `You: ${words}` : words;
}

/** Why the server does not take this client. @type {Record<string, string>} */
const TROUBLES = {
  unauthenticated: "this site’s key is not known to the chat server",
  forbidden: "it is not open to this page",
  too_many_requests: "there were too many attempts",
  invalid_input: "this version does not fit the chat server",
};

/** The connection as it is, in words; nothing while it is well. @param {State} state */
export function connectionOf({ link, wasLive, lastHeard, trouble }) {
  switch (link) {
    case "LIVE":
      return "";
    case "TERMINAL":
      return `This chat cannot connect: ${TROUBLES[trouble ?? ""] ?? "the server refused it"}.`;
    case "CATCHING_UP":
      return "Catching up…";
    case "OFFLINE":
      return wasLive
        ? `Offline. Last in touch at ${timeOf(lastHeard)}. What you write is kept and sent later.`
        : "No connection yet. What you write is kept and sent later.";
    default:
      return wasLive ? "Connecting again…" : "Connecting…";
  }
}

/** Why a message was not taken. @type {Record<string, string>} */
const FAILURES = {
  not_found: "This conversation is gone.",
  payload_too_large: "This is too long.",
  invalid_input: "The server could not read this.",
  conflict: "This can no longer be changed.",
  too_many_requests: "That was too quick. Try again in a moment.",
  offline: "There is no connection. Try again in a moment.",
  unanswered: "The connection broke. Try again.",
  full: "Too many messages are waiting to be sent.",
};

/** @param {string} code */
export const failureOf = (code) => FAILURES[code] ?? "The server could not do this.";

/** Who is there to answer. @param {State} state */
export function presenceOf({ agentsOnline, expectedReply }) {
  if (expectedReply) return expectedReply;
  if (agentsOnline === undefined) return "";
  return agentsOnline ? "We are here" : "We are away and answer as soon as we are back";
}
