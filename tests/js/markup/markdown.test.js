/** What people write becomes a tree; what they must not be able to write stays text. */

import assert from "node:assert/strict";
import test from "node:test";

import { parse, plainText, safeHref } from "../../../static/markup/markdown.js";

/** @import { Block, Inline } from "../../../static/markup/markdown.js" */

/** @param {string} text @returns {Inline} */
const text = (text) => ({ kind: "text", text });

/** @param {string} source @returns {Inline[]} of its only paragraph */
function inlines(source) {
  const [block, ...more] = parse(source);
  assert.equal(more.length, 0);
  assert.equal(block?.kind, "paragraph");
  return block?.kind === "paragraph" ? block.children : [];
}

/** @type {[string, Inline[]][]} */
const INLINE = [
  ["plain", [text("plain")]],
  ["a **b** c", [text("a "), { kind: "strong", children: [text("b")] }, text(" c")]],
  ["__b__ _i_ *j*", [
    { kind: "strong", children: [text("b")] }, text(" "),
    { kind: "em", children: [text("i")] }, text(" "),
    { kind: "em", children: [text("j")] },
  ]],
  ["~~gone~~", [{ kind: "strike", children: [text("gone")] }]],
  ["**a *b***", [{ kind: "strong", children: [text("a *b")] }, text("*")]],
  ["snake_case_name", [text("snake_case_name")]],
  ["2 * 3 * 4", [text("2 * 3 * 4")]],
  ["**open", [text("**open")]],
  ["`a *b* <i>`", [{ kind: "code", text: "a *b* <i>" }]],
  ["one\ntwo", [text("one"), { kind: "break" }, text("two")]],
  ["\\*not\\*", [text("*not*")]],
  ["[docs](https://e.test/a)", [
    { kind: "link", href: "https://e.test/a", children: [text("docs")] },
  ]],
  ["see https://e.test/a_b(c).", [
    text("see "),
    { kind: "link", href: "https://e.test/a_b(c)", children: [text("https://e.test/a_b(c)")] },
    text("."),
  ]],
  ["see <https://e.test/a>.", [
    text("see "),
    { kind: "link", href: "https://e.test/a", children: [text("https://e.test/a")] },
    text("."),
  ]],
  ["<javascript:alert(1)> <b>", [text("<javascript:alert(1)> <b>")]],
  ["[x](javascript:alert(1))", [text("[x](javascript:alert(1))")]],
  ["[x](data:text/html,hi)", [text("[x](data:text/html,hi)")]],
  ["<b onclick=x>hi</b>", [text("<b onclick=x>hi</b>")]],
];

for (const [source, expected] of INLINE) {
  test(`a line: ${JSON.stringify(source)}`, () => assert.deepEqual(inlines(source), expected));
}

/** @type {[string, Block[]][]} */
const BLOCKS = [
  ["", []],
  ["a\n\nb", [
    { kind: "paragraph", children: [text("a")] },
    { kind: "paragraph", children: [text("b")] },
  ]],
  ["- a\n* b", [{ kind: "list", ordered: false, start: 1, items: [[text("a")], [text("b")]] }]],
  ["3. a\n4) b", [{ kind: "list", ordered: true, start: 3, items: [[text("a")], [text("b")]] }]],
  ["> a\n> b\nc", [
    { kind: "quote", children: [
      { kind: "paragraph", children: [text("a"), { kind: "break" }, text("b")] },
    ] },
    { kind: "paragraph", children: [text("c")] },
  ]],
  ["```js\n<b>*x*\n```\nafter", [
    { kind: "codeBlock", text: "<b>*x*" },
    { kind: "paragraph", children: [text("after")] },
  ]],
  ["```\nopen", [{ kind: "codeBlock", text: "open" }]],
  ["a\r\nb", [{ kind: "paragraph", children: [text("a"), { kind: "break" }, text("b")] }]],
];

for (const [source, expected] of BLOCKS) {
  test(`blocks: ${JSON.stringify(source)}`, () => assert.deepEqual(parse(source), expected));
}

test("an address is followed only by http, https and mailto", () => {
  const refused = ["javascript:alert(1)", " JaVaScRiPt:alert(1)", "data:,x", "file:///etc", "//e.test", "x"];
  for (const address of refused) assert.equal(safeHref(address), undefined, address);

  assert.equal(safeHref("mailto:a@e.test"), "mailto:a@e.test");
  assert.equal(safeHref("HTTPS://E.test"), "https://e.test/");
});

test("a preview has the words and no markup", () => {
  assert.equal(plainText("**Hi**\nsee [docs](https://e.test) `x`\n\n- a\n- b"), "Hi see docs x a b");
});

test("nothing that is written gets lost, and nothing takes long", () => {
  const hostile = ["*", "_", "**", "[", "](", "`", "> ", "- ", "```\n", "~~", "\\", "https://", "<", "\n"];
  let seed = 7;
  const dice = () => (seed = (seed * 48271) % 2147483647);
  for (let round = 0; round < 300; round++) {
    let source = "";
    while (source.length < 400) source += hostile[dice() % hostile.length] + (dice() % 3 ? "a" : " ");
    const letters = (/** @type {string} */ words) => words.replace(/[^a]/g, "").length;

    assert.ok(letters(plainText(source)) <= letters(source));
    assert.ok(letters(plainText(source)) >= letters(source.replace(/```.*|\]\([^)]*\)/g, "")));
  }
  for (const piece of hostile) assert.ok(parse(piece.repeat(10_000 / piece.length)));
});
