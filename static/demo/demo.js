/**
 * The demo's frame: lets its reader into the console by the printed link, and moves the divider.
 *
 * The secret is in the address's fragment, which a browser does not send. It leaves the address bar
 * at once, and is traded for a cookie before the console is loaded, so that the console opens
 * signed in. Whoever comes without it sees the console's own sign-in and is told where the link is.
 */

/** @typedef {"quiet" | "good" | "warn"} Tone */

const LOWEST = 20;
const HIGHEST = 75;
const STEP = 2;
/** The two names of this machine are two origins, and so two visitors. */
const TWINS = new Map([["localhost", "127.0.0.1"], ["127.0.0.1", "localhost"]]);

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

/**
 * @param {string} words
 * @param {Tone} tone
 */
function say(words, tone) {
  const hint = element("hint", HTMLElement);
  hint.textContent = words;
  if (tone === "quiet") delete hint.dataset["tone"];
  else hint.dataset["tone"] = tone;
}

/**
 * Ask who is signed in; with a secret, sign in first.
 * @param {string} secret
 * @returns {Promise<{agent: string | null, fault: string | null}>}
 */
async function session(secret) {
  /** @type {RequestInit} */
  const trade = {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ secret }),
  };
  try {
    const response = await fetch("/demo/session", secret ? trade : {});
    const answer = await response.json();
    if (response.ok) return { agent: answer.agent, fault: null };
    return { agent: null, fault: answer.error.message };
  } catch {
    return { agent: null, fault: "The server could not be reached; reload when it runs again." };
  }
}

async function enter() {
  const secret = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
  let { agent, fault } = await session(secret);
  // A link that was used may be in the history of somebody who is signed in for long.
  if (fault && secret) ({ agent } = await session(""));
  if (agent) say(`A shop’s page on the left, its console on the right. You are ${agent}.`, "quiet");
  else say(fault ?? "To be signed in to the console, open the link that the terminal shows.", "warn");
  // All: what is written in the shop is nobody's yet.
  element("console", HTMLIFrameElement).src = "/console/#/all";
}

/** @param {number} percent */
function split(percent) {
  const bounded = Math.min(HIGHEST, Math.max(LOWEST, Math.round(percent)));
  element("halves", HTMLElement).style.setProperty("--split", `${bounded}%`);
  element("divider", HTMLElement).setAttribute("aria-valuenow", String(bounded));
}

function letDivide() {
  const divider = element("divider", HTMLElement);
  const halves = element("halves", HTMLElement);
  divider.addEventListener("pointerdown", (event) => {
    divider.setPointerCapture(event.pointerId);
    halves.classList.add("moving");
  });
  divider.addEventListener("pointermove", (event) => {
    if (!halves.classList.contains("moving")) return;
    const { left, width } = halves.getBoundingClientRect();
    split(((event.clientX - left) / width) * 100);
  });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
    divider.addEventListener(end, () => halves.classList.remove("moving"));
  }
  divider.addEventListener("keydown", (event) => {
    const now = Number(divider.getAttribute("aria-valuenow"));
    const moves = new Map([
      ["ArrowLeft", now - STEP], ["ArrowRight", now + STEP], ["Home", LOWEST], ["End", HIGHEST],
    ]);
    const next = moves.get(event.key);
    if (next === undefined) return;
    event.preventDefault();
    split(next);
  });
}

/** On a narrow screen one half is shown at a time. */
function letSwitch() {
  const sides = /** @type {const} */ (["shop", "console"]);
  for (const side of sides) {
    element(`show-${side}`, HTMLButtonElement).addEventListener("click", () => {
      document.body.dataset["side"] = side;
      for (const one of sides) {
        element(`show-${one}`, HTMLButtonElement).setAttribute("aria-pressed", String(one === side));
      }
    });
  }
}

function letRead() {
  const about = element("about", HTMLButtonElement);
  const more = element("more", HTMLElement);
  about.addEventListener("click", () => {
    more.hidden = !more.hidden;
    about.setAttribute("aria-expanded", String(!more.hidden));
  });
  const snippet = element("snippet", HTMLElement);
  const key = snippet.dataset["key"] ?? "";
  snippet.textContent = `<script async src="${location.origin}/widget.js"\n  data-key="${key}"></script>`;
  const copy = element("copy", HTMLButtonElement);
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(snippet.textContent ?? "");
      copy.textContent = "Copied";
      say("The snippet is on the clipboard.", "good");
    } catch {
      getSelection()?.selectAllChildren(snippet);
      say("It is selected; copy it by keyboard.", "warn");
    }
  });
}

function offerAnother() {
  const twin = TWINS.get(location.hostname);
  if (!twin) return; // There the links open the same visitor once more, in a window of its own.
  for (const link of document.querySelectorAll("a[data-other]")) {
    link.setAttribute("href", `${location.protocol}//${twin}:${location.port}/demo/shop`);
  }
}

letDivide();
letSwitch();
letRead();
offerAnother();
void enter();
