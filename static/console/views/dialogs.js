/**
 * The dialogs: shortcuts, starting a conversation, deleting a message.
 */

import { deleteMessage, startConversation } from "../actions.js";
import { newId } from "../outbox.js";
import * as state from "../state.js";
import { contactName, visitorName } from "../model/people.js";
import { html, useLayoutEffect, useRef, useState } from "../vendor/preact.js";
import { Modal } from "./modal.js";
import { Palette, PickDialog } from "./palette.js";
import { COMMAND_KEY, IconButton, Keys, valueIn } from "./parts.js";

const close = () => {
  state.dialog.value = { kind: "none" };
};

/** @type {readonly [string, readonly [string, string][]][]} */
const SHORTCUTS = [
  [
    "Anywhere",
    [
      [`${COMMAND_KEY} K`, "Command bar"],
      ["/", "Search the list"],
      ["?", "This sheet"],
      ["Esc", "Close, or back to the list"],
    ],
  ],
  [
    "Go to",
    [
      ["G I", "Mine"],
      ["G U", "Unassigned"],
      ["G A", "All open"],
      ["G S", "Snoozed"],
      ["G R", "Resolved"],
      ["G V", "Visitors"],
    ],
  ],
  [
    "In the list",
    [
      ["J", "Next conversation"],
      ["K", "Previous conversation"],
      ["↑ ↓", "Move"],
      ["Enter", "Open"],
    ],
  ],
  [
    "In a conversation",
    [
      ["R", "Reply"],
      ["N", "Write a note"],
      ["A", "Assign"],
      ["E", "Resolve or reopen"],
      ["S", "Snooze"],
      ["L", "Labels"],
      ["P", "Priority"],
    ],
  ],
  [
    "While writing",
    [
      ["Enter", "Send"],
      ["Shift Enter", "New line"],
      ["@", "Mention a colleague, in a note"],
      ["Esc", "Leave the field"],
    ],
  ],
];

function Shortcuts() {
  return html`<${Modal} label="Keyboard shortcuts" class="sheet" onClose=${close}>
    <header class="modal-head"><h2>Keyboard shortcuts</h2><${IconButton} icon="close" label="Close"
      onClick=${close} /></header>
    <div class="shortcuts">${SHORTCUTS.map(
      ([title, keys]) => html`<section>
      <h3>${title}</h3>
      <dl>${keys.map(
        ([combination, words]) => html`<div><dt>${words}</dt><dd><span class="hidden">
        ${combination}</span><${Keys} keys=${combination} /></dd></div>`,
      )}</dl>
    </section>`,
    )}</div>
  <//>`;
}

/** @param {{visitor: import("../model/shapes.js").Visitor}} props */
function Start({ visitor }) {
  const [text, setText] = useState("");
  const [isSending, setSending] = useState(false);
  const id = useRef(newId());
  /** @type {import("../vendor/preact.js").RefObject<HTMLTextAreaElement | null>} */
  const field = useRef(null);
  useLayoutEffect(() => field.current?.focus(), []);
  const name = visitor.contact ? contactName(visitor.contact) : visitorName(visitor.visitorId);
  const isSendable = text.trim() !== "" && [...text.trim()].length <= 10_000 && !isSending;
  const send = async () => {
    if (!isSendable) return;
    setSending(true);
    if (await startConversation(visitor, text.trim(), id.current)) close();
    else setSending(false);
  };
  return html`<${Modal} label=${`Start a conversation with ${name}`} class="ask" onClose=${close}>
    <form onSubmit=${(/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      void send();
    }}>
      <h2>Start a conversation</h2>
      <p>with <bdi>${name}</bdi>${
        visitor.page &&
        html`, who is on <bdi>
        ${visitor.page.title || visitor.page.url}</bdi>`
      }</p>
      <textarea ref=${field} rows="3" aria-label="Your message"
        placeholder="Hi! Can I help you find something?" value=${text} maxlength="10000"
        onInput=${(/** @type {InputEvent} */ event) => setText(valueIn(event))}
        onKeyDown=${(/** @type {KeyboardEvent} */ event) => {
          if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
            event.preventDefault();
            void send();
          }
        }}></textarea>
      <p class="modal-buttons">
        <button type="button" class="button" onClick=${close}>Cancel</button>
        <button type="submit" class="button is-primary" disabled=${!isSendable}>
          ${isSending ? "Sending…" : "Send"}</button>
      </p>
    </form>
  <//>`;
}

/** @param {{conversationId: string, seq: number}} props */
function Delete({ conversationId, seq }) {
  return html`<${Modal} label="Delete this message?" class="ask" onClose=${close}>
    <h2>Delete this message?</h2>
    <p>It disappears for the visitor and for your team, and cannot be brought back.</p>
    <p class="modal-buttons">
      <button type="button" class="button" onClick=${close}>Keep it</button>
      <button type="button" class="button is-danger" onClick=${() => {
        close();
        void deleteMessage(conversationId, seq);
      }}>Delete</button>
    </p>
  <//>`;
}

export function Dialogs() {
  const dialog = state.dialog.value;
  switch (dialog.kind) {
    case "none":
      return null;
    case "palette":
      return html`<${Palette} />`;
    case "shortcuts":
      return html`<${Shortcuts} />`;
    case "start":
      return html`<${Start} visitor=${dialog.visitor} />`;
    case "delete":
      return html`<${Delete} conversationId=${dialog.conversationId} seq=${dialog.seq} />`;
    default:
      return html`<${PickDialog} key=${dialog.kind} kind=${dialog.kind}
        conversationId=${dialog.conversationId} />`;
  }
}
