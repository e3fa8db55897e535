/**
 * The set-up page: makes the first owner with the secret from the link's fragment.
 *
 * The secret never reaches a server's log (a fragment is not sent) and leaves the address bar at
 * once, so that it is in no history either. Everything shown is text, never markup.
 */

/** @type {"editing" | "sending" | "done"} */
let state = "editing";

const FIELDS = ["name", "email", "password", "workspace"];
const secret = decodeURIComponent(location.hash.slice(1));
history.replaceState(null, "", location.pathname);

/**
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T}
 */
function element(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`no ${id} on this page`);
  return found;
}

const form = element("form", HTMLFormElement);
const button = element("submit", HTMLButtonElement);
const problem = element("problem", HTMLElement);

/** @param {string} name @returns {HTMLInputElement} */
const field = (name) => element(name, HTMLInputElement);

/**
 * Say what is wrong with a field; an empty string says that nothing is.
 * @param {string} name
 * @param {string} words
 */
function mark(name, words) {
  element(`${name}-fault`, HTMLElement).textContent = words;
  if (words) field(name).setAttribute("aria-invalid", "true");
  else field(name).removeAttribute("aria-invalid");
}

/** Whether the browser is content with every field; the first bad one gets the focus. */
function isComplete() {
  const bad = FIELDS.filter((name) => {
    mark(name, field(name).validationMessage);
    return !field(name).validity.valid;
  });
  if (bad[0]) field(bad[0]).focus();
  return bad.length === 0;
}

/** @param {"editing" | "sending" | "done"} next */
function enter(next) {
  state = next;
  button.setAttribute("aria-disabled", String(next !== "editing"));
}

/**
 * Show what the server found wrong.
 * @param {{message?: string, details?: {path: string, message: string}[]}} error
 */
function refuse(error) {
  const known = (error.details ?? []).filter(({ path }) => FIELDS.includes(path));
  for (const { path, message } of known) mark(path, `This ${message}.`);
  if (known[0]) field(known[0].path).focus();
  else problem.textContent = error.message ?? "Something went wrong; try again.";
  enter("editing");
}

/** @param {string} name */
function welcome(name) {
  enter("done");
  form.hidden = true;
  element("lead", HTMLElement).hidden = true;
  element("who", HTMLElement).textContent = name;
  const done = element("done", HTMLElement);
  done.hidden = false;
  done.focus();
}

async function send() {
  /** @type {Record<string, string>} */
  const body = { secret };
  for (const name of FIELDS) if (field(name).value) body[name] = field(name).value;
  try {
    const response = await fetch("/api/v1/setup", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    const answer = await response.json();
    if (response.ok) welcome(answer.agent.name);
    else refuse(answer.error ?? {});
  } catch {
    refuse({ message: "The server could not be reached; try again." });
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  problem.textContent = "";
  if (state !== "editing" || !isComplete()) return;
  enter("sending");
  void send();
});

if (!secret) {
  problem.textContent = "This page needs the link that the server printed when it started.";
}
