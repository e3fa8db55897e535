/**
 * The shortcuts. None fires while somebody writes, while a dialog is open, or with a modifier that
 * the browser may want for itself.
 */

import { reopen, resolve } from "./actions.js";
import { go } from "./router.js";
import * as state from "./state.js";
import { timers } from "./timers.js";
import { composerField, setMode } from "./views/composer.js";
import { searchField, step } from "./views/list.js";
import { PLACES } from "./views/rail.js";

/** How long `g` waits for the letter of a place. */
const CHORD_MS = 1500;

/** Keys that go on while they are held. */
const REPEATED = new Set(["j", "k"]);

/** @param {EventTarget | null} target */
const isWriting = (target) =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target.matches("input, textarea, select, [role=menu] *"));

/** @param {string} id @param {import("./model/shapes.js").Mode} mode */
function write(id, mode) {
  setMode(id, mode);
  composerField.current?.focus();
}

/** @param {string} id */
function resolveOrReopen(id) {
  const status = state.threadOf(id).peek().summary?.status;
  void (status === "resolved" ? reopen(id) : resolve(id));
}

/** The details are a drawer below this width. */
const WIDE = matchMedia("(min-width: 1280px)");

/** Close the drawer with the details, or else the conversation. */
function closeOrLeave() {
  if (state.isContactShown.peek() && !WIDE.matches) state.isContactShown.value = false;
  else go(state.route.peek().screen);
}

/** What a key does in an open conversation. @type {Readonly<Record<string, (id: string) => void>>} */
const IN_CONVERSATION = {
  r: (id) => write(id, "reply"),
  n: (id) => write(id, "note"),
  e: resolveOrReopen,
  a: (id) => {
    state.dialog.value = { kind: "assign", conversationId: id };
  },
  s: (id) => {
    state.dialog.value = { kind: "snooze", conversationId: id };
  },
  l: (id) => {
    state.dialog.value = { kind: "labels", conversationId: id };
  },
  p: (id) => {
    state.dialog.value = { kind: "priority", conversationId: id };
  },
  Escape: closeOrLeave,
};

/** @type {Readonly<Record<string, () => void>>} */
const ANYWHERE = {
  j: () => step(1),
  k: () => step(-1),
  "/": () => searchField.current?.focus(),
  "?": () => {
    state.dialog.value = { kind: "shortcuts" };
  },
  g: () => timers.after("chord", CHORD_MS, () => undefined),
};

/** @param {KeyboardEvent} event */
function onKey(event) {
  if (state.phase.peek() !== "signedIn" || event.defaultPrevented || event.isComposing) return;
  if (
    (event.metaKey || event.ctrlKey) &&
    event.key.toLowerCase() === "k" &&
    !event.altKey &&
    !event.shiftKey
  ) {
    event.preventDefault();
    const isOpen = state.dialog.peek().kind === "palette";
    state.dialog.value = { kind: isOpen ? "none" : "palette" };
    return;
  }
  const isBusy =
    state.dialog.peek().kind !== "none" || event.metaKey || event.ctrlKey || event.altKey;
  if (event.repeat && !REPEATED.has(event.key)) return;
  if (isBusy || isWriting(event.target)) return;
  const act = found(event.key);
  if (!act) return;
  event.preventDefault();
  act();
}

/** @param {string} key @returns {(() => void) | undefined} */
function found(key) {
  if (timers.isRunning("chord")) {
    timers.stop("chord");
    const place = PLACES.find((one) => one.key.toLowerCase() === key);
    return place && (() => go(place.screen));
  }
  const { conversationId } = state.route.peek();
  const inConversation = conversationId === null ? undefined : IN_CONVERSATION[key];
  if (conversationId !== null && inConversation) return () => inConversation(conversationId);
  return ANYWHERE[key];
}

export function followKeys() {
  addEventListener("keydown", onKey);
}
