/**
 * The list of conversations: a window over what is loaded, more of it when the end comes near.
 * Arrow keys and j/k move, Enter opens; the focus stays on the conversation, not on the place.
 */

import { lists } from "../lists.js";
import { go, hashOf } from "../router.js";
import * as state from "../state.js";
import { timers } from "../timers.js";
import { neighbour } from "../model/inbox.js";
import { html, useEffect, useLayoutEffect, useRef, useState } from "../vendor/preact.js";
import { Icon } from "./icons.js";
import { Empty, IconButton, valueIn } from "./parts.js";
import { PLACES } from "./rail.js";
import { Row } from "./row.js";

/** As in `console.css`. */
const ROW = 84;
const SPARE = 6;
const NEAR_END = 10;

const EMPTY = {
  mine: [
    "person",
    "Nothing waits for you",
    "Conversations that are assigned to you appear here. Take one from Unassigned to begin.",
  ],
  unassigned: [
    "resolved",
    "Everybody is looked after",
    "New conversations wait here until somebody takes them.",
  ],
  all: [
    "inbox",
    "No open conversations",
    "When a visitor writes, their conversation appears here at once.",
  ],
  snoozed: [
    "clock",
    "Nothing is snoozed",
    "Put a conversation off with S; it comes back by itself, or as soon as the visitor writes.",
  ],
  resolved: [
    "resolved",
    "Nothing is resolved yet",
    "What you resolve with E is kept here, and opens again when the visitor writes.",
  ],
};

/** @type {{current: HTMLInputElement | null}} The search field, for the shortcut. */
export const searchField = { current: null };

/** Into the list, where it was left. */
function focusRow() {
  const link = document.querySelector(".rows a[tabindex='0']");
  if (link instanceof HTMLElement) link.focus();
}

function Search() {
  const { query, view } = state.inboxState.value;
  const [text, setText] = useState(query);
  useEffect(() => setText(query), [view]);
  /** @param {string} next @param {number} wait */
  const search = (next, wait) => {
    setText(next);
    timers.after("search", wait, () =>
      lists.look(state.inboxState.peek().view, next.trim().slice(0, 200)),
    );
  };
  return html`<div class="search">
    <${Icon} name="search" size=${16} />
    <input type="search" aria-label="Search this list" placeholder="Search this list"
      maxlength="200" autocomplete="off"
      value=${text} ref=${(/** @type {HTMLInputElement | null} */ field) => (searchField.current = field)}
      onInput=${(/** @type {Event} */ event) => search(valueIn(event), 200)}
      onKeyDown=${(/** @type {KeyboardEvent} */ event) => {
        if (event.key === "Escape" && text) {
          event.stopPropagation();
          search("", 0);
        } else if (event.key === "Escape") searchField.current?.blur();
        else if (event.key === "ArrowDown") {
          event.preventDefault();
          focusRow();
        }
      }} />
    ${
      text &&
      html`<${IconButton} icon="close" label="Clear the search" tone="is-small" onClick=${() => {
        search("", 0);
        searchField.current?.focus();
      }} />`
    }
  </div>`;
}

function Skeleton() {
  return html`<div class="rows-skeleton" aria-hidden="true">
    ${Array.from(
      { length: 7 },
      () => html`<div class="row-skeleton"><i></i><div><b></b><b></b>
      </div></div>`,
    )}
  </div>`;
}

/** What the list shows when it has no rows. */
function NoRows() {
  const { view, query, status, counts } = state.inboxState.value;
  if (status === "failed") {
    return html`<${Empty} icon="warning" tone="bad" title="The list could not be loaded"
      action=${html`<button type="button" class="button"
        onClick=${() => void lists.askInbox()}>Try again</button>`}>
      It is tried again by itself in a moment.<//>`;
  }
  if (status === "loading" || status === "stale" || counts === null) return html`<${Skeleton} />`;
  if (query) {
    return html`<${Empty} icon="search" title="Nothing found">
      No conversation in this list matches “${query}”. Names, e-mails and the latest message are searched.<//>`;
  }
  const [icon, title, words] = EMPTY[view];
  const waiting = view === "mine" && counts.unassigned > 0;
  return html`<${Empty} icon=${icon} title=${title}
    action=${
      waiting &&
      html`<a class="button"
      href=${hashOf("unassigned")}>See ${counts.unassigned} unassigned</a>`
    }>${words}<//>`;
}

/** @param {{items: readonly import("../model/inbox.js").Item[]}} props */
function Rows({ items }) {
  /** @type {import("../vendor/preact.js").RefObject<HTMLDivElement | null>} */
  const box = useRef(null);
  const [view, setView] = useState({ top: 0, height: 900 });
  const { view: name, nextCursor } = state.inboxState.value;
  const openId = state.route.value.conversationId;
  const [focused, setFocused] = useState(/** @type {string | null} */ (null));
  const wantsFocus = useRef(false);

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const measure = () => setView({ top: element.scrollTop, height: element.clientHeight });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    if (box.current) box.current.scrollTop = 0;
  }, [name]);

  const first = Math.max(0, Math.floor(view.top / ROW) - SPARE);
  const last = Math.min(items.length, Math.ceil((view.top + view.height) / ROW) + SPARE);
  useEffect(() => {
    if (nextCursor && last >= items.length - NEAR_END) void lists.more();
  }, [last, items.length, nextCursor]);

  const isListed = (/** @type {string | null} */ id) =>
    items.some(({ summary }) => summary.id === id);
  const tabStop = isListed(focused)
    ? focused
    : isListed(openId)
      ? openId
      : (items[0]?.summary.id ?? null);

  /** @param {string | null} id */
  const focus = (id) => {
    const at = items.findIndex(({ summary }) => summary.id === id);
    const element = box.current;
    if (at < 0 || !element) return;
    if (at * ROW < element.scrollTop) element.scrollTop = at * ROW;
    if ((at + 1) * ROW > element.scrollTop + element.clientHeight)
      element.scrollTop = (at + 1) * ROW - element.clientHeight;
    wantsFocus.current = true;
    setFocused(id);
  };
  useLayoutEffect(() => {
    if (!wantsFocus.current) return;
    const link = box.current?.querySelector("a[tabindex='0']");
    if (link instanceof HTMLElement) {
      wantsFocus.current = false;
      link.focus({ preventScroll: true });
    }
  });

  /** @param {KeyboardEvent} event */
  const onKey = (event) => {
    const inbox = state.inboxState.peek();
    const next = {
      ArrowDown: () => neighbour(inbox, tabStop, 1),
      ArrowUp: () => neighbour(inbox, tabStop, -1),
      Home: () => items[0]?.summary.id ?? null,
      End: () => items.at(-1)?.summary.id ?? null,
    }[event.key];
    if (!next) return;
    event.preventDefault();
    focus(next());
  };

  return html`<div class="rows" ref=${box} onKeyDown=${onKey}
    onScroll=${() => box.current && setView({ top: box.current.scrollTop, height: box.current.clientHeight })}>
    <ul class="rows-all" style=${{ blockSize: `${items.length * ROW}px` }}
      aria-label="Conversations">
      ${items.slice(first, last).map(
        ({ summary }, index) => html`<${Row} key=${summary.id} summary=${summary}
        top=${(first + index) * ROW} isOpen=${summary.id === openId} isTabStop=${summary.id === tabStop}
        place=${first + index + 1} of=${nextCursor ? -1 : items.length} screen=${name} onFocus=${setFocused} />`,
      )}
    </ul>
  </div>`;
}

export function List() {
  const { view, items, status, query, nextCursor } = state.inboxState.value;
  const name = PLACES.find(({ screen }) => screen === view)?.name;
  const isWaiting = status === "refreshing" || status === "stale";
  return html`<section class="list" aria-labelledby="list-title"
    aria-busy=${status === "loading" || isWaiting}>
    <header class="pane-head">
      <${IconButton} icon="menu" label="Views and team" tone="only-narrow"
        onClick=${() => (state.isRailShown.value = true)} />
      <h1 id="list-title">${name}</h1>
      ${
        query &&
        status === "ready" &&
        html`<span class="found">
        ${items.length}${nextCursor ? "+" : ""} found</span>`
      }
    </header>
    <${Search} />
    ${
      items.length > 0
        ? html`<${Rows} items=${items} />`
        : html`<div class="rows-none">
      <${NoRows} /></div>`
    }
  </section>`;
}

/** Open the conversation before or after the one that is open. @param {1 | -1} step */
export function step(step) {
  const { screen, conversationId } = state.route.peek();
  if (screen === "visitors") return;
  const next = neighbour(state.inboxState.peek(), conversationId, step);
  if (next) go(screen, next);
}
