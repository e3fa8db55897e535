/**
 * A field and a list below it: type to narrow, arrow keys to move, Enter to take. The command bar is
 * one, and so is every choice about a conversation, in the bar or under its button.
 */

import { addLabel, assign, prioritise, removeLabel, snooze } from "../actions.js";
import * as state from "../state.js";
import { best } from "../model/match.js";
import { ahead, snoozePresets } from "../model/time.js";
import { html, useEffect, useId, useLayoutEffect, useRef, useState } from "../vendor/preact.js";
import { Icon, PriorityIcon } from "./icons.js";
import { Avatar, Keys, valueIn } from "./parts.js";

/**
 * @typedef {object} Choice
 * @property {string} id
 * @property {string} label
 * @property {string} [hint]
 * @property {string} [group]
 * @property {string} [keys]
 * @property {any} [icon]  an icon's name, or something drawn
 * @property {boolean} [checked]
 * @property {string} [words]  more words to be found by
 * @property {() => void} onPick
 *
 * @typedef {"assign" | "snooze" | "priority" | "labels"} PickKind
 */

/**
 * @param {{label: string, placeholder: string, choices: Choice[], onClose: () => void, keepOpen?: boolean,
 *   fresh?: (query: string) => Choice | null, onQuery?: (query: string) => void, none?: string}} props
 *   `fresh` offers something new that was typed
 */
export function Picker({
  label,
  placeholder,
  choices,
  onClose,
  keepOpen = false,
  fresh,
  onQuery,
  none = "Nothing found",
}) {
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const id = useId();
  /** @type {import("../vendor/preact.js").RefObject<HTMLInputElement | null>} */
  const field = useRef(null);
  /** @type {import("../vendor/preact.js").RefObject<HTMLDivElement | null>} */
  const list = useRef(null);
  const found = query.trim()
    ? best(
        query,
        choices,
        ({ label }) => label,
        50,
        ({ words = "" }) => words,
      )
    : choices;
  const made = fresh?.(query.trim()) ?? null;
  const all = made ? [...found, made] : found;
  const active = Math.min(at, all.length - 1);

  useLayoutEffect(() => field.current?.focus(), []);
  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [active, query]);

  /** @param {Choice} choice */
  const pick = (choice) => {
    if (!keepOpen) onClose();
    choice.onPick();
    if (keepOpen) {
      setQuery("");
      setAt(0);
      field.current?.focus();
    }
  };
  /** @param {KeyboardEvent} event */
  const onKey = (event) => {
    if (event.isComposing) return;
    const move = { ArrowDown: active + 1, ArrowUp: active - 1, Home: 0, End: all.length - 1 }[
      event.key
    ];
    if (
      move !== undefined &&
      all.length > 0 &&
      !(query && (event.key === "Home" || event.key === "End"))
    ) {
      setAt((move + all.length) % all.length);
    } else if (event.key === "Enter") {
      const choice = all[active];
      if (choice) pick(choice);
    } else if (event.key === "Escape") onClose();
    else if (event.key === "Tab") return onClose();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  let group = "";
  return html`<div class="picker" onKeyDown=${onKey}>
    <div class="picker-field"><${Icon} name="search" size=${16} />
      <input ref=${field} type="text" role="combobox" aria-label=${label} placeholder=${placeholder}
        autocomplete="off" spellcheck=${false}
        aria-expanded="true" aria-controls=${`${id}-list`} aria-autocomplete="list"
        aria-activedescendant=${all.length ? `${id}-${active}` : undefined}
        value=${query} maxlength="100"
        onInput=${(/** @type {InputEvent} */ event) => {
          if (!(event.target instanceof HTMLInputElement)) return;
          setQuery(event.target.value);
          setAt(0);
          onQuery?.(event.target.value);
        }} />
    </div>
    <div class="picker-list" role="listbox" id=${`${id}-list`} aria-label=${label} ref=${list}>
      ${all.map((choice, index) => {
        const heads = choice.group !== undefined && choice.group !== group && !query.trim();
        group = choice.group ?? group;
        return html`
          ${
            heads &&
            html`<div class="picker-group" role="presentation"
            key=${`group ${choice.group}`}>${choice.group}</div>`
          }
          <div class="option" role="option" key=${choice.id} id=${`${id}-${index}`}
            aria-selected=${index === active}
            onMouseMove=${() => index !== active && setAt(index)} onClick=${() => pick(choice)}>
            ${
              typeof choice.icon === "string"
                ? html`<${Icon} name=${choice.icon}
              size=${16} />`
                : choice.icon
            }
            <span class="option-label"><bdi>${choice.label}</bdi></span>
            ${choice.hint && html`<span class="option-hint">${choice.hint}</span>`}
            ${choice.keys && html`<${Keys} keys=${choice.keys} />`}
            ${
              choice.checked &&
              html`<span class="option-check"><${Icon} name="check" size=${16}
              title="chosen" /></span>`
            }
          </div>`;
      })}
    </div>
    ${all.length === 0 && html`<p class="picker-none" role="status">${none}</p>`}
  </div>`;
}

const PRIORITIES = /** @type {const} */ (["urgent", "high", "normal", "low"]);

/** @param {string} conversationId @param {import("../model/shapes.js").Summary | null} summary @returns {Choice[]} */
function assignChoices(conversationId, summary) {
  const me = state.me.value;
  const others = [...state.agents.value.values()]
    .filter(({ id }) => id !== me?.id)
    .sort((one, other) => one.name.localeCompare(other.name));
  const all = me ? [me, ...others] : others;
  return [
    ...all.map((agent) => ({
      id: agent.id,
      label: agent.id === me?.id ? `${agent.name} (you)` : agent.name,
      words: agent.email,
      hint: agent.state === "online" ? "" : agent.state,
      icon: html`<${Avatar} id=${agent.id} name=${agent.name} size="xs" state=${agent.state} />`,
      checked: summary?.assignee.kind === "human" && summary.assignee.name === agent.name,
      onPick: () => void assign(conversationId, agent.id),
    })),
    {
      id: "nobody",
      label: "Nobody",
      icon: "tray",
      checked: summary?.assignee.kind === "none",
      onPick: () => void assign(conversationId, null),
    },
  ];
}

/** @param {string} conversationId @param {import("../model/shapes.js").Summary | null} summary @returns {Choice[]} */
function labelChoices(conversationId, summary) {
  const held = summary?.labels ?? [];
  const known = [...state.knownLabels.value].filter((label) => !held.includes(label)).sort();
  return [
    ...held.map((label) => ({
      id: label,
      label,
      icon: "tag",
      checked: true,
      onPick: () => void removeLabel(conversationId, label),
    })),
    ...known.map((label) => ({
      id: label,
      label,
      icon: "tag",
      onPick: () => void addLabel(conversationId, label),
    })),
  ];
}

/** A moment that is not offered. @param {{onPick: (at: number) => void, onClose: () => void}} props */
function OwnMoment({ onPick, onClose }) {
  const [text, setText] = useState("");
  const at = new Date(text).getTime();
  const isPast = text !== "" && !(at > Date.now());
  const id = useId();
  return html`<form class="own-moment" onSubmit=${(/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    if (text && !isPast) {
      onClose();
      onPick(at);
    }
  }} onKeyDown=${(/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      onClose();
    }
  }}>
    <label for=${id}>Snooze until</label>
    <input id=${id} type="datetime-local" value=${text} aria-invalid=${isPast}
      aria-describedby=${`${id}-fault`}
      ref=${(/** @type {HTMLInputElement | null} */ field) => {
        if (field && !text && document.activeElement !== field) field.focus();
      }}
      onInput=${(/** @type {Event} */ event) => setText(valueIn(event))} />
    <p class="fault" id=${`${id}-fault`}>${isPast ? "Pick a time that lies ahead." : ""}</p>
    <button type="submit" class="button is-primary" disabled=${!text || isPast}>Snooze</button>
  </form>`;
}

/** The choices about one conversation. @param {{kind: PickKind, conversationId: string, onClose: () => void}} props */
export function ConversationPicker({ kind, conversationId, onClose }) {
  const [isOwnMoment, setOwnMoment] = useState(false);
  const { summary } = state.threadOf(conversationId).value;
  const now = state.now.value;
  switch (kind) {
    case "assign":
      return html`<${Picker} label="Assign to" placeholder="Assign to…" onClose=${onClose}
        choices=${assignChoices(conversationId, summary)} />`;
    case "priority":
      return html`<${Picker} label="Priority" placeholder="Set the priority…" onClose=${onClose}
        choices=${PRIORITIES.map((priority) => ({
          id: priority,
          label: `${priority[0]?.toUpperCase()}${priority.slice(1)}`,
          icon: html`<${PriorityIcon} priority=${priority} />`,
          checked: summary?.priority === priority,
          onPick: () => void prioritise(conversationId, priority),
        }))} />`;
    case "snooze":
      if (isOwnMoment)
        return html`<${OwnMoment} onClose=${onClose}
          onPick=${(/** @type {number} */ at) => void snooze(conversationId, at)} />`;
      return html`<${Picker} label="Snooze until" placeholder="Snooze until…" onClose=${onClose}
        keepOpen=${true} choices=${[
          ...snoozePresets(now).map(({ id, name, at }) => ({
            id,
            label: name,
            hint: ahead(at, now),
            icon: "clock",
            onPick: () => {
              onClose();
              void snooze(conversationId, at);
            },
          })),
          {
            id: "own",
            label: "Pick a date and time…",
            icon: "pencil",
            onPick: () => setOwnMoment(true),
          },
        ]} />`;
    case "labels":
      return html`<${Picker} label="Labels" placeholder="Add or remove a label…" onClose=${onClose}
        keepOpen=${true}
        choices=${labelChoices(conversationId, summary)} none="Type a name to make the first label"
        fresh=${(/** @type {string} */ query) =>
          query && !state.knownLabels.peek().has(query) && !summary?.labels.includes(query)
            ? {
                id: `new ${query}`,
                label: `New label “${query}”`,
                icon: "plus",
                onPick: () => void addLabel(conversationId, query),
              }
            : null} />`;
  }
}

/**
 * A button with the choices under it.
 * @param {{kind: PickKind, conversationId: string, children: any, class?: string, label?: string,
 *   keys?: string, align?: "start" | "end"}} props
 */
export function PickerButton({
  kind,
  conversationId,
  children,
  class: name = "",
  label,
  keys,
  align = "end",
}) {
  const [isOpen, setOpen] = useState(false);
  /** @type {import("../vendor/preact.js").RefObject<HTMLDivElement | null>} */
  const root = useRef(null);
  const close = () => {
    setOpen(false);
    root.current?.querySelector("button")?.focus();
  };
  useEffect(() => {
    if (!isOpen) return undefined;
    const away = (/** @type {PointerEvent} */ event) => {
      if (event.target instanceof Node && !root.current?.contains(event.target)) setOpen(false);
    };
    document.addEventListener("pointerdown", away, true);
    return () => document.removeEventListener("pointerdown", away, true);
  }, [isOpen]);
  return html`<div class="picker-anchor" ref=${root}>
    <button type="button" class=${`button ${name}`} aria-haspopup="dialog" aria-expanded=${isOpen}
      title=${label ? `${label}${keys ? ` (${keys})` : ""}` : undefined}
      onClick=${() => setOpen(!isOpen)}>${label && html`<span class="hidden">${label}: </span>`}${children}</button>
    ${
      isOpen &&
      html`<div class=${`popover is-${align}`} role="dialog" aria-label=${label ?? kind}>
      <${ConversationPicker} kind=${kind} conversationId=${conversationId} onClose=${close} />
        </div>`
    }
  </div>`;
}
