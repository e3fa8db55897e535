/**
 * Small parts that many views are made of.
 */

import { hueOf, initials, trustOf } from "../model/people.js";
import { Component, html } from "../vendor/preact.js";
import { Icon } from "./icons.js";

/**
 * A component that draws again only when one of its properties is another one, or when a signal or
 * a state that it has read changed: those come as a new state object.
 * @template {object} P
 * @param {(props: P) => import("../vendor/preact.js").ComponentChildren} draw
 */
export function memo(draw) {
  return class extends Component {
    /** @param {Record<string, unknown>} next @param {unknown} nextState */
    shouldComponentUpdate(next, nextState) {
      if (nextState !== this.state) return true;
      const held = /** @type {Record<string, unknown>} */ (this.props);
      const names = Object.keys(next);
      return (
        names.length !== Object.keys(held).length || names.some((name) => held[name] !== next[name])
      );
    }

    /** @param {any} props */
    render(props) {
      return draw(props);
    }
  };
}

/**
 * @param {{id: string, name: string, size?: "xs" | "s" | "m" | "l", state?: string | null,
 *   anonymous?: boolean}} props `state`: a dot for online, away or offline
 */
export function Avatar({ id, name, size = "m", state = null, anonymous = false }) {
  const letters = anonymous ? "" : initials(name);
  return html`<span class=${`avatar is-${size}`} data-hue=${anonymous ? "none" : hueOf(id)}
    aria-hidden="true">
    ${letters || html`<${Icon} name="person" size=${size === "l" ? 24 : size === "m" ? 20 : 14} />`}
    ${state && html`<span class=${`dot is-${state}`}></span>`}
  </span>`;
}

const TRUST = {
  anonymous: { text: "Anonymous", hint: "This visitor has not said who they are." },
  identified: { text: "Identified", hint: "The site says who this is; there is no proof." },
  verified: { text: "Verified", hint: "The site has proven who this is." },
  expired: { text: "Proof expired", hint: "The proof of identity has run out." },
};

/** @param {{trust: string}} props */
export function Trust({ trust }) {
  const { text, hint } = TRUST[/** @type {keyof typeof TRUST} */ (trust)] ?? TRUST.anonymous;
  return html`<span class=${`trust is-${trust}`} title=${hint}>
    ${trust === "verified" && html`<${Icon} name="shield" size=${14} />`}${text}
  </span>`;
}

/** @param {{contact: import("../model/shapes.js").Contact | null | undefined}} props */
export const ContactTrust = ({ contact }) => html`<${Trust} trust=${trustOf(contact)} />`;

/** @param {{keys: string}} props keys, separated by spaces */
export const Keys = ({ keys }) =>
  html`<span class="keys" aria-hidden="true">${keys.split(" ").map(
    (key) => html`<kbd>
    ${key}</kbd>`,
  )}</span>`;

const isApple = /Mac|iP(hone|ad|od)/.test(navigator.platform);

/** The key that goes with a letter in a shortcut. */
export const COMMAND_KEY = isApple ? "⌘" : "Ctrl";

/**
 * What a field holds now.
 * @param {Event} event
 */
export const valueIn = ({ target }) =>
  target instanceof HTMLInputElement ||
  target instanceof HTMLTextAreaElement ||
  target instanceof HTMLSelectElement
    ? target.value
    : "";

/**
 * Something to do or to know where a pane has nothing to show.
 * @param {{icon: string, title: string, children?: any, action?: any, tone?: "plain" | "bad"}} props
 */
export const Empty = ({ icon, title, children, action, tone = "plain" }) =>
  html`<div class=${`empty is-${tone}`}>
    <span class="empty-icon"><${Icon} name=${icon} size=${24} /></span>
    <h2>${title}</h2>
    ${children && html`<p>${children}</p>`}
    ${action}
  </div>`;

/**
 * A button that is only an icon, and says what it is.
 * @param {{icon: string, label: string, onClick: (event: MouseEvent) => void, keys?: string,
 *   tone?: string, [attribute: string]: unknown}} props
 */
export function IconButton({ icon, label, onClick, keys, tone = "", ...rest }) {
  const title = keys ? `${label} (${keys})` : label;
  return html`<button type="button" class=${`icon-button ${tone}`} aria-label=${label}
    title=${title}
    onClick=${onClick} ...${rest}><${Icon} name=${icon} /></button>`;
}
