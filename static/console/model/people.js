/**
 * What people are called and how they are told apart: names, initials, a hue, a level of trust.
 */

/**
 * @typedef {import("./shapes.js").Contact} Contact
 * @typedef {import("./shapes.js").Author} Author
 */

/** The avatars' colours in `console.css`. */
export const HUES = 8;

/**
 * What a contact is called; somebody who said nothing is told apart by the end of the id.
 * @param {Contact | null | undefined} contact
 */
export function contactName(contact) {
  if (!contact) return "Unknown visitor";
  return contact.name || contact.email || contact.userId || `Anonymous · …${contact.id.slice(-4)}`;
}

/** @param {Contact | null | undefined} contact */
export const isAnonymous = (contact) =>
  !contact || !(contact.name || contact.email || contact.userId);

/** @param {string} visitorId */
export const visitorName = (visitorId) => `Anonymous · v_…${visitorId.slice(-4)}`;

/**
 * @param {Author} author
 * @param {Contact | null | undefined} contact whom a visitor author is
 */
export function authorName(author, contact) {
  if (author.kind === "visitor") return author.name || contactName(contact);
  return author.name || (author.kind === "assistant" ? "Assistant" : "System");
}

/**
 * One or two letters; by code points, so that no character is cut in two.
 * @param {string} name
 */
export function initials(name) {
  const words = name
    .trim()
    .split(/[\s@._-]+/u)
    .filter((word) => /[\p{L}\p{N}]/u.test(word));
  const letters = words.map(
    (word) => [...word].find((letter) => /[\p{L}\p{N}]/u.test(letter)) ?? "",
  );
  const picked = letters.length > 1 ? [letters[0], letters.at(-1)] : letters;
  return picked.join("").toLocaleUpperCase().slice(0, 4);
}

/**
 * The same colour for the same id, everywhere.
 * @param {string} id
 */
export function hueOf(id) {
  let sum = 0;
  for (const character of id) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return sum % HUES;
}

/**
 * How far the identity can be relied on: by proof, by their own word, or not at all.
 * @param {Contact | null | undefined} contact
 * @returns {"anonymous" | "identified" | "verified"}
 */
export function trustOf(contact) {
  if (contact?.verified) return "verified";
  return isAnonymous(contact) ? "anonymous" : "identified";
}

/**
 * Whether a conversation is an agent's. A summary names its assignee and has no id, so two agents
 * of one name are not told apart by it.
 * @param {{assignee: {kind: string, name: string | null}}} summary
 * @param {{name: string} | null} agent
 */
export const isMine = (summary, agent) =>
  agent !== null && summary.assignee.kind === "human" && summary.assignee.name === agent.name;
