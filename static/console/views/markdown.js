/**
 * A message's Markdown as elements: the pure parser gives objects, and each becomes a node here.
 * No text is ever read as markup, and a link leads only where the parser lets it.
 */

import { parse } from "../../markup/markdown.js";
import { html } from "../vendor/preact.js";

/** @typedef {import("../../markup/markdown.js").Block} Block */
/** @typedef {import("../../markup/markdown.js").Inline} Inline */

/** What was parsed for an event; events never change in place. @type {WeakMap<object, Block[]>} */
const parsed = new WeakMap();

/** @param {{of: object, source: string}} props `of`: the event that the source belongs to */
export function Markdown({ of, source }) {
  const blocks = parsed.get(of) ?? parse(source);
  parsed.set(of, blocks);
  return html`<div class="markdown" dir="auto">${blocks.map(block)}</div>`;
}

/** @param {Block} node @returns {any} */
function block(node) {
  switch (node.kind) {
    case "paragraph":
      return html`<p>${node.children.map(inline)}</p>`;
    case "quote":
      return html`<blockquote>${node.children.map(block)}</blockquote>`;
    case "codeBlock":
      return html`<pre tabindex="0"><code>${node.text}</code></pre>`;
    case "list": {
      const items = node.items.map((item) => html`<li>${item.map(inline)}</li>`);
      return node.ordered ? html`<ol start=${node.start}>${items}</ol>` : html`<ul>${items}</ul>`;
    }
  }
}

/** @param {Inline} node @returns {any} */
function inline(node) {
  switch (node.kind) {
    case "text":
      return node.text;
    case "code":
      return html`<code>${node.text}</code>`;
    case "break":
      return html`<br />`;
    case "strong":
      return html`<strong>${node.children.map(inline)}</strong>`;
    case "em":
      return html`<em>${node.children.map(inline)}</em>`;
    case "strike":
      return html`<s>${node.children.map(inline)}</s>`;
    case "link":
      return html`<a href=${node.href} target="_blank" rel="noopener noreferrer nofollow">
        ${node.children.map(inline)}</a>`;
  }
}
