/**
 * DOM nodes in one expression each. Text becomes text nodes and nothing becomes markup, so that
 * whatever somebody writes stays what it is, and no policy of the page is in the way.
 */

/** @typedef {Node | string | false | null | undefined} Child */

/**
 * @template {keyof HTMLElementTagNameMap} N
 * @param {N} name
 * @param {Record<string, any>} [props] `on…` become listeners; null, undefined and false are left out
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[N]}
 */
export function h(name, props = {}, ...children) {
  const node = document.createElement(name);
  for (const [prop, value] of Object.entries(props)) {
    if (prop.startsWith("on")) node.addEventListener(prop.slice(2), value);
    else set(node, prop, value);
  }
  for (const child of children) if (child || child === "") node.append(child);
  return node;
}

/**
 * Set an attribute if it is another; null and false remove it.
 * @param {Element} node
 * @param {string} name
 * @param {string | number | boolean | null | undefined} value
 */
export function set(node, name, value) {
  if (value == null || value === false) node.removeAttribute(name);
  else if (node.getAttribute(name) !== `${value}`) node.setAttribute(name, `${value}`);
}

/**
 * Change a node's text only if it is another: a live region reads out what is written to it.
 * @param {Node} node
 * @param {string} text
 */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Drawn on 24 × 24, in strokes. */
const ICONS = {
  back: "M15 5l-7 7 7 7",
  close: "M6 6l12 12M18 6L6 18",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  send: "M12 19V5M6 11l6-6 6 6",
  down: "M12 5v14M6 13l6 6 6-6",
  alert: "M12 8v5M12 16.5h.01",
  new: "M12 5v14M5 12h14",
};

/** @param {keyof typeof ICONS} name */
export function icon(name) {
  const make = (/** @type {string} */ tag) => document.createElementNS("http://www.w3.org/2000/svg", tag);
  const svg = make("svg");
  const path = make("path");
  set(svg, "viewBox", "0 0 24 24");
  set(svg, "aria-hidden", true);
  set(path, "d", ICONS[name]);
  svg.append(path);
  return svg;
}
