/** How the parts look that are loaded when they are asked for; the colours are the panel's. */
export const EXTRAS_STYLE = `\
button{box-sizing:border-box}\
.bubble>*+*{margin-top:8px}\
.bubble a{color:inherit}\
.bubble :is(ul,ol){margin:0;padding-inline-start:20px;white-space:normal}\
.bubble>:is(ul,ol,blockquote,pre):first-child{margin-top:0}\
.bubble blockquote{margin:0;padding-inline-start:10px;border-inline-start:3px solid currentcolor}\
.bubble :is(code,pre){font:.9em/1.4 ui-monospace,monospace}\
.bubble pre{margin:0;padding:8px;overflow-x:auto;border:1px solid currentcolor;border-radius:8px;overflow-wrap:normal;white-space:pre}\
.tool:hover{background:var(--soft)}\
.menu{position:absolute;z-index:1;min-width:180px;padding:4px;border:1px solid var(--line);border-radius:12px;\
background:var(--bg);box-shadow:0 8px 24px #0a0f1e2e;animation:rise .12s ease-out}\
.menu button{display:flex;align-items:center;width:100%;min-height:40px;padding:0 12px;border-radius:8px}\
.menu button:is(:hover,:focus){background:var(--soft)}\
.grave,.problem{color:var(--bad)}\
.mine:has(.menu-button){grid-template-columns:minmax(0,1fr) auto}\
.mine:has(.menu-button)>*{grid-column:2}\
.mine:has(.menu-button)>.menu-button{grid-area:1/1;justify-self:end;align-self:center}\
.menu-button{display:grid;place-items:center;width:32px;height:32px;margin-inline-end:4px;border-radius:50%;color:var(--dim);opacity:0}\
.menu-button:hover{background:var(--soft)}\
.row:hover .menu-button,.menu-button:is(:focus,[aria-expanded=true]){opacity:1}\
@media(hover:none){.menu-button{opacity:1}}\
.count{flex-basis:100%;font-size:13px;color:var(--dim)}\
.count:empty{display:none}\
.editing{gap:8px}\
.editing textarea{width:100%;max-height:200px;field-sizing:content}\
.choices{display:flex;gap:8px}\
.plain,.filled{display:inline-flex;align-items:center;justify-content:center;gap:8px;min-height:44px;padding:0 16px;border-radius:12px;font-weight:600}\
.plain{border:1px solid var(--line)}\
.plain:hover{background:var(--soft)}\
.filled{color:var(--ink);background:var(--accent)}\
.filled:disabled{color:var(--dim);background:var(--soft);cursor:default}\
.link{margin-inline-start:8px;font-weight:600;color:var(--text);text-decoration:underline;text-underline-offset:3px}\
.failed .bubble{color:var(--text);background:var(--bg);border:1px solid var(--bad)}\
.jump{position:absolute;left:50%;bottom:84px;display:flex;align-items:center;gap:6px;min-height:36px;padding:0 14px 0 10px;\
border:1px solid var(--line);border-radius:18px;background:var(--bg);box-shadow:0 4px 16px #0a0f1e2e;font-size:13px;font-weight:600;translate:-50%}\
.list{flex:1;display:flex;flex-direction:column;min-height:0}\
.list .scroll{flex:1;overflow-y:auto;padding:8px}\
.list ul{margin:0;padding:0;list-style:none}\
.list li button{display:grid;grid-template-columns:40px minmax(0,1fr) auto;gap:0 8px;width:100%;padding:12px;border-radius:12px}\
.list li button:hover{background:var(--soft)}\
.list .face{grid-area:1/1/3;width:36px;height:36px;line-height:36px}\
.list .name{font-size:15px;font-weight:600;color:var(--text)}\
.list :is(time,.preview,.ended){font-size:13px;color:var(--dim)}\
.list :is(.name,.preview){overflow:hidden;text-overflow:ellipsis;white-space:nowrap}\
.list time{text-align:end}\
.unread .preview{color:var(--text);font-weight:600}\
.unreads{justify-self:end;min-width:20px;padding:0 5px;border-radius:10px;font-size:12px;font-weight:600;line-height:20px;text-align:center;color:#fff;background:#c81e3a}\
.list>.filled{margin:12px}\
.list .plain{width:100%}\
.deleted.deleted .bubble{color:var(--dim);background:none;border:1px dashed var(--line)}\
@media(forced-colors:active){.filled,.menu-button,.bubble,.send{border:1px solid}}\
`;
