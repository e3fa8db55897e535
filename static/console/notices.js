/**
 * Calls the agent when they look elsewhere: the number in the title, the dot on the icon, and, once
 * they asked for it with a click, the desktop's notifications.
 */

import { openConversation } from "./router.js";
import { calling, inboxState, route, workspace } from "./state.js";
import { keep, storage } from "./storage.js";
import { computed, effect, signal } from "./vendor/preact.js";
import { contactName } from "./model/people.js";

const WISH = "parley notifications";

/** @typedef {{kind: "mention" | "assigned" | "message", conversationId: string, seq: number}} Call */

/** @type {Readonly<Record<Call["kind"], string>>} */
const TITLES = {
  mention: "You were mentioned in a note",
  assigned: "A conversation was assigned to you",
  message: "New message",
};

/** Conversations with something unread: those of the list, and those that called. */
const unread = computed(() => {
  const listed = inboxState.value.view === "resolved" ? [] : inboxState.value.items;
  const ids = new Set(calling.value);
  for (const { summary } of listed) if (summary.unread > 0) ids.add(summary.id);
  return ids.size;
});

/** What the browser says, and what the agent wished. @returns {"unavailable" | "blocked" | "on" | "off"} */
function standing() {
  if (!("Notification" in window) || !window.isSecureContext) return "unavailable";
  if (Notification.permission === "denied") return "blocked";
  return Notification.permission === "granted" && storage.getItem(WISH) === "on" ? "on" : "off";
}

export const desktop = signal(standing());

/** Turn the desktop's notifications on or off: only ever because the agent clicked. */
export async function toggleDesktop() {
  if (desktop.peek() === "on") keep(WISH, "off");
  else if ((await Notification.requestPermission()) === "granted") keep(WISH, "on");
  desktop.value = standing();
}

/** The conversation is being looked at: it does not call any more. @param {string} conversationId */
export function calmed(conversationId) {
  if (!calling.peek().has(conversationId)) return;
  const rest = new Set(calling.peek());
  rest.delete(conversationId);
  calling.value = rest;
}

class Notices {
  /** @param {Call} call */
  called(call) {
    const { conversationId } = call;
    const isSeen = route.peek().conversationId === conversationId && document.hasFocus();
    if (isSeen) return;
    calling.value = new Set([...calling.peek(), conversationId].slice(-500));
    if (desktop.peek() === "on" && !document.hasFocus()) this.#show(call);
  }

  /** Keep the title and the icon right for as long as the page lives. */
  start() {
    const icon = document.querySelector("link[rel=icon]");
    effect(() => {
      const name = workspace.value?.name;
      const title = name ? `${name} · Parley` : "Parley";
      document.title = unread.value > 0 ? `(${unread.value}) ${title}` : title;
      const href = unread.value > 0 ? "/console/icon-unread.svg" : "/console/icon.svg";
      // Setting it again would fetch it again.
      if (icon?.getAttribute("href") !== href) icon?.setAttribute("href", href);
    });
  }

  /** @param {Call} call */
  #show({ kind, conversationId }) {
    const item = inboxState.peek().items.find(({ summary }) => summary.id === conversationId);
    const notification = new Notification(TITLES[kind], {
      body: item ? contactName(item.summary.contact) : "Open the console to read it.",
      tag: `parley ${conversationId}`,
      icon: "/console/icon.svg",
    });
    notification.onclick = () => {
      window.focus();
      openConversation(conversationId);
      notification.close();
    };
  }
}

export const notices = new Notices();
