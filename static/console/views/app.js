/**
 * The whole console: which of its screens is there, and the panes of the one where the work is done.
 */

import { session } from "../session.js";
import * as state from "../state.js";
import { dropToast } from "../state.js";
import { timers } from "../timers.js";
import { html, useEffect, useRef } from "../vendor/preact.js";
import { Banner } from "./banner.js";
import { BoardPane } from "./board.js";
import { Details } from "./contact.js";
import { Dialogs } from "./dialogs.js";
import { Icon, Mark } from "./icons.js";
import { List } from "./list.js";
import { Empty, IconButton, Keys } from "./parts.js";
import { Rail } from "./rail.js";
import { SignIn } from "./signin.js";
import { ThreadPane } from "./thread.js";

const TOAST_MS = 5000;

/** @param {{one: import("../state.js").Toast}} props */
function Toast({ one }) {
  useEffect(() => {
    const name = `toast ${one.id}`;
    timers.after(name, one.tone === "bad" ? TOAST_MS * 2 : TOAST_MS, () => dropToast(one.id));
    return () => timers.stop(name);
  }, []);
  return html`<div class=${`toast is-${one.tone}`}>
    <${Icon} name=${one.tone === "bad" ? "warning" : "check"} size=${16} /><span>${one.text}</span>
    <${IconButton} icon="close" label="Dismiss" tone="is-small"
      onClick=${() => dropToast(one.id)} />
  </div>`;
}

/** Nobody has ever written: what to do so that somebody can. */
function FirstRun() {
  const snippet = `<script async src="${location.origin}/widget.js"\n        data-key="wk_live_…">
    </script>`;
  return html`<div class="first-run">
    <${Mark} />
    <h2>Put the chat on your site</h2>
    <p>Nobody has written yet. Three steps, and the first message arrives here.</p>
    <ol>
      <li><h3>Find your widget key</h3>
        <p>On the machine that runs the server, type <code>parley keys list</code>. The widget
          key begins with <code>wk_live_</code>; it is public and may stand in a page.</p></li>
      <li><h3>Paste this before <code>${"</body>"}</code></h3>
        <div class="snippet"><pre tabindex="0"><code>${snippet}</code></pre>
        <button type="button" class="button is-small"
          onClick=${() => void copy(snippet)}>Copy</button></div></li>
      <li><h3>Open your site and say hello</h3><p>The conversation appears in <a
        href="#/unassigned">Unassigned</a>, and you can answer.</p></li>
    </ol>
  </div>`;
}

/** @param {string} text */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    state.toast("Copied");
  } catch {
    state.toast("The browser does not allow copying here; select the text instead.", "bad");
  }
}

/** Whether there has never been a conversation. */
function isFirstRun() {
  const { counts, status } = state.inboxState.value;
  return (
    status === "ready" && counts !== null && counts.all + counts.snoozed + counts.resolved === 0
  );
}

function NoThread() {
  return html`<section class="thread no-thread" id="thread" tabindex="-1"
    aria-label="Open conversation">
    ${
      isFirstRun()
        ? html`<${FirstRun} />`
        : html`<${Empty} icon="chat" title="No conversation is open">
      Pick one from the list, or press <${Keys} keys="J" /><span
        class="hidden">J</span> for the first.<//>`
    }
  </section>`;
}

/** The rail as a drawer takes the focus, and gives it back. */
function useDrawer() {
  const isShown = state.isRailShown.value;
  const was = useRef(false);
  useEffect(() => {
    if (isShown) focusOn(".rail .place[aria-current]");
    else if (was.current) focusOn(".only-narrow");
    was.current = isShown;
  }, [isShown]);
}

/** @param {string} selector */
function focusOn(selector) {
  const found = document.querySelector(selector);
  if (found instanceof HTMLElement) found.focus();
}

function Work() {
  useDrawer();
  const { screen, conversationId } = state.route.value;
  const pane = screen === "visitors" ? "board" : conversationId ? "thread" : "list";
  const hasDetails = pane === "thread" && state.isContactShown.value;
  return html`<div class="frame">
    <button type="button" class="skip"
      onClick=${() => document.getElementById("thread")?.focus()}>Skip to the conversation</button>
    <${Banner} />
    <div class="work" data-pane=${pane} data-details=${hasDetails ? "shown" : "hidden"}
      data-rail=${state.isRailShown.value ? "shown" : "hidden"}
      data-first=${pane === "list" && isFirstRun() ? "" : undefined}
      onKeyDown=${(/** @type {KeyboardEvent} */ event) => {
        if (event.key === "Escape") state.isRailShown.value = false;
      }}>
      <${Rail} />
      ${
        state.isRailShown.value &&
        html`<button type="button" class="scrim"
        aria-label="Close the menu" onClick=${() => (state.isRailShown.value = false)}></button>`
      }
      ${
        pane === "board"
          ? html`<${BoardPane} />`
          : html`<main class="panes">
        <${List} />
        ${
          conversationId
            ? html`<${ThreadPane}
          conversationId=${conversationId} />`
            : html`<${NoThread} />`
        }
      </main>`
      }
      ${hasDetails && conversationId && html`<${Details} conversationId=${conversationId} />`}
    </div>
    <${Dialogs} />
  </div>`;
}

function Boot() {
  const isStuck = state.link.value.failures > 0;
  return html`<div class="door" aria-busy=${!isStuck}><main class="boot" id="main" tabindex="-1">
    <${Mark} />
    <h1 class="hidden">Parley</h1>
    ${
      isStuck
        ? html`<div role="alert"><p class="boot-title">The server cannot be reached</p>
          <p>It is tried again by itself.</p>
          <button type="button" class="button" onClick=${() => session.wake()}>Try now</button>
            </div>`
        : html`<p class="boot-bar" role="status"><span class="hidden">Connecting…</span></p>`
    }
  </main></div>`;
}

export function App() {
  const phase = state.phase.value;
  return html`
    ${phase === "signedIn" ? html`<${Work} />` : phase === "signedOut" ? html`<${SignIn} />` : html`<${Boot} />`}
    <div class="toasts" role="status">${state.toasts.value.map(
      (one) => html`<${Toast} key=${one.id}
      one=${one} />`,
    )}</div>
    <div class="hidden" aria-live="polite">${state.announcement.value}</div>`;
}
