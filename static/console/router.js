/**
 * Where the agent is, in the address: `#/mine`, `#/all/cv_…`, `#/visitors`. So the browser's own
 * back button works, and a conversation can be kept as a bookmark.
 */

import { route } from "./state.js";

/** @type {readonly import("./state.js").Route["screen"][]} */
export const SCREENS = ["mine", "unassigned", "all", "snoozed", "resolved", "visitors"];

/**
 * Without a place, all that is open: what a visitor has just asked is nobody's yet.
 * @param {string} hash
 * @returns {import("./state.js").Route}
 */
export function parsed(hash) {
  const [, name = "", id = ""] = hash.split("/");
  const screen = SCREENS.find((one) => one === name) ?? "all";
  const isId = screen !== "visitors" && /^[A-Za-z0-9_-]{1,64}$/.test(id);
  return { screen, conversationId: isId ? id : null };
}

/**
 * @param {import("./state.js").Route["screen"]} screen
 * @param {string | null} [conversationId]
 */
export const hashOf = (screen, conversationId = null) =>
  `#/${screen}${conversationId ? `/${conversationId}` : ""}`;

/**
 * @param {import("./state.js").Route["screen"]} screen
 * @param {string | null} [conversationId]
 */
export function go(screen, conversationId = null) {
  const hash = hashOf(screen, conversationId);
  if (location.hash !== hash) location.hash = hash;
}

/** @param {string} conversationId */
export function openConversation(conversationId) {
  const { screen } = route.peek();
  go(screen === "visitors" ? "all" : screen, conversationId);
}

/** Follow the address for as long as the page lives. */
export function followAddress() {
  const read = () => {
    route.value = parsed(location.hash);
  };
  addEventListener("hashchange", read);
  read();
}
