/**
 * The Markdown that people write in a chat, as a tree of plain objects.
 *
 * A pure parser that knows no DOM: whoever shows a message makes nodes of the tree, so that no
 * markup is ever built as a string and nothing that somebody writes can become HTML. The subset is
 * small on purpose: paragraphs with line breaks, lists, quotes, code, emphasis and links to http,
 * https and mailto. Whatever it does not know is text. It takes linear time on any input: a
 * delimiter that was not found is not looked for again, and nesting ends at a fixed depth.
 */

/**
 * @typedef {{kind: "text", text: string}
 *   | {kind: "code", text: string}
 *   | {kind: "break"}
 *   | {kind: "strong" | "em" | "strike", children: Inline[]}
 *   | {kind: "link", href: string, children: Inline[]}} Inline
 * @typedef {{kind: "paragraph", children: Inline[]}
 *   | {kind: "quote", children: Block[]}
 *   | {kind: "list", ordered: boolean, start: number, items: Inline[][]}
 *   | {kind: "codeBlock", text: string}} Block
 */

const DEEPEST = 6;
const FENCE = /^ {0,3}```/;
const ITEM = /^ {0,3}(?:[-*+]|(\d{1,9})[.)])\s+(?=\S)/;
const QUOTE = /^ {0,3}> ?/;
const ADDRESS = /^https?:\/\/[^\s<>"`]+/i;
const BRACKETED = /^<((?:https?:|mailto:)[^\s<>]+)>/i;
const WORD = /[\p{L}\p{N}_]/u;
/** Longest first: `**` must be tried before `*`. @type {readonly [string, "strong" | "em" | "strike"][]} */
const EMPHASES = [
  ["**", "strong"],
  ["__", "strong"],
  ["~~", "strike"],
  ["*", "em"],
  ["_", "em"],
];

/**
 * The blocks of a message.
 * @param {string} source
 * @returns {Block[]}
 */
export function parse(source) {
  return blocks(source.replace(/\r\n?/g, "\n").split("\n"), 0);
}

/**
 * The words of a message without its markup, in one line: for previews and notifications.
 * @param {string} source
 */
export function plainText(source) {
  return parse(source).map(textOf).join(" ").replace(/\s+/g, " ").trim();
}

/**
 * The address, if it is one that a message may lead to.
 * @param {string} address
 */
export function safeHref(address) {
  let url;
  try {
    url = new URL(address);
  } catch {
    return undefined;
  }
  return ["http:", "https:", "mailto:"].includes(url.protocol) ? url.href : undefined;
}

/**
 * @param {Block | Inline} node
 * @returns {string}
 */
function textOf(node) {
  if ("text" in node) return node.text;
  if ("items" in node) return node.items.map((item) => item.map(textOf).join("")).join(" ");
  if (!("children" in node)) return " ";
  const glue = node.kind === "quote" ? " " : "";
  return /** @type {(Block | Inline)[]} */ (node.children).map(textOf).join(glue);
}

/**
 * @param {string[]} lines
 * @param {number} depth
 * @returns {Block[]}
 */
function blocks(lines, depth) {
  /** @type {Block[]} */
  const found = [];
  let at = 0;
  /** @param {(line: string) => boolean} belongs */
  const take = (belongs) => {
    const from = at;
    while (at < lines.length && belongs(/** @type {string} */ (lines[at]))) at++;
    return lines.slice(from, at);
  };
  while (at < lines.length) {
    const line = /** @type {string} */ (lines[at]);
    const item = ITEM.exec(line);
    if (!line.trim()) at++;
    else if (FENCE.test(line)) {
      at++;
      found.push({ kind: "codeBlock", text: take((one) => !FENCE.test(one)).join("\n") });
      at++;
    } else if (depth < DEEPEST && QUOTE.test(line)) {
      const quoted = take((one) => QUOTE.test(one)).map((one) => one.replace(QUOTE, ""));
      found.push({ kind: "quote", children: blocks(quoted, depth + 1) });
    } else if (item) {
      const ordered = item[1] !== undefined;
      const same = (/** @type {string} */ one) => (ITEM.exec(one)?.[1] !== undefined) === ordered;
      const items = take((one) => ITEM.test(one) && same(one));
      const start = ordered ? Number(item[1]) : 1;
      const parsed = items.map((one) => inline(one.replace(ITEM, "")));
      found.push({ kind: "list", ordered, start, items: parsed });
    } else {
      const isPlain = (/** @type {string} */ one) =>
        Boolean(one.trim()) && !FENCE.test(one) && !QUOTE.test(one) && !ITEM.test(one);
      // The first line is taken as it is: too deep a quote is text.
      const text = [line, ...(at++, take(isPlain))].join("\n");
      found.push({ kind: "paragraph", children: inline(text) });
    }
  }
  return found;
}

/**
 * @param {string} text
 * @param {number} [depth]
 * @param {boolean} [inLink] a link holds no other
 * @returns {Inline[]}
 */
function inline(text, depth = 0, inLink = false) {
  /** @type {Inline[]} */
  const found = [];
  /** Delimiters that do not come again. @type {Set<string>} */
  const absent = new Set();
  let plain = "";
  let at = 0;

  /** @param {Inline} node */
  const push = (node) => {
    if (plain) found.push({ kind: "text", text: plain });
    plain = "";
    found.push(node);
  };
  /**
   * Where `mark` comes next such that `fits`, or -1.
   * @param {string} mark
   * @param {number} from
   * @param {(index: number) => boolean} fits
   */
  const find = (mark, from, fits = () => true) => {
    if (absent.has(mark)) return -1;
    let index = text.indexOf(mark, from);
    while (index >= 0 && !fits(index)) index = text.indexOf(mark, index + mark.length);
    if (index < 0) absent.add(mark);
    return index;
  };

  /** @returns {[Inline, number] | undefined} the node that begins here, and where it ends */
  const node = () => {
    const char = /** @type {string} */ (text[at]);
    if (char === "\n") return [{ kind: "break" }, at + 1];
    if (char === "`") {
      const end = find("`", at + 1);
      return end > at + 1 ? [{ kind: "code", text: text.slice(at + 1, end) }, end + 1] : undefined;
    }
    if (!inLink && (char === "h" || char === "H")) return address();
    if (!inLink && char === "<") return bracketed();
    if (depth >= DEEPEST) return undefined;
    if (!inLink && char === "[") return link();
    return emphasis();
  };

  /** @returns {[Inline, number] | undefined} */
  const address = () => {
    if (WORD.test(text[at - 1] ?? "")) return undefined;
    const [raw] = ADDRESS.exec(text.slice(at, at + 2048)) ?? [""];
    // What ends a sentence, or closes a bracket that the address did not open, is not part of it.
    let end = raw.length;
    while (/[.,:;!?'"*_~\])}]/.test(raw[end - 1] ?? "")) {
      if (raw[end - 1] === ")" && raw.slice(0, end).includes("(")) break;
      end--;
    }
    const shown = raw.slice(0, end);
    const href = safeHref(shown);
    return href ? [{ kind: "link", href, children: [{ kind: "text", text: shown }] }, at + end] : undefined;
  };

  /** @returns {[Inline, number] | undefined} */
  const bracketed = () => {
    const [whole = "", shown = ""] = BRACKETED.exec(text.slice(at, at + 2050)) ?? [];
    const href = safeHref(shown);
    return href ? [{ kind: "link", href, children: [{ kind: "text", text: shown }] }, at + whole.length] : undefined;
  };

  /** @returns {[Inline, number] | undefined} */
  const link = () => {
    const middle = find("](", at + 1);
    const end = middle < 0 ? -1 : find(")", middle + 2);
    if (end < 0 || end - middle > 2050) return undefined;
    const href = safeHref(text.slice(middle + 2, end).trim());
    const words = text.slice(at + 1, middle);
    if (!href || !words.trim() || words.includes("[")) return undefined;
    return [{ kind: "link", href, children: inline(words, depth + 1, true) }, end + 1];
  };

  /** @returns {[Inline, number] | undefined} */
  const emphasis = () => {
    const [mark, kind] = EMPHASES.find(([one]) => text.startsWith(one, at)) ?? [];
    if (!mark || !kind) return undefined;
    const from = at + mark.length;
    const inWord = mark[0] === "_";
    if (/\s|^$/.test(text[from] ?? "") || (inWord && WORD.test(text[at - 1] ?? ""))) return undefined;
    const end = find(mark, from + 1, (index) => {
      const closes = !/\s/.test(text[index - 1] ?? " ");
      return closes && !(inWord && WORD.test(text[index + mark.length] ?? ""));
    });
    if (end < 0) return undefined;
    const children = inline(text.slice(from, end), depth + 1, inLink);
    return [{ kind, children }, end + mark.length];
  };

  while (at < text.length) {
    const escaped = text[at] === "\\" && /[\\`*_~[\]()>#+.!-]/.test(text[at + 1] ?? "");
    const made = escaped ? undefined : node();
    if (made) {
      push(made[0]);
      at = made[1];
    } else {
      if (escaped) at++;
      plain += text[at++];
    }
  }
  if (plain) found.push({ kind: "text", text: plain });
  return found;
}
