/**
 * The command bar: every place, every act on the open conversation, and every conversation by name.
 */

import * as actions from "../actions.js";
import { conversations } from "../api.js";
import { go } from "../router.js";
import * as state from "../state.js";
import { setTheme, theme } from "../theme.js";
import { timers } from "../timers.js";
import { contactName } from "../model/people.js";
import { brief } from "../model/time.js";
import { html, useEffect, useState } from "../vendor/preact.js";
import { composerField, setMode } from "./composer.js";
import { Modal } from "./modal.js";
import { Avatar } from "./parts.js";
import { ConversationPicker, Picker } from "./picker.js";
import { PLACES } from "./rail.js";

/** @typedef {import("./picker.js").Choice} Choice */

const FIND_MS = 200;

/** @param {string} conversationId @returns {Choice[]} */
function conversationCommands(conversationId) {
  const { summary } = state.threadOf(conversationId).value;
  if (!summary) return [];
  const group = "This conversation";
  const isResolved = summary.status === "resolved";
  const pick = (/** @type {import("./picker.js").PickKind} */ kind) => () => {
    state.dialog.value = { kind, conversationId };
  };
  const write = (/** @type {import("../model/shapes.js").Mode} */ mode) => () => {
    setMode(conversationId, mode);
    composerField.current?.focus();
  };
  return [
    { id: "reply", group, label: "Reply", icon: "reply", keys: "R", onPick: write("reply") },
    { id: "note", group, label: "Write a note", icon: "note", keys: "N", onPick: write("note") },
    {
      id: "take",
      group,
      label: "Assign to me",
      icon: "person",
      words: "take mine",
      onPick: () => void actions.assign(conversationId, state.me.peek()?.id ?? null),
    },
    { id: "assign", group, label: "Assign to…", icon: "people", keys: "A", onPick: pick("assign") },
    isResolved
      ? {
          id: "reopen",
          group,
          label: "Reopen",
          icon: "retry",
          keys: "E",
          onPick: () => void actions.reopen(conversationId),
        }
      : {
          id: "resolve",
          group,
          label: "Resolve",
          icon: "check",
          keys: "E",
          words: "close done",
          onPick: () => void actions.resolve(conversationId),
        },
    {
      id: "snooze",
      group,
      label: "Snooze…",
      icon: "clock",
      keys: "S",
      words: "later",
      onPick: pick("snooze"),
    },
    ...(summary.status === "snoozed"
      ? [
          {
            id: "wake",
            group,
            label: "Wake up now",
            icon: "sun",
            onPick: () => void actions.reopen(conversationId),
          },
        ]
      : []),
    { id: "labels", group, label: "Labels…", icon: "tag", keys: "L", onPick: pick("labels") },
    {
      id: "priority",
      group,
      label: "Priority…",
      icon: "flag",
      keys: "P",
      onPick: pick("priority"),
    },
  ];
}

/** @returns {Choice[]} */
function generalCommands() {
  const mine = state.me.value?.state;
  return [
    ...PLACES.map(({ screen, name, icon, key }) => ({
      id: `go ${screen}`,
      group: "Go to",
      label: name,
      icon,
      keys: `G ${key}`,
      words: "go view",
      onPick: () => go(screen),
    })),
    .../** @type {const} */ (["online", "away", "offline"])
      .filter((one) => one !== mine)
      .map((one) => ({
        id: `be ${one}`,
        group: "You",
        label: `Be ${one}`,
        words: "availability status",
        icon: html`<span class=${`dot is-${one}`}></span>`,
        onPick: () => void actions.setAvailability(one),
      })),
    .../** @type {const} */ (["light", "dark", "auto"])
      .filter((one) => one !== theme.value)
      .map((one) => ({
        id: `theme ${one}`,
        group: "You",
        label: {
          light: "Light appearance",
          dark: "Dark appearance",
          auto: "Appearance as the system",
        }[one],
        words: "theme colour mode",
        icon: { light: "sun", dark: "moon", auto: "panel" }[one],
        onPick: () => setTheme(one),
      })),
    {
      id: "keys",
      group: "You",
      label: "Keyboard shortcuts",
      icon: "keyboard",
      keys: "?",
      words: "help",
      onPick: () => {
        state.dialog.value = { kind: "shortcuts" };
      },
    },
  ];
}

/** Conversations found by the server, and those of the list at once. @param {string} query */
function useFound(query) {
  const [found, setFound] = useState(/** @type {Choice[]} */ ([]));
  const sought = query.trim();
  useEffect(() => {
    if (sought.length < 2) return setFound([]);
    let isWanted = true;
    timers.after("find", FIND_MS, async () => {
      try {
        const { items } = await conversations({ q: sought.slice(0, 200), limit: "8" });
        if (isWanted) setFound(items.map(choiceOf));
      } catch {
        if (isWanted) setFound([]);
      }
    });
    return () => {
      isWanted = false;
      timers.stop("find");
    };
  }, [sought]);
  return found;
}

/** @param {any} item as REST has it @returns {Choice} */
function choiceOf(item) {
  const contact = item.contact && { ...item.contact, userId: item.contact.user_id };
  const name = contactName(contact);
  return {
    id: item.id,
    label: name,
    group: "Conversations",
    // The server has matched it already, by words that need not be shown.
    words: `${item.last_message?.preview ?? ""} ${contact?.email ?? ""}`,
    hint: `${item.status} · ${brief(item.last_message?.at ?? item.created_at, Date.now())}`,
    icon: html`<${Avatar} id=${contact?.id ?? item.id} name=${name} size="xs" />`,
    onPick: () => go(item.status === "open" ? "all" : item.status, item.id),
  };
}

export function Palette() {
  const [query, setQuery] = useState("");
  const found = useFound(query);
  const { conversationId } = state.route.value;
  const close = () => {
    if (state.dialog.peek().kind === "palette") state.dialog.value = { kind: "none" };
  };
  const choices = [
    ...(conversationId ? conversationCommands(conversationId) : []),
    ...generalCommands(),
    ...found,
  ];
  return html`<${Modal} label="Command bar" class="palette" onClose=${close}>
    <${Picker} label="Search and commands" placeholder="Search conversations or type a command…"
      choices=${choices} onClose=${close} onQuery=${setQuery}
      none="No command and no conversation matches" />
    <p class="palette-foot" aria-hidden="true"><span><kbd>↑</kbd><kbd>↓</kbd> move</span><span>
      <kbd>Enter</kbd> do it</span><span><kbd>Esc</kbd> close</span></p>
  <//>`;
}

/**
 * A choice about the open conversation, asked for by its key.
 * @param {{kind: import("./picker.js").PickKind, conversationId: string}} props
 */
export function PickDialog({ kind, conversationId }) {
  const close = () => {
    if (state.dialog.peek().kind === kind) state.dialog.value = { kind: "none" };
  };
  const label = { assign: "Assign", snooze: "Snooze", labels: "Labels", priority: "Priority" }[
    kind
  ];
  return html`<${Modal} label=${label} class="palette" onClose=${close}>
    <${ConversationPicker} kind=${kind} conversationId=${conversationId} onClose=${close} />
  <//>`;
}
