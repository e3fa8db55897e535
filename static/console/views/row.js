/**
 * One conversation in the list: who, what was said last and by whom, since when, and how it is filed.
 */

import { plainText } from "../../markup/markdown.js";
import { hashOf } from "../router.js";
import * as state from "../state.js";
import { draftKey } from "../model/drafts.js";
import { contactName, isAnonymous } from "../model/people.js";
import { ahead, brief, moment } from "../model/time.js";
import { html, useComputed } from "../vendor/preact.js";
import { Icon, PriorityIcon } from "./icons.js";
import { Avatar, memo } from "./parts.js";

/** @typedef {import("../model/shapes.js").Summary} Summary */

/**
 * Who wrote last, if it was not the visitor.
 * @param {Summary} summary
 */
function lastBy(summary) {
  const author = summary.lastMessage?.author;
  if (!author || author.kind === "visitor") return "";
  if (author.id === state.me.value?.id) return "You: ";
  return `${author.name ?? "Assistant"}: `;
}

/** @param {{summary: Summary}} props */
function Chips({ summary }) {
  const { labels, priority, assignee, status, snoozedUntil } = summary;
  return html`<span class="row-chips">
    ${
      priority !== "normal" &&
      html`<span class="row-priority" title=${`Priority: ${priority}`}>
      <${PriorityIcon} priority=${priority} /><span class="hidden">Priority ${priority}. </span>
        </span>`
    }
    ${
      status === "snoozed" &&
      html`<span class="chip"><${Icon} name="clock" size=${12} />
      ${snoozedUntil ? ahead(snoozedUntil, state.now.value) : "until they write"}</span>`
    }
    ${labels.slice(0, 2).map(
      (label) => html`<span class="chip is-label" key=${label}>
      ${label}</span>`,
    )}
    ${labels.length > 1 && html`<span class="chip if-tight">+${labels.length - 1}</span>`}
    ${labels.length > 2 && html`<span class="chip if-roomy">+${labels.length - 2}</span>`}
    ${
      assignee.name &&
      html`<span class="row-assignee" title=${`Assigned to ${assignee.name}`}>
      <span class="hidden">Assigned to </span>
        ${assignee.name === state.me.value?.name ? "You" : assignee.name}</span>`
    }
  </span>`;
}

/**
 * @param {{summary: Summary, top: number, isOpen: boolean, isTabStop: boolean, place: number, of: number,
 *   screen: import("../state.js").Route["screen"], onFocus: (id: string) => void}} props
 */
function DrawnRow({ summary, top, isOpen, isTabStop, place, of, screen, onFocus }) {
  const { contact, lastMessage, unread } = summary;
  const name = contactName(contact);
  const at = lastMessage?.at ?? summary.createdAt;
  // Its own part of the drafts only, so that typing does not draw the whole list.
  const draft = useComputed(
    () => state.drafts.value.get(draftKey(summary.id, "reply"))?.text,
  ).value;
  const calls = state.calling.value.has(summary.id);
  return html`<li class="row-place" style=${{ transform: `translateY(${top}px)` }}
    aria-posinset=${place} aria-setsize=${of}>
    <a class=${`row ${unread > 0 || calls ? "is-unread" : ""}`} href=${hashOf(screen, summary.id)}
      tabindex=${isTabStop ? 0 : -1}
      aria-current=${isOpen ? "true" : undefined} onFocus=${() => onFocus(summary.id)}>
      <${Avatar} id=${contact?.id ?? summary.id} name=${name} anonymous=${isAnonymous(contact)}
        state=${contact?.online ? "online" : null} />
      <span class="row-words">
        <span class="row-line">
          <bdi class="row-name">${name}</bdi>
          ${contact?.online && html`<span class="hidden"> online</span>`}
          <time datetime=${at} title=${moment(at)}>${brief(at, state.now.value)}</time>
        </span>
        <span class="row-line">
          ${
            draft && !isOpen
              ? html`<span class="row-preview"><span class="row-draft">Draft: </span>
                ${draft.slice(0, 140)}</span>`
              : html`<span class="row-preview"><span class="row-by">${lastBy(summary)}</span>
                ${lastMessage ? plainText(lastMessage.preview) || "Message deleted" : "No messages yet"}</span>`
          }
          ${
            unread > 0 &&
            html`<span class="unread">${unread > 99 ? "99+" : unread}<span
            class="hidden"> unread</span></span>`
          }
        </span>
        <${Chips} summary=${summary} />
      </span>
    </a>
  </li>`;
}

export const Row = memo(DrawnRow);
