/**
 * The round button in the corner, and the shadow root that it shares with the panel.
 *
 * The host hangs on the document element, so that a transformed, replaced or oddly styled body does
 * not touch it; `all: initial` with importance keeps the page's own rules out. What a site may set
 * are custom properties, which pass through: `--parley-accent` and its kin. The transparent border
 * is what a page in forced colours shows of it.
 */

// Written densely: it is loaded on every page, and no tool shortens a string.
const STYLE = `:host{all:initial!important;display:contents!important;color-scheme:light dark!important;
--accent:var(--parley-accent,var(--_accent,#2b59ff));--ink:var(--parley-accent-ink,var(--_ink,#fff));
--x:var(--parley-offset-x,20px);--y:calc(var(--parley-offset-y,20px) + env(safe-area-inset-bottom,0px))}
:host([theme=light]){color-scheme:light!important}
:host([theme=dark]){color-scheme:dark!important}
.launcher{all:unset;position:fixed;z-index:2147483000;right:var(--x);bottom:var(--y);
display:grid;place-items:center;width:54px;height:54px;border:1px solid transparent;border-radius:50%;
color:var(--ink);background:var(--accent);box-shadow:0 1px 2px #0003,0 6px 20px #0003;cursor:pointer}
:host([position=bottom-left]) .launcher{right:auto;left:var(--x)}
.launcher:focus-visible{outline:3px solid light-dark(#10131a,#fff);outline-offset:3px}
.launcher svg{width:26px;fill:currentcolor}
.badge{position:absolute;top:-4px;right:-4px;min-width:10px;padding:0 5px;border-radius:10px;
font:600 12px/20px system-ui;text-align:center;color:#fff;background:#c81e3a}
.badge:empty{display:none}`;

const BUBBLE = "M12 3c5 0 9 3.6 9 8s-4 8-9 8a11 11 0 0 1-3-.4L4.4 21l.8-4A7.5 7.5 0 0 1 3 11c0-4.4 4-8 9-8z";

export function makeButton() {
  const host = document.createElement("parley-chat");
  host.role = "region";
  host.ariaLabel = "Chat";
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];

  /** @param {string} name @param {Element} parent */
  const svg = (name, parent) =>
    parent.appendChild(document.createElementNS("http://www.w3.org/2000/svg", name));
  const button = document.createElement("button");
  button.className = "launcher";
  const picture = svg("svg", button);
  picture.setAttribute("viewBox", "0 0 24 24");
  svg("path", picture).setAttribute("d", BUBBLE);
  const badge = document.createElement("span");
  badge.className = "badge";
  button.append(badge);
  root.append(button);
  return { host, root, button, badge };
}

/**
 * Black or white, whichever reads better on the button's colour, however the site has set it.
 *
 * @param {HTMLElement} host
 * @param {HTMLElement} button
 */
export function chooseInk(host, button) {
  const [r = 0, g = 0, b = 0] = (getComputedStyle(button).backgroundColor.match(/\d+/g) ?? []).map(
    (channel) => (Number(channel) / 255) ** 2.2,
  );
  // Where both contrasts are equal (WCAG 2): (L + .05)² = 1.05 × .05
  const isBright = 0.21 * r + 0.72 * g + 0.07 * b > 0.179;
  host.style.setProperty("--_ink", isBright ? "#10131a" : "#fff");
}
