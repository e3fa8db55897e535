/**
 * An open conversation: its head, what was said and done, and the composer below.
 *
 * The log keeps its place: at the end it stays at the end, whatever grows; away from it, nothing
 * that comes moves what is being read, and older pages are put in above without a jump.
 */

import { reopen, resolve } from "../actions.js";
import { desk } from "../desk.js";
import { go } from "../router.js";
import * as state from "../state.js";
import { contactName, isAnonymous, isMine } from "../model/people.js";
import { olderLogs, rowsOf } from "../model/rows.js";
import { head } from "../model/thread.js";
import { ahead, dayName, moment } from "../model/time.js";
import { seenWords, sentence } from "../model/words.js";
import { html, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../vendor/preact.js";
import { Composer } from "./composer.js";
import { Icon } from "./icons.js";
import { Message, PendingMessage } from "./message.js";
import { Avatar, ContactTrust, Empty, IconButton } from "./parts.js";
import { PickerButton } from "./picker.js";

/** @typedef {import("../model/thread.js").Thread} Thread */

/** This close to the end counts as being there. */
const END = 60;
const NEAR_TOP = 300;
/** What is drawn of a log at its end; what came before is loaded again by scrolling. */
const MOST_EVENTS = 600;

/** @param {{thread: Thread}} props */
function Head({ thread }) {
  const { id, summary } = thread;
  const contact = summary?.contact ?? null;
  const name = summary ? contactName(contact) : "Conversation";
  const colleagues = thread.viewers.filter((viewer) => viewer.id !== state.me.value?.id);
  const now = state.now.value;
  return html`<header class="pane-head thread-head">
    <${IconButton} icon="back" label="Back to the list" tone="only-phone"
      onClick=${() => go(state.route.peek().screen)} />
    <${Avatar} id=${contact?.id ?? id} name=${name} anonymous=${isAnonymous(contact)}
      state=${contact?.online ? "online" : null} size="s" />
    <div class="thread-who">
      <h1><bdi>${name}</bdi></h1>
      ${
        summary &&
        html`<p><${ContactTrust} contact=${contact} />
        <span>${seenWords(contact, now)}</span>
        ${
          summary.status === "snoozed" &&
          html`<span class="chip"><${Icon} name="clock"
          size=${12} />
          ${summary.snoozedUntil ? `Snoozed until ${ahead(summary.snoozedUntil, now)}` : "Snoozed"}</span>`
        }
        ${summary.status === "resolved" && html`<span class="chip is-good">Resolved</span>`}</p>`
      }
    </div>
    ${
      colleagues.length > 0 &&
      html`<span class="viewers">
      ${colleagues.slice(0, 3).map(
        (viewer) => html`<${Avatar} key=${viewer.id} id=${viewer.id}
        name=${state.agents.value.get(viewer.id)?.name ?? "?"} size="xs" />`,
      )}
      <span class="viewers-words">${viewersWords(colleagues)}</span>
    </span>`
    }
    ${
      summary &&
      html`<div class="thread-actions">
      <${PickerButton} kind="assign" conversationId=${id} class="assign-button">
        <${Icon} name="person" size=${16} /><span class="button-words">
          ${summary.assignee.name ? (isMine(summary, state.me.value) ? "You" : summary.assignee.name) : "Assign"}</span>
      <//>
      ${
        summary.status !== "resolved" &&
        html`<${PickerButton} kind="snooze" conversationId=${id}
        class="icon-only" label="Snooze" keys="S"><${Icon} name="clock" /><//>`
      }
      ${
        summary.status === "resolved"
          ? html`<button type="button" class="button" onClick=${() => void reopen(id)}
            title="Reopen (E)"><${Icon} name="retry" size=${16} /><span
            class="button-words">Reopen</span></button>`
          : html`<button type="button" class="button is-primary" onClick=${() => void resolve(id)}
            title="Resolve (E)"><${Icon} name="check" size=${16} /><span
            class="button-words">Resolve</span></button>`
      }
      <${IconButton} icon="panel"
        label=${state.isContactShown.value ? "Hide the details" : "Show the details"}
        aria-pressed=${state.isContactShown.value}
        onClick=${() => (state.isContactShown.value = !state.isContactShown.peek())} />
    </div>`
    }
  </header>`;
}

/** @param {readonly import("../model/shapes.js").Viewer[]} viewers */
function viewersWords(viewers) {
  const name = state.agents.value.get(viewers[0]?.id ?? "")?.name ?? "A colleague";
  if (viewers.length > 1) return `${name} and ${viewers.length - 1} more are here`;
  return `${name} is here`;
}

/** @param {{thread: Thread}} props */
function Log({ thread }) {
  /** @type {import("../vendor/preact.js").RefObject<HTMLDivElement | null>} */
  const box = useRef(null);
  const kept = useRef({ height: 0, top: 0, first: "", atEnd: true, placed: false });
  const [isAtEnd, setAtEnd] = useState(true);
  const [seenSeq, setSeenSeq] = useState(0);
  const rows = useMemo(() => rowsOf(thread), [thread.logs, thread.divider]);
  const { summary } = thread;
  const contact = summary?.contact ?? null;
  const isConnected = state.link.value.state === "LIVE" || state.link.value.state === "CATCHING_UP";
  const end = head(thread);
  const scene = {
    ownId: state.me.value?.id ?? null,
    agents: state.agents.value,
    visitor: contactName(contact),
    now: state.now.value,
  };

  const toEnd = () => {
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  };
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const was = kept.current;
    const first = rows.find((row) => row.kind !== "day")?.key ?? "";
    if (!was.placed && thread.status === "open" && rows.length > 0) {
      const divider = element.querySelector(".new-line");
      element.scrollTop = element.scrollHeight;
      if (divider instanceof HTMLElement)
        element.scrollTop = Math.min(element.scrollTop, divider.offsetTop - 80);
      was.placed = true;
    } else if (was.atEnd) toEnd();
    else if (first !== was.first) element.scrollTop = was.top + (element.scrollHeight - was.height);
    was.first = first;
    remember();
  });
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(() => kept.current.atEnd && toEnd());
    observer.observe(element);
    if (element.firstElementChild) observer.observe(element.firstElementChild);
    return () => observer.disconnect();
  }, []);

  const remember = () => {
    const element = box.current;
    if (!element) return;
    const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < END;
    Object.assign(kept.current, { height: element.scrollHeight, top: element.scrollTop, atEnd });
    setAtEnd(atEnd);
    if (atEnd && document.hasFocus()) desk.read();
    if (atEnd) setSeenSeq(end);
    if (atEnd && thread.logs.public.events.length > MOST_EVENTS) {
      state.dispatchThread(thread.id, { type: "trimmed", keep: MOST_EVENTS / 2 });
    }
    if (element.scrollTop < NEAR_TOP && kept.current.placed) void desk.older();
  };
  useEffect(() => {
    const look = () => kept.current.atEnd && document.hasFocus() && desk.read();
    addEventListener("focus", look);
    return () => removeEventListener("focus", look);
  }, []);

  const news = isAtEnd
    ? 0
    : thread.logs.public.events.filter(({ seq, kind }) => seq > seenSeq && kind === "message")
        .length;
  const isOlderThere = olderLogs(thread).length > 0;
  const isLoading = thread.status === "opening" && rows.length === 0;
  return html`<div class="log-frame">
    <div class="log" ref=${box} onScroll=${remember} role="log" aria-live="off"
      aria-label="Messages" tabindex="0">
      <div class="log-column">
        ${
          isLoading
            ? html`<${ThreadSkeleton} />`
            : html`
          <div class="log-start">${
            isOlderThere
              ? html`<span class="loading-older">Loading earlier messages…</span>`
              : rows.length > 0 && summary && html`<span>Began ${moment(summary.createdAt)}</span>`
          }</div>
          ${rows.map((row) => {
            if (row.kind === "day")
              return html`<h2 class="day" key=${row.key}><time datetime=${row.at}>
                ${dayName(row.at, state.now.value)}</time></h2>`;
            if (row.kind === "new")
              return html`<div class="new-line" key=${row.key}><span>New</span></div>`;
            if (row.kind === "line")
              return html`<p class=${`line is-${row.event.kind}`} key=${row.key}
                title=${moment(row.event.at)}><bdi>${sentence(row.event, scene)}</bdi></p>`;
            return html`<${Message} key=${row.key} event=${row.event} starts=${row.starts}
              ends=${row.ends}
              mark=${markOf(row.event, summary)} contact=${contact} />`;
          })}
          ${thread.pending.map(
            (pending) => html`<${PendingMessage} key=${pending.clientMessageId}
            conversationId=${thread.id} pending=${pending} isConnected=${isConnected} />`,
          )}
          <${Typing} thread=${thread} />`
        }
      </div>
    </div>
    ${
      !isAtEnd &&
      html`<button type="button" class="to-end" onClick=${toEnd}>
      <${Icon} name="arrowDown" size=${16} />${news > 0 ? `${news} new` : "Latest"}</button>`
    }
  </div>`;
}

/** @param {import("../model/shapes.js").Event} event @param {import("../model/shapes.js").Summary | null} summary */
function markOf(event, summary) {
  const isOurs = event.kind === "message" && event.author.kind !== "visitor";
  if (!isOurs || !summary || event.deleted) return null;
  const { read, delivered } = summary.marks.visitor;
  return event.seq <= read ? "read" : event.seq <= delivered ? "delivered" : "sent";
}

/** @param {{thread: Thread}} props */
function Typing({ thread }) {
  const { typing, summary } = thread;
  if (!typing) return null;
  return html`<div class="message is-theirs starts ends is-typing">
    <${Avatar} id=${summary?.contact?.id ?? ""} name=${contactName(summary?.contact)}
      anonymous=${isAnonymous(summary?.contact)} size="s" />
    <div class="message-body"><div class="bubble">
      ${
        typing.preview
          ? html`<span class="typing-preview" dir="auto">
        ${typing.preview}</span>`
          : html`<span class="typing-dots" aria-hidden="true"><i></i><i></i>
        <i></i></span>`
      }
      <span class="hidden">${contactName(summary?.contact)} is typing</span>
    </div>${typing.preview && html`<p class="message-meta">is typing; not sent yet</p>`}</div>
  </div>`;
}

const ThreadSkeleton = () => html`<div class="thread-skeleton" aria-hidden="true">
  ${["theirs", "theirs", "ours", "theirs", "ours"].map(
    (side) => html`<div
    class=${`bubble-skeleton is-${side}`}></div>`,
  )}
</div>`;

/** @param {{conversationId: string}} props */
export function ThreadPane({ conversationId }) {
  const thread = state.threadOf(conversationId).value;
  if (thread.status === "gone") {
    return html`<section class="thread" id="thread" tabindex="-1" aria-label="Open conversation"><h1
      class="hidden">Conversation</h1><${Empty} icon="chat" title="This conversation is not there"
      action=${html`<button type="button" class="button"
        onClick=${() => go(state.route.peek().screen)}>Back to the list</button>`}>
      It was deleted, or the address is not right.<//></section>`;
  }
  if (thread.status === "failed") {
    return html`<section class="thread" id="thread" tabindex="-1" aria-label="Open conversation"><h1
      class="hidden">Conversation</h1><${Empty} icon="warning" tone="bad"
      title="The conversation could not be opened"
      action=${html`<button type="button" class="button"
        onClick=${() => desk.again()}>Try again</button>`}>
      The server did not answer as it should.<//></section>`;
  }
  return html`<section class="thread" id="thread" tabindex="-1" aria-label="Open conversation"
    aria-busy=${thread.status === "opening"}>
    <${Head} thread=${thread} />
    <${Log} key=${conversationId} thread=${thread} />
    <${Composer} key=${`composer ${conversationId}`} thread=${thread} />
  </section>`;
}
