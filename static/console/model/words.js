/**
 * What was done to a conversation, as a quiet sentence between its messages.
 */

import { ahead, duration } from "./time.js";

/**
 * @typedef {import("./shapes.js").Event} Event
 * @typedef {{ownId: string | null, agents: ReadonlyMap<string, {name: string}>, visitor: string, now: number}} Scene
 */

/**
 * @param {Event} event
 * @param {Scene} scene
 * @returns {string}
 */
export function sentence(event, scene) {
  const who = actor(event, scene);
  switch (event.kind) {
    case "statusChanged":
      return statusSentence(event, who);
    case "assigned":
      return assignedSentence(event, scene, who);
    case "labelsChanged":
      return labelsSentence(event, who);
    case "priorityChanged":
      return `${who} set the priority to ${event.priority}`;
    case "snoozed":
      if (event.until) return `${who} snoozed this until ${ahead(event.until, scene.now)}`;
      return event.author.kind === "system"
        ? "Back from snooze"
        : `${who} snoozed this until the visitor writes`;
    case "identity":
      return identitySentence(event, scene);
    case "merged":
      return "Two contacts were merged into one";
    case "form":
      return "A form was shown";
    case "formSubmitted":
      return `${scene.visitor} filled in a form`;
    case "ratingRequested":
      return "The visitor was asked for a rating";
    case "rated":
      return `${scene.visitor} rated this ${event.score} of 5${event.comment ? `: “${event.comment}”` : ""}`;
    case "handoff":
      return `${scene.visitor} asked for a person`;
    case "toolCalled":
      return `The assistant used ${event.name ?? "a tool"}`;
    default:
      return "Something happened that this version of the console does not know";
  }
}

/** @param {Event} event @param {Scene} scene */
function actor({ author }, { ownId, visitor }) {
  if (author.kind === "visitor") return visitor;
  if (author.kind === "agent" && author.id === ownId) return "You";
  return author.name ?? (author.kind === "assistant" ? "The assistant" : "");
}

/** @param {Event} event @param {string} who */
function statusSentence({ status }, who) {
  if (status === "resolved") return who ? `${who} resolved this` : "Resolved";
  return who ? `${who} reopened this` : "Reopened by a new message";
}

/** @param {Event} event @param {Scene} scene @param {string} who */
function assignedSentence({ agentId, author }, { ownId, agents }, who) {
  if (!agentId) return `${who} unassigned this`;
  if (agentId === author.id) return who === "You" ? "You took this" : `${who} took this`;
  const whom = agentId === ownId ? "you" : (agents.get(agentId)?.name ?? "a former colleague");
  return `${who} assigned this to ${whom}`;
}

/** @param {Event} event @param {string} who */
function labelsSentence({ added = [], removed = [] }, who) {
  const parts = [
    added.length ? `added ${added.join(", ")}` : "",
    removed.length ? `removed ${removed.join(", ")}` : "",
  ].filter(Boolean);
  return `${who} ${parts.join(" and ") || "looked at the labels"}`;
}

/** @param {Event} event @param {Scene} scene */
function identitySentence({ to, verified }, { visitor }) {
  if (verified) return `${visitor} is now verified`;
  return to && to !== "anonymous"
    ? `${visitor} is now identified`
    : "The visitor is anonymous again";
}

/**
 * When somebody was there last.
 * @param {import("./shapes.js").Contact | null} contact
 * @param {number} now
 */
export function seenWords(contact, now) {
  if (contact?.online) return "Online now";
  if (!contact?.lastSeenAt) return "Offline";
  const age = duration(contact.lastSeenAt, now);
  return age === "just now" ? "Seen just now" : `Seen ${age} ago`;
}
