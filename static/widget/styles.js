/**
 * How the panel looks: calm, one accent, neutral greys with a cool tint, on a grid of four pixels.
 *
 * The colours are the custom properties at the top, once for light and once for dark; everything
 * else refers to them. Sides are logical, so that the panel reads from right to left where the page
 * does. Written densely, in continued lines, as no tool shortens a
 * string; what only the extras show is in their file.
 */

const DARK = "--bg:#171a20;--soft:#262b35;--line:#39414f;--text:#eef1f5;--dim:#a8b0bd;--bad:#ff9a90;color-scheme:dark";

const STYLE = `\
.panel{--bg:#fff;--soft:#f1f3f6;--line:#dfe3e9;--text:#14181f;--dim:#59616e;--bad:#b3261e;color-scheme:light;\
position:fixed;z-index:2147483000;right:var(--parley-offset-x,20px);bottom:calc(var(--parley-offset-y,20px) + 72px);\
width:384px;height:min(640px,100dvh - 112px);display:flex;flex-direction:column;overflow:hidden;\
border:1px solid var(--line);border-radius:var(--parley-radius,16px);background:var(--bg);box-shadow:0 16px 48px #0a0f1e2e;\
font:15px/1.45 var(--parley-font,system-ui,sans-serif);color:var(--text);animation:rise .16s ease-out}\
@media(prefers-color-scheme:dark){:host(:not([data-theme=light])) .panel{${DARK}}}\
:host([data-theme=dark]) .panel{${DARK}}\
:host([data-position=bottom-left]) .panel{right:auto;left:var(--parley-offset-x,20px)}\
*{box-sizing:border-box}\
[hidden]{display:none!important}\
.sr{position:absolute;clip-path:inset(50%)}\
:where(.panel) button{all:unset;cursor:pointer}\
:where(.panel) :focus-visible{outline:2px solid var(--text);outline-offset:-2px}\
p,h2{margin:0}\
svg{width:20px;fill:none;stroke:currentcolor;stroke-width:2;stroke-linecap:round;stroke-linejoin:round}\
header{display:flex;align-items:center;gap:4px;padding:8px;border-bottom:1px solid var(--line)}\
.who{flex:1;min-width:0;padding-inline-start:8px}\
h2{font-size:16px}\
h2,.who p{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}\
.who p,.notes,.day,.line,.new,.name{font-size:13px;color:var(--dim)}\
[data-online]:before{content:"● "/"";color:#1e9e5a}\
.tool,.send{display:grid;place-items:center;width:44px;height:44px;border-radius:50%}\
.banner,.notice:not(:empty){padding:8px 16px;font-size:13px;background:var(--soft);border-bottom:1px solid var(--line)}\
.notice{color:var(--bad)}\
.thread{flex:1;overflow-y:auto;overscroll-behavior:contain}\
.rows{display:grid;gap:2px;padding:16px}\
.row{display:grid;justify-items:start}\
.theirs{grid-template-columns:36px minmax(0,1fr)}\
.theirs>*{grid-column:2}\
.mine{justify-items:end}\
.starts{margin-top:10px}\
.face{width:28px;height:28px;border-radius:50%;background:var(--soft);font-size:11px;font-weight:600;line-height:28px;text-align:center}\
.theirs>.face{grid-area:2/1}\
.bubble{max-width:min(100%,290px);padding:8px 12px;border-radius:12px;background:var(--soft);\
overflow:hidden;overflow-wrap:anywhere;white-space:pre-wrap}\
.mine .bubble{color:var(--ink);background:var(--accent)}\
.notes{padding:2px 4px 4px}\
.day,.line,.new{padding:12px 0 6px;text-align:center}\
.new{color:var(--bad)}\
.typing i{display:inline-block;width:6px;height:6px;margin:0 2px;border-radius:50%;background:var(--dim);animation:dot 1s infinite alternate}\
.composer{display:flex;flex-wrap:wrap;align-items:end;gap:8px;padding:12px;border-top:1px solid var(--line)}\
textarea{flex:1;min-height:44px;padding:10px 12px;border:1px solid var(--line);border-radius:12px;resize:none;\
font:16px/22px var(--parley-font,system-ui,sans-serif);color:inherit;background:var(--bg)}\
textarea:focus{outline:none;border-color:var(--text)}\
textarea:disabled{opacity:.5}\
textarea::placeholder{color:var(--dim)}\
.send{color:var(--ink);background:var(--accent)}\
.send:disabled{color:var(--dim);background:var(--soft)}\
@keyframes rise{from{opacity:0;translate:0 6px}}\
@keyframes dot{to{opacity:.3}}\
@media(max-width:480px){.panel.panel{inset:var(--top,0) 0 auto;width:auto;height:var(--height,100dvh);border:0;border-radius:0;\
padding-bottom:env(safe-area-inset-bottom,0)}.launcher[aria-expanded=true]{display:none}}\
@media(prefers-reduced-motion){*{animation:none!important}}\
`;

export function styles(text = STYLE) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  return sheet;
}
