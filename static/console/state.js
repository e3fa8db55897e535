/**
 * What the console knows, as signals: the one place that views read and that `session.js` and its
 * helpers write. Data changes through the pure reducers of `model/` only (`dispatch…`); each open
 * conversation is a signal of its own, so that one message draws one thread.
 */

import { NO_BOARD, board } from "./model/board.js";
import { drafts as draftsAfter } from "./model/drafts.js";
import { NO_INBOX, inbox } from "./model/inbox.js";
import { newThread, thread } from "./model/thread.js";
import { timers } from "./timers.js";
import { signal } from "./vendor/preact.js";

/**
 * @typedef {import("./model/shapes.js").View} View
 * @typedef {import("./model/shapes.js").Agent} Agent
 * @typedef {import("./model/thread.js").Thread} Thread
 * @typedef {import("./vendor/preact.js").Signal<Thread>} ThreadSignal
 * @typedef {{screen: View | "visitors", conversationId: string | null}} Route
 * @typedef {{id: number, tone: "plain" | "bad", text: string}} Toast
 * @typedef {{state: import("../protocol/states.js").State, since: number, synced: number | null,
 *   failures: number, ended: string | null}} LinkState  `since` and `synced` in ms; `failures`: how
 *   often it was lost or not reached since it was last there; `ended`: why it is TERMINAL
 * @typedef {{kind: "none"} | {kind: "palette"} | {kind: "shortcuts"}
 *   | {kind: "start", visitor: import("./model/shapes.js").Visitor}
 *   | {kind: "delete", conversationId: string, seq: number}
 *   | {kind: "snooze" | "labels" | "assign" | "priority", conversationId: string}} Dialog
 */

/** @type {import("./vendor/preact.js").Signal<"booting" | "signedOut" | "signedIn">} */
export const phase = signal("booting");
/** Why the sign-in page is shown to somebody who was signed in. */
export const signedOutReason = signal("");
/** @type {import("./vendor/preact.js").Signal<LinkState>} */
export const link = signal({
  state: "OFFLINE",
  since: Date.now(),
  synced: null,
  failures: 0,
  ended: null,
});
/** @type {import("./vendor/preact.js").Signal<Agent | null>} */
export const me = signal(null);
/** @type {import("./vendor/preact.js").Signal<{id: string, name: string} | null>} */
export const workspace = signal(null);
/** @type {import("./vendor/preact.js").Signal<ReadonlyMap<string, Agent>>} */
export const agents = signal(new Map());
export const inboxState = signal(NO_INBOX);
export const boardState = signal(NO_BOARD);
/** @type {import("./vendor/preact.js").Signal<import("./model/drafts.js").Drafts>} */
export const drafts = signal(new Map());
/**
 * Which of the two is being written in a conversation.
 * @type {import("./vendor/preact.js").Signal<
 *   ReadonlyMap<string, import("./model/shapes.js").Mode>>}
 */
export const modes = signal(new Map());
/** @type {import("./vendor/preact.js").Signal<Route>} */
export const route = signal({ screen: "all", conversationId: null });
/** @type {import("./vendor/preact.js").Signal<Dialog>} */
export const dialog = signal({ kind: "none" });
/** @type {import("./vendor/preact.js").Signal<readonly Toast[]>} */
export const toasts = signal([]);
/**
 * Conversations that called for this agent and have not been looked at since.
 * @type {import("./vendor/preact.js").Signal<ReadonlySet<string>>}
 */
export const calling = signal(new Set());
/** Labels seen anywhere, for suggestions. @type {import("./vendor/preact.js").Signal<ReadonlySet<string>>} */
export const knownLabels = signal(new Set());
/** The present, as fine as relative times need it. */
export const now = signal(Date.now());
/** Words for a screen reader, said once. */
export const announcement = signal("");
export const isContactShown = signal(true);
export const isRailShown = signal(false);

/** @param {import("./model/inbox.js").InboxAction} action */
export function dispatchInbox(action) {
  inboxState.value = inbox(inboxState.peek(), action);
}

/** @param {import("./model/board.js").BoardAction} action */
export function dispatchBoard(action) {
  boardState.value = board(boardState.peek(), action);
}

/** @param {import("./model/drafts.js").DraftAction} action */
export function dispatchDraft(action) {
  drafts.value = draftsAfter(drafts.peek(), action);
}

/** Threads in the order in which they were last used. @type {Map<string, ThreadSignal>} */
const threads = new Map();
const MOST_THREADS = 30;

/**
 * The thread of a conversation, made when it is first asked for.
 * @param {string} conversationId
 * @returns {ThreadSignal}
 */
export function threadOf(conversationId) {
  const known = threads.get(conversationId);
  const item = inboxState.peek().items.find(({ summary }) => summary.id === conversationId);
  const found = known ?? signal(newThread(conversationId, item?.summary ?? null));
  threads.delete(conversationId);
  threads.set(conversationId, found);
  for (const [id, one] of threads) {
    if (threads.size <= MOST_THREADS) break;
    if (id !== conversationId && one.peek().pending.length === 0) threads.delete(id);
  }
  return found;
}

export const heldThreads = () => [...threads.values()];

/**
 * @param {string} conversationId
 * @param {import("./model/thread.js").ThreadAction} action
 */
export function dispatchThread(conversationId, action) {
  const found = threads.get(conversationId);
  if (found) found.value = thread(found.peek(), action);
}

/** Somebody else signs in: nothing of the one before stays. */
export function forgetEverything() {
  threads.clear();
  inboxState.value = { ...NO_INBOX, view: inboxState.peek().view };
  boardState.value = NO_BOARD;
  drafts.value = new Map();
  modes.value = new Map();
  calling.value = new Set();
  knownLabels.value = new Set();
  agents.value = new Map();
  me.value = null;
  workspace.value = null;
  dialog.value = { kind: "none" };
}

const ANNOUNCED_MS = 4000;

/** Say something to a screen reader; the same words can be said again later. @param {string} words */
export function announce(words) {
  announcement.value = words;
  timers.after("announcement", ANNOUNCED_MS, () => (announcement.value = ""));
}

let lastToast = 0;
const MOST_TOASTS = 4;

/**
 * @param {string} text
 * @param {Toast["tone"]} [tone]
 */
export function toast(text, tone = "plain") {
  toasts.value = [...toasts.peek(), { id: ++lastToast, tone, text }].slice(-MOST_TOASTS);
}

/** @param {number} id */
export function dropToast(id) {
  toasts.value = toasts.peek().filter((one) => one.id !== id);
}
