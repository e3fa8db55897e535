/**
 * What was said: messages of the visitor at the start side, of staff at the end side, notes on paper
 * of their own; and what was sent and is not in the log yet.
 */

import { editMessage } from "../actions.js";
import { outbox, reasonOf } from "../outbox.js";
import * as state from "../state.js";
import { authorName, isAnonymous } from "../model/people.js";
import { clock, moment } from "../model/time.js";
import { html, useLayoutEffect, useRef, useState } from "../vendor/preact.js";
import { Icon } from "./icons.js";
import { Markdown } from "./markdown.js";
import { Avatar, IconButton, memo, valueIn } from "./parts.js";

/** @typedef {import("../model/shapes.js").Event} Event */
/** @typedef {import("../model/shapes.js").Contact} Contact */

/** @param {{mark: "sent" | "delivered" | "read"}} props */
function Mark({ mark }) {
  const words = { sent: "Sent", delivered: "Delivered", read: "Read" }[mark];
  return html`<span class=${`receipt is-${mark}`} title=${words}>
    <${Icon} name=${mark === "sent" ? "check" : "checks"} size=${14} /><span class="hidden">
      ${words}</span></span>`;
}

/** @param {{event: Event, onDone: () => void}} props */
function Edit({ event, onDone }) {
  const [text, setText] = useState(event.body ?? "");
  /** @type {import("../vendor/preact.js").RefObject<HTMLTextAreaElement | null>} */
  const field = useRef(null);
  useLayoutEffect(() => {
    field.current?.focus();
    field.current?.setSelectionRange(text.length, text.length);
  }, []);
  const save = async () => {
    const body = text.trim();
    if (body === event.body || body === "") return onDone();
    if (await editMessage(event.conversationId, event.seq, body)) onDone();
  };
  return html`<form class="edit" onSubmit=${(/** @type {SubmitEvent} */ submit) => {
    submit.preventDefault();
    void save();
  }}>
    <textarea ref=${field} aria-label="Edit the message"
      rows=${Math.min(10, text.split("\n").length + 1)} value=${text} maxlength="10000"
      onInput=${(/** @type {InputEvent} */ input) => setText(valueIn(input))}
      onKeyDown=${(/** @type {KeyboardEvent} */ key) => {
        if (key.isComposing) return;
        if (key.key === "Escape") {
          key.stopPropagation();
          onDone();
        }
        if (key.key === "Enter" && !key.shiftKey) {
          key.preventDefault();
          void save();
        }
      }}></textarea>
    <span class="edit-buttons">
      <button type="button" class="button is-small" onClick=${onDone}>Cancel</button>
      <button type="submit" class="button is-small is-primary">Save</button>
    </span>
  </form>`;
}

/** @param {{event: Event, onEdit: () => void}} props */
function Tools({ event, onEdit }) {
  const me = state.me.value;
  const isOwn = event.author.kind === "agent" && event.author.id === me?.id;
  const mayDelete = isOwn || me?.role === "owner" || me?.role === "admin";
  if (event.kind !== "message" || event.deleted || !mayDelete) return null;
  return html`<span class="message-tools">
    ${
      isOwn &&
      html`<${IconButton} icon="pencil" label="Edit the message" tone="is-small"
      onClick=${onEdit} />`
    }
    <${IconButton} icon="trash" label="Delete the message" tone="is-small" onClick=${() =>
      (state.dialog.value = {
        kind: "delete",
        conversationId: event.conversationId,
        seq: event.seq,
      })} />
  </span>`;
}

/**
 * @param {{event: Event, starts: boolean, ends: boolean, mark: "sent" | "delivered" | "read" | null,
 *   contact: Contact | null}} props
 */
function DrawnMessage({ event, starts, ends, mark, contact }) {
  const [isEdited, setEdited] = useState(false);
  const { author, at } = event;
  const isTheirs = author.kind === "visitor";
  const isNote = event.kind === "note";
  const isOwn = author.kind === "agent" && author.id === state.me.value?.id;
  const name = isOwn ? "You" : authorName(author, contact);
  const id = isTheirs ? (contact?.id ?? author.id ?? "") : (author.id ?? author.kind);
  const side = isNote ? "is-note" : isTheirs ? "is-theirs" : "is-ours";
  return html`<article class=${`message ${side} ${starts ? "starts" : ""} ${ends ? "ends" : ""}`}
    aria-label=${`${isNote ? "Note by " : ""}${name}, ${moment(at)}`}
    data-seq=${event.seq} data-log=${event.log}>
    ${
      ends &&
      html`<${Avatar} id=${id} name=${isOwn ? (author.name ?? "") : name} size="s"
      anonymous=${isTheirs && isAnonymous(contact) && !author.name} />`
    }
    <div class="message-body">
      ${
        isNote &&
        starts &&
        html`<p class="note-head"><${Icon} name="note" size=${14} /><strong>
        ${name}</strong> · Note · only your team sees this</p>`
      }
      ${
        !isNote &&
        starts &&
        !isTheirs &&
        !isOwn &&
        html`<p class="message-author"><bdi>
        ${name}</bdi></p>`
      }
      ${
        isEdited
          ? html`<${Edit} event=${event} onDone=${() => setEdited(false)} />`
          : event.deleted
            ? html`<div class="bubble is-deleted">This message was deleted</div>`
            : html`<div class="bubble"><${Markdown} of=${event} source=${event.body ?? ""} /></div>`
      }
      ${!isEdited && html`<${Tools} event=${event} onEdit=${() => setEdited(true)} />`}
      ${
        ends &&
        !isEdited &&
        html`<p class="message-meta">
        <time datetime=${at} title=${moment(at)}>${clock(at)}</time>
        ${
          event.editedAt &&
          !event.deleted &&
          html`<span
          title=${moment(event.editedAt)}> · edited</span>`
        }
        ${mark && html`<${Mark} mark=${mark} />`}
      </p>`
      }
      ${
        !ends &&
        event.editedAt &&
        !event.deleted &&
        html`<p class="message-meta">
        <span>edited</span></p>`
      }
    </div>
  </article>`;
}

export const Message = memo(DrawnMessage);

/**
 * @param {{conversationId: string, pending: import("../model/thread.js").Pending, isConnected: boolean}} props
 */
export function PendingMessage({ conversationId, pending, isConnected }) {
  const { clientMessageId, type, body, state: how, code } = pending;
  const isNote = type === "note";
  const failed = how === "failed";
  return html`<article
    class=${`message is-pending starts ends ${isNote ? "is-note" : "is-ours"} ${failed ? "is-failed" : ""}`}
    aria-label=${failed ? "Not sent" : how === "sent" ? "Sent" : "Being sent"}>
    <div class="message-body">
      <div class="bubble"><${Markdown} of=${pending} source=${body} /></div>
      ${
        failed
          ? html`<p class="message-meta is-bad" role="alert"><${Icon} name="warning" size=${14} />
            <span>Not sent. ${reasonOf(code)}</span>
            <button type="button" class="link-button"
              onClick=${() => outbox.retry(conversationId, clientMessageId)}>Retry</button>
            <button type="button" class="link-button"
              onClick=${() => outbox.discard(conversationId, clientMessageId)}>Discard</button></p>`
          : html`<p class="message-meta"><${Icon} name=${how === "sent" ? "check" : "clock"} size=${14} />
            <span>${how === "sent" ? "Sent" : isConnected ? "Sending…" : "Waits for the connection"}</span></p>`
      }
    </div>
  </article>`;
}
