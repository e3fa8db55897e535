/**
 * DOM nodes in one expression each. Text becomes text nodes and nothing becomes markup, so that
 * whatever somebody writes stays what it is, and no policy of the page is in the way.
 */

/** @typedef {Node | string | false | null | undefined} Child */

/**
 * @template {keyof HTMLElementTagNameMap} N
 * @param {N} name
 * @param {Record<string, any>} [props] functions listen; null, undefined and false are left out
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[N]}
 */
export function h(name, props = {}, ...children) {
  const node = document.createElement(name);
  for (const [prop, value] of Object.entries(props)) {
    if (typeof value === "function") node.addEventListener(prop, value);
    else set(node, prop, value);
  }
  for (const child of children) if (child) node.append(child);
  return node;
}

/**
 * @param {Element} node
 * @param {string} name
 * @param {unknown} value null, undefined and false remove the attribute
 */
export function set(node, name, value) {
  if (value == null || value === false) node.removeAttribute(name);
  else node.setAttribute(name, `${value}`);
}

/**
 * Change a node's text only if it is another: a live region reads out what is written to it.
 * @param {Node} node
 * @param {string} text
 */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** @param {string} path drawn on 24 × 24, in strokes */
export function icon(path) {
  const make = (/** @type {string} */ tag) => document.createElementNS("http://www.w3.org/2000/svg", tag);
  const svg = make("svg");
  set(svg, "viewBox", "0 0 24 24");
  set(svg, "aria-hidden", true);
  set(svg.appendChild(make("path")), "d", path);
  return svg;
}
