/**
 * The sign-in page. It says what is wrong where it is wrong, asks for the workspace only when an
 * e-mail is known in several, and counts down when the server wants one to wait.
 */

import { ApiError, signIn } from "../api.js";
import { session } from "../session.js";
import * as state from "../state.js";
import { timers } from "../timers.js";
import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { Icon, Mark } from "./icons.js";
import { valueIn } from "./parts.js";

export function SignIn() {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [workspace, setWorkspace] = useState("");
  const [several, setSeveral] = useState(/** @type {string[]} */ ([]));
  const [problem, setProblem] = useState("");
  const [wait, setWait] = useState(0);
  const [isSending, setSending] = useState(false);
  /** @type {import("../vendor/preact.js").RefObject<HTMLFormElement | null>} */
  const form = useRef(null);

  /** @param {string} selector @returns {HTMLInputElement | null} */
  const field = (selector) => form.current?.querySelector(selector) ?? null;

  useEffect(() => {
    field("#email")?.focus();
    return () => timers.stop("sign-in wait");
  }, []);

  /** @param {number} seconds */
  const countDown = (seconds) => {
    setWait(seconds);
    if (seconds > 0) timers.after("sign-in wait", 1000, () => countDown(seconds - 1));
    else setProblem("");
  };

  /** @param {unknown} error */
  const refuse = (error) => {
    if (!(error instanceof ApiError)) return setProblem("Something went wrong. Try again.");
    if (error.status === 409) {
      setSeveral(
        error.details.filter(({ path }) => path === "workspace").map(({ message }) => message),
      );
      return setProblem("");
    }
    setProblem(error.status === 422 ? "Enter your e-mail and your password." : error.message);
    if (error.status === 429) countDown(Math.min(3600, error.retryAfterSeconds || 15));
    if (error.status === 401) field("#password")?.select();
  };

  const send = async () => {
    if (isSending || wait > 0) return;
    if (!email.trim() || !password) {
      setProblem("Enter your e-mail and your password.");
      return field(email.trim() ? "#password" : "#email")?.focus();
    }
    setSending(true);
    setProblem("");
    try {
      await signIn({ email: email.trim(), password, ...(workspace && { workspace }) });
      setPassword("");
      state.phase.value = "booting";
      session.start();
    } catch (error) {
      refuse(error);
    } finally {
      setSending(false);
    }
  };

  const isWrong = problem !== "" && wait === 0;
  return html`<div class="door"><main class="card" id="main" tabindex="-1">
    <${Mark} />
    <h1>Sign in to Parley</h1>
    ${
      state.signedOutReason.value &&
      html`<p class="card-notice" role="status"><${Icon} name="exit"
      size=${16} /><span>${state.signedOutReason.value}</span></p>`
    }
    <form ref=${form} novalidate onSubmit=${(/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      void send();
    }}>
      <div class="field"><label for="email">E-mail</label>
        <input id="email" type="email" autocomplete="username" maxlength="254" required
          value=${email} aria-invalid=${isWrong} aria-describedby="problem" spellcheck=${false}
          onInput=${(/** @type {Event} */ event) => setEmail(valueIn(event))} /></div>
      <div class="field"><label for="password">Password</label>
        <input id="password" type="password" autocomplete="current-password"
          maxlength="1024" required value=${password} aria-invalid=${isWrong} aria-describedby="problem"
          onInput=${(/** @type {Event} */ event) => setPassword(valueIn(event))} /></div>
      ${
        several.length > 0 &&
        html`<div class="field"><label for="workspace">Workspace</label>
        <p class="field-hint"
          id="workspace-hint">This e-mail belongs to several workspaces. Which one?</p>
        <select id="workspace" value=${workspace} aria-describedby="workspace-hint" ref=${(
          /** @type {HTMLSelectElement | null} */ select,
        ) => {
          if (select && !workspace) select.focus();
        }}
          onChange=${(/** @type {Event} */ event) => setWorkspace(valueIn(event))}>
          <option value="">Choose…</option>${several.map(
            (one) => html`<option value=${one}
            key=${one}>${one}</option>`,
          )}
        </select></div>`
      }
      <p class="problem" id="problem" role="alert">${
        problem &&
        html`<${Icon} name="warning"
        size=${16} /><span>
        ${problem}${wait > 0 ? ` You can try again in ${wait} s.` : ""}</span>`
      }</p>
      <button type="submit" class="button is-primary is-large"
        aria-disabled=${isSending || wait > 0}>${isSending ? "Signing in…" : "Sign in"}</button>
    </form>
    <p class="card-foot">No account yet? The first one is made with the set-up link
      that the server prints when it starts; further ones with <code>parley agents</code>.</p>
  </main></div>`;
}
