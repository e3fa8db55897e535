/**
 * A message's Markdown as elements: the pure parser gives objects, and each becomes a node here.
 * No text is ever read as markup, and a link leads only where the parser lets it.
 */

import { parse } from "../../markup/markdown.js";
import { html } from "../vendor/preact.js";

/** @typedef {import("../../markup/markdown.js").Node} Node */

/** @type {WeakMap<object, unknown>} What was drawn for an event; events never change in place. */
const drawn = new WeakMap();

/**
 * @param {{of: object, source: string}} props `of`: the event that the source belongs to
 */
export function Markdown({ of, source }) {
  if (!drawn.has(of)) drawn.set(of, parse(source).map(block));
  return html`<div class="markdown">${drawn.get(of)}</div>`;
}

/** @param {any} node */
function block(node) {
  return html`<p>${inline(node)}</p>`;
}

/** @param {any} node */
function inline(node) {
  return node;
}
