/**
 * The details beside a conversation: how it is filed, who the visitor is and how far that can be
 * relied on, where they are now, and what else they asked.
 */

import { removeLabel } from "../actions.js";
import { conversations } from "../api.js";
import { openConversation } from "../router.js";
import * as state from "../state.js";
import { contactName, isAnonymous, isMine } from "../model/people.js";
import { ahead, brief, duration, moment } from "../model/time.js";
import { seenWords } from "../model/words.js";
import { html, useEffect, useState } from "../vendor/preact.js";
import { Icon, PriorityIcon } from "./icons.js";
import { Avatar, ContactTrust, IconButton } from "./parts.js";
import { PickerButton } from "./picker.js";

/** @typedef {import("../model/shapes.js").Contact} Contact */
/** @typedef {import("../model/shapes.js").Summary} Summary */

/** @param {{icon: string, name: string, children: any}} props */
const Fact = ({ icon, name, children }) => html`<div class="fact">
  <dt><${Icon} name=${icon} size=${16} /><span>${name}</span></dt><dd>${children}</dd>
</div>`;

/** The id of an agent of whom a summary has the name only. @param {string} name */
const agentNamed = (name) =>
  [...state.agents.value.values()].find((agent) => agent.name === name)?.id ?? name;

/** @param {{summary: Summary}} props */
function Filing({ summary }) {
  const { id, status, labels, priority, assignee, snoozedUntil } = summary;
  const words =
    status === "snoozed" && snoozedUntil
      ? `Snoozed until ${ahead(snoozedUntil, state.now.value)}`
      : `${status[0]?.toUpperCase()}${status.slice(1)}`;
  return html`<section class="details-section" aria-labelledby="filing-title">
    <h2 id="filing-title">Conversation</h2>
    <dl class="filing">
      <div><dt>Assignee</dt><dd><${PickerButton} kind="assign" conversationId=${id} class="is-field"
        label="Assign" keys="A">
        ${
          assignee.name
            ? html`<${Avatar} id=${agentNamed(assignee.name)} name=${assignee.name}
          size="xs" /><bdi>
          ${isMine(summary, state.me.value) ? `${assignee.name} (you)` : assignee.name}</bdi>`
            : html`<span class="nobody">Nobody</span>`
        }
      <//></dd></div>
      <div><dt>Status</dt><dd><${PickerButton} kind="snooze" conversationId=${id} class="is-field"
        label="Status, snooze" keys="S"><span class=${`status-dot is-${status}`}></span>${words}<//>
        </dd></div>
      <div><dt>Priority</dt><dd><${PickerButton} kind="priority" conversationId=${id}
        class="is-field" label="Priority" keys="P"><${PriorityIcon} priority=${priority} />
        ${priority[0]?.toUpperCase()}${priority.slice(1)}<//></dd></div>
      <div class="filing-labels"><dt>Labels</dt><dd>
        ${labels.map(
          (label) => html`<span class="chip is-label" key=${label}><bdi>${label}</bdi>
          <button type="button" aria-label=${`Remove the label ${label}`}
          onClick=${() => void removeLabel(id, label)}><${Icon} name="close" size=${12} /></button>
          </span>`,
        )}
        <${PickerButton} kind="labels" conversationId=${id} class="is-chip" label="Labels" keys="L">
          <${Icon} name="plus" size=${12} />Add<//>
      </dd></div>
    </dl>
  </section>`;
}

/** Values as a person reads them. @param {unknown} value */
const valueText = (value) => (typeof value === "string" ? value : JSON.stringify(value));

/** @param {{title: string, hint: string, data: Record<string, unknown>}} props */
function Metadata({ title, hint, data }) {
  const entries = Object.entries(data).slice(0, 200);
  if (entries.length === 0) return null;
  return html`<section class="details-section"><h2 title=${hint}>${title}</h2>
    <dl class="metadata">${entries.map(
      ([name, value]) => html`<div key=${name}><dt><bdi>
      ${name}</bdi></dt><dd><bdi>${valueText(value)}</bdi></dd></div>`,
    )}</dl>
  </section>`;
}

/** @param {{contactId: string, conversationId: string}} props */
function Others({ contactId, conversationId }) {
  const [others, setOthers] = useState(/** @type {any[] | null} */ (null));
  const [isFailed, setFailed] = useState(false);
  useEffect(() => {
    let isWanted = true;
    setOthers(null);
    setFailed(false);
    conversations({ contact_id: contactId, limit: "20" }).then(
      ({ items }) => isWanted && setOthers(items.filter(({ id }) => id !== conversationId)),
      () => isWanted && setFailed(true),
    );
    return () => {
      isWanted = false;
    };
  }, [contactId, conversationId]);
  if (isFailed) return html`<p class="details-none">Earlier conversations could not be loaded.</p>`;
  if (others === null)
    return html`<div class="lines-skeleton" aria-hidden="true"><i></i><i></i></div>`;
  if (others.length === 0)
    return html`<p class="details-none">This is their only conversation.</p>`;
  return html`<ul class="others">${others.map(
    (one) => html`<li key=${one.id}>
    <button type="button" onClick=${() => openConversation(one.id)}>
      <span class=${`status-dot is-${one.status}`}><span class="hidden">${one.status}: </span>
        </span>
      <span class="others-words">${one.last_message?.preview || "No messages"}</span>
      <time datetime=${one.last_message?.at ?? one.created_at}>
        ${brief(one.last_message?.at ?? one.created_at, state.now.value)}</time>
    </button></li>`,
  )}</ul>`;
}

/** @param {{contact: Contact}} props */
function Now({ contact }) {
  const visitor = state.boardState.value.visitors.find((one) => one.contact?.id === contact.id);
  if (!visitor?.online || !visitor.page) return null;
  return html`<section class="details-section"><h2>On your site now</h2><dl class="facts">
    <${Fact} icon="page" name="Page"><bdi title=${visitor.page.url}>
      ${visitor.page.title || visitor.page.url}</bdi><//>
    ${
      visitor.referrer &&
      html`<${Fact} icon="link" name="Came from"><bdi>${visitor.referrer}</bdi>
      <//>`
    }
    <${Fact} icon="clock" name="For">${duration(visitor.since, state.now.value)}<//>
  </dl></section>`;
}

/** @param {{conversationId: string}} props */
export function Details({ conversationId }) {
  const { summary } = state.threadOf(conversationId).value;
  const close = () => {
    state.isContactShown.value = false;
  };
  if (!summary)
    return html`<aside class="details" aria-label="Details"><div class="lines-skeleton is-padded"
      aria-hidden="true"><i></i><i></i><i></i><i></i></div></aside>`;
  const { contact } = summary;
  const name = contactName(contact);
  return html`<aside class="details" aria-label="Details">
    <header class="pane-head"><h1>Details</h1><${IconButton} icon="close" label="Hide the details"
      tone="only-drawer" onClick=${close} /></header>
    <div class="details-scroll" tabindex="0">
      <section class="who">
        <${Avatar} id=${contact?.id ?? conversationId} name=${name} size="l"
          anonymous=${isAnonymous(contact)} state=${contact?.online ? "online" : null} />
        <h2><bdi>${name}</bdi></h2>
        <p><${ContactTrust} contact=${contact} /><span>
          ${seenWords(contact, state.now.value)}</span></p>
      </section>
      <${Filing} summary=${summary} />
      ${
        contact &&
        html`
        <section class="details-section"><h2>Contact</h2><dl class="facts">
          ${
            contact.email &&
            html`<${Fact} icon="mail" name="E-mail"><bdi>${contact.email}</bdi>
            <//>`
          }
          ${
            contact.phone &&
            html`<${Fact} icon="phone" name="Phone"><bdi>${contact.phone}</bdi>
            <//>`
          }
          ${
            contact.userId &&
            html`<${Fact} icon="id" name="User id"><bdi>${contact.userId}</bdi>
            <//>`
          }
          <${Fact} icon="clock" name="Last seen">
            ${
              contact.online
                ? "Now"
                : contact.lastSeenAt
                  ? html`<time
            datetime=${contact.lastSeenAt}>${moment(contact.lastSeenAt)}</time>`
                  : "Never"
            }<//>
        </dl></section>
        <${Now} contact=${contact} />
        <${Metadata} title="Proven data" hint="Signed by the site's server"
          data=${contact.metadata} />
        <${Metadata} title="Unproven data" hint="What the browser said; it may be anything"
          data=${contact.unverifiedMetadata} />
        <section class="details-section"><h2>Other conversations</h2><${Others}
          contactId=${contact.id} conversationId=${conversationId} /></section>`
      }
    </div>
  </aside>`;
}
