/**
 * The round button in the corner, and the shadow root that it shares with the panel.
 *
 * The host hangs on the document element, so that a transformed, replaced or oddly styled body does
 * not touch it; `all: initial` with importance keeps the page's own rules out. What a site may set
 * are custom properties, which pass through: `--parley-accent` and its kin. What is written on the
 * accent is black or white, whichever reads better: the luminance at which both contrasts are equal
 * is .179 (WCAG 2: (L + .05)² = 1.05 × .05).
 */

// Written densely, in continued lines: it is on every page, and no tool shortens a string.
const STYLE = `:host{all:initial!important;display:contents!important;\
--accent:var(--parley-accent,var(--_accent,#2b59ff));--_ink:calc((.179 - y)*999);\
--ink:color(from var(--accent) xyz var(--_ink) var(--_ink) var(--_ink))}\
.launcher{border:0;position:fixed;z-index:2147483000;\
right:var(--parley-offset-x,20px);bottom:var(--parley-offset-y,20px);padding:28px;border-radius:50%;\
background:var(--accent);box-shadow:0 4px 16px #0004;cursor:pointer;forced-color-adjust:none}\
:host([data-position=bottom-left]) .launcher{right:auto;left:var(--parley-offset-x,20px)}\
.launcher:before{content:"";position:absolute;inset:17px;background:var(--ink);border-radius:50% 50% 50% 3px}\
.launcher[data-unread]:after{content:attr(data-unread);position:absolute;top:-4px;right:-4px;min-width:10px;padding:0 5px;\
border-radius:10px;font:600 12px/20px system-ui;text-align:center;color:#fff;background:#c81e3a}`;

export function makeButton() {
  const make = (/** @type {string} */ name) => document.createElement(name);
  const host = make("parley-chat");
  host.role = "region";
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];
  const button = make("button");
  button.className = "launcher";
  host.ariaLabel = button.ariaLabel = "Chat";
  root.append(button);
  return { host, root, button };
}
