/** A message's Markdown as DOM nodes. Links go to a tab of their own and vouch for nothing. */

import { parse } from "../markup/markdown.js";
import { h } from "./dom.js";

/** @import { Block, Inline } from "../markup/markdown.js" */

/** @param {string} source */
export const prose = (source) => parse(source).map(block);

/**
 * @param {Block} node
 * @returns {Node}
 */
function block(node) {
  switch (node.kind) {
    case "paragraph":
      return h("p", {}, ...node.children.map(inline));
    case "quote":
      return h("blockquote", {}, ...node.children.map(block));
    case "list": {
      const items = node.items.map((item) => h("li", {}, ...item.map(inline)));
      return node.ordered ? h("ol", { start: node.start }, ...items) : h("ul", {}, ...items);
    }
    case "codeBlock":
      return h("pre", { tabindex: 0 }, h("code", {}, node.text));
  }
}

const TAGS = /** @type {const} */ ({ strong: "strong", em: "em", strike: "s" });

/**
 * @param {Inline} node
 * @returns {Node}
 */
function inline(node) {
  switch (node.kind) {
    case "text":
      return document.createTextNode(node.text);
    case "code":
      return h("code", {}, node.text);
    case "break":
      return h("br");
    case "link":
      return h("a", { href: node.href, target: "_blank", rel: "noopener nofollow ugc" },
        ...node.children.map(inline));
    default:
      return h(TAGS[node.kind], {}, ...node.children.map(inline));
  }
}
