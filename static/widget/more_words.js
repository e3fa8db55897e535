/** The words of the rarer things: the list, what did not work. */

import { plainText } from "../markup/markdown.js";
import { dayKey, dayOf, timeOf } from "./words.js";

/** @import { Data } from "../protocol/connection.js" */

/** When something happened, in a list. @param {string} at @param {number} now */
export const whenOf = (at, now) => (dayKey(at) === dayKey(now) ? timeOf(at) : dayOf(at, now));

/** A message in a line of the list. @param {Data | null | undefined} message */
export function previewOf(message) {
  if (!message) return "";
  const words = plainText(message.preview) || "Message deleted";
  return message.author.kind === "visitor" ? `You: ${words}` : words;
}

/** Why something was not done. @type {Record<string, string>} */
const FAILURES = {
  not_found: "It is not there any more.",
  payload_too_large: "It is too long.",
  invalid_input: "It cannot be read.",
  conflict: "It can no longer be changed.",
  too_many_requests: "That was too quick. Try again in a moment.",
  offline: "There is no connection. Try again in a moment.",
  unanswered: "The connection broke. Try again.",
  full: "Too many messages are waiting.",
};

/** @param {string} code */
export const failureOf = (code) => FAILURES[code] ?? "The server could not do it.";
