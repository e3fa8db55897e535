/**
 * Where replies and notes are written. A reply and a note are two drafts, kept apart, and look so
 * different that nobody sends the one for the other. A colleague's answer that came while a reply was
 * being written stands above it until the agent has decided what to do with theirs.
 */

import { plainText } from "../../markup/markdown.js";
import { reopen } from "../actions.js";
import { desk } from "../desk.js";
import { outbox } from "../outbox.js";
import * as state from "../state.js";
import { draftKey } from "../model/drafts.js";
import { best } from "../model/match.js";
import { contactName } from "../model/people.js";
import { head, repliesAfter } from "../model/thread.js";
import { html, useEffect, useLayoutEffect, useRef, useState } from "../vendor/preact.js";
import { Icon } from "./icons.js";
import { Avatar, Keys, valueIn } from "./parts.js";

/** @typedef {import("../model/thread.js").Thread} Thread */
/** @typedef {import("../model/shapes.js").Agent} Agent */

export const MOST_CHARACTERS = 10_000;
const NEARLY = 9_500;

/** @type {{current: HTMLTextAreaElement | null}} The field, for the shortcuts. */
export const composerField = { current: null };

/** Write a reply or a note. @param {string} conversationId @param {import("../model/shapes.js").Mode} mode */
export function setMode(conversationId, mode) {
  state.modes.value = new Map(state.modes.peek()).set(conversationId, mode);
  desk.rests();
}

/** The name that is being mentioned at the end of `text`, if any. @param {string} text */
const mentionIn = (text) => /(?:^|\s)@([\p{L}\p{N}._-]{0,30})$/u.exec(text)?.[1] ?? null;

/** The agents whom a note names with an @. @param {string} text */
function mentionsIn(text) {
  const agents = [...state.agents.peek().values()];
  return agents
    .filter(({ name }) => text.includes(`@${name}`))
    .map(({ id }) => id)
    .slice(0, 50);
}

/** @param {{replies: import("../model/shapes.js").Event[], onSend: () => void, onDiscard: () => void}} props */
function Collision({ replies, onSend, onDiscard }) {
  const last = replies.at(-1);
  if (!last) return null;
  const names = [...new Set(replies.map(({ author }) => author.name ?? "The assistant"))];
  return html`<div class="collision" role="alert">
    <p class="collision-head"><${Icon} name="warning" size=${16} /><strong>
      ${names.join(" and ")} replied while you typed</strong></p>
    <blockquote><bdi>${plainText(last.body ?? "").slice(0, 240)}</bdi></blockquote>
    <p class="collision-buttons">
      <button type="button" class="button is-small is-primary" id="send-anyway"
        onClick=${onSend}>Send anyway</button>
      <button type="button" class="button is-small"
        onClick=${() => desk.seen()}>Keep editing</button>
      <button type="button" class="button is-small is-quiet"
        onClick=${onDiscard}>Discard my reply</button>
    </p>
  </div>`;
}

/** @param {{thread: Thread}} props */
function Colleagues({ thread }) {
  const typing = thread.viewers.filter(({ id, typing }) => typing && id !== state.me.value?.id);
  const first = typing[0];
  if (!first) return null;
  const name = state.agents.value.get(first.id)?.name ?? "A colleague";
  return html`<p class="colleague" role="status"><${Avatar} id=${first.id} name=${name} size="xs" />
    <span><strong>${name}</strong> is typing ${first.note ? "a note" : "a reply"}…</span></p>`;
}

/**
 * @param {{found: Agent[], at: number, onPick: (agent: Agent) => void}} props
 */
const Mentions = ({
  found,
  at,
  onPick,
}) => html`<div class="mentions" role="listbox" id="mentions" aria-label="Mention a colleague">
  ${found.map(
    (agent, index) => html`<div role="option" id=${`mention-${index}`} key=${agent.id}
      aria-selected=${index === at} class="option"
    onMouseDown=${(/** @type {MouseEvent} */ event) => {
      event.preventDefault();
      onPick(agent);
    }}>
    <${Avatar} id=${agent.id} name=${agent.name} size="xs" state=${agent.state} /><span>
      ${agent.name}</span></div>`,
  )}
</div>`;

/** @param {number} characters */
const leftWords = (characters) =>
  characters > MOST_CHARACTERS
    ? `${characters - MOST_CHARACTERS} characters too many`
    : `${MOST_CHARACTERS - characters} characters left`;

/** Words under the field about what will happen to it. @param {{thread: Thread, isNote: boolean}} props */
function Hint({ thread, isNote }) {
  const { state: link } = state.link.value;
  if (link !== "LIVE" && link !== "CATCHING_UP")
    return html`<span class="is-warned">Waits until you are connected</span>`;
  if (isNote) return html`<span>Only your team sees notes. <b>@</b> calls a colleague.</span>`;
  if (thread.summary?.status === "resolved") {
    return html`<span>This is resolved. <button type="button" class="link-button"
      onClick=${() => void reopen(thread.id)}>Reopen</button></span>`;
  }
  return html`<span class="hint-keys"><${Keys} keys="Enter" /> sends <${Keys}
    keys="Shift Enter" /> new line</span>`;
}

/** @param {{thread: Thread}} props */
export function Composer({ thread }) {
  const mode = state.modes.value.get(thread.id) ?? "reply";
  const isNote = mode === "note";
  const key = draftKey(thread.id, mode);
  const draft = state.drafts.value.get(key);
  const text = draft?.text ?? "";
  const [shown, setShown] = useState(text);
  const [mentionAt, setMentionAt] = useState(0);
  const [isMentionClosed, setMentionClosed] = useState(false);
  /** @type {import("../vendor/preact.js").RefObject<HTMLTextAreaElement | null>} */
  const field = useRef(null);

  // A draft of blanks is not kept, but stays in the field.
  useLayoutEffect(() => {
    if (text !== shown && (text || shown.trim())) setShown(text);
  }, [text, key]);
  useLayoutEffect(() => {
    const element = field.current;
    if (!element) return;
    element.style.blockSize = "auto";
    element.style.blockSize = `${Math.min(element.scrollHeight + 2, Math.max(120, innerHeight * 0.35))}px`;
  }, [shown, key]);
  useEffect(() => {
    composerField.current = field.current;
  }, []);

  const characters = [...shown.trim()].length;
  const replies =
    !isNote && draft ? repliesAfter(thread, draft.baseSeq, state.me.value?.id ?? "") : [];
  const sought = isNote && !isMentionClosed ? mentionIn(shown) : null;
  const found =
    sought === null
      ? []
      : best(
          sought,
          [...state.agents.value.values()].filter(({ id }) => id !== state.me.value?.id),
          ({ name }) => name,
          6,
        );
  const isWritable = thread.summary !== null && thread.status !== "gone";

  /** @param {string} next */
  const write = (next) => {
    setShown(next);
    setMentionAt(0);
    setMentionClosed(false);
    state.dispatchDraft({ type: "written", key, text: next, seq: head(thread), at: Date.now() });
    if (next.trim()) desk.types(thread.id, isNote);
    else desk.rests();
  };
  const send = () => {
    if (characters === 0 || characters > MOST_CHARACTERS || !isWritable) return;
    if (replies.length > 0) return void document.getElementById("send-anyway")?.focus();
    setShown("");
    outbox.send(thread.id, mode, isNote ? mentionsIn(shown) : []);
    field.current?.focus();
  };
  const sendAnyway = () => {
    desk.seen();
    setShown("");
    outbox.send(thread.id, mode, []);
    field.current?.focus();
  };
  const discard = () => {
    setShown("");
    state.dispatchDraft({ type: "dropped", key });
    desk.rests();
    field.current?.focus();
  };
  /** @param {import("../model/shapes.js").Agent} agent */
  const mention = (agent) =>
    write(`${shown.slice(0, shown.length - (sought?.length ?? 0))}${agent.name} `);

  /** @param {KeyboardEvent} event */
  const onKey = (event) => {
    if (event.isComposing) return;
    const picked = found[mentionAt];
    if (picked) {
      const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (move) setMentionAt((mentionAt + move + found.length) % found.length);
      else if (event.key === "Enter" || event.key === "Tab") mention(picked);
      else if (event.key === "Escape") setMentionClosed(true);
      else return;
      event.preventDefault();
      return event.stopPropagation();
    }
    if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      send();
    } else if (event.key === "Escape") field.current?.blur();
  };

  const label = isNote
    ? "Note, only your team sees it"
    : `Reply to ${contactName(thread.summary?.contact)}`;
  return html`<section class=${`composer ${isNote ? "is-note" : ""}`} aria-label="Write">
    <${Colleagues} thread=${thread} />
    ${
      replies.length > 0 &&
      html`<${Collision} replies=${replies} onSend=${sendAnyway}
      onDiscard=${discard} />`
    }
    <form class="composer-box" onSubmit=${(/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      send();
    }}>
      <div class="modes" role="group" aria-label="What to write">
        ${
          /** @type {const} */ (["reply", "note"]).map(
            (one) => html`<button type="button" class="mode" aria-pressed=${mode === one} key=${one}
          title=${one === "reply" ? "Reply (R)" : "Note (N)"} onClick=${() => {
            setMode(thread.id, one);
            field.current?.focus();
          }}>
          <${Icon} name=${one} size=${16} />${one === "reply" ? "Reply" : "Note"}
          ${
            one !== mode &&
            state.drafts.value.has(draftKey(thread.id, one)) &&
            html`<span
            class="draft-dot"><span class="hidden"> has a draft</span></span>`
          }
        </button>`,
          )
        }
        ${isNote && html`<span class="only-team">Note · only your team sees this</span>`}
      </div>
      <textarea ref=${field} rows="2" aria-label=${label} value=${shown} disabled=${!isWritable}
        dir="auto"
        placeholder=${isNote ? "Write a note for your team…" : "Write a reply…"}
        aria-controls=${found.length ? "mentions" : undefined}
        aria-activedescendant=${found.length ? `mention-${mentionAt}` : undefined}
        aria-autocomplete=${isNote ? "list" : undefined}
        onInput=${(/** @type {Event} */ event) => write(valueIn(event))}
        onKeyDown=${onKey} onBlur=${() => desk.rests()}></textarea>
      ${found.length > 0 && html`<${Mentions} found=${found} at=${mentionAt} onPick=${mention} />`}
      <div class="composer-foot">
        <span class="hint"><${Hint} thread=${thread} isNote=${isNote} /></span>
        ${
          characters > NEARLY &&
          html`<span class=${`left ${characters > MOST_CHARACTERS ? "is-over" : ""}`} role="status">
          ${leftWords(characters)}</span>`
        }
        <button type="submit" class="button is-primary send"
          disabled=${characters === 0 || characters > MOST_CHARACTERS}>
          <${Icon} name=${isNote ? "note" : "send"} size=${16} />${isNote ? "Add note" : "Send"}
        </button>
      </div>
    </form>
  </section>`;
}
