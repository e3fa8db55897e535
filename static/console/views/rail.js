/**
 * The rail: where to look, who of the team is there, and one's own things.
 */

import { setAvailability, signOut } from "../actions.js";
import { hashOf } from "../router.js";
import * as state from "../state.js";
import { desktop, toggleDesktop } from "../notices.js";
import { setTheme, theme } from "../theme.js";
import { html } from "../vendor/preact.js";
import { Icon } from "./icons.js";
import { Menu } from "./menu.js";
import { Avatar, COMMAND_KEY, Keys } from "./parts.js";

/** @type {readonly {screen: import("../state.js").Route["screen"], name: string, icon: string, key: string}[]} */
export const PLACES = [
  { screen: "mine", name: "Mine", icon: "person", key: "I" },
  { screen: "unassigned", name: "Unassigned", icon: "tray", key: "U" },
  { screen: "all", name: "All open", icon: "inbox", key: "A" },
  { screen: "snoozed", name: "Snoozed", icon: "clock", key: "S" },
  { screen: "resolved", name: "Resolved", icon: "resolved", key: "R" },
  { screen: "visitors", name: "Visitors", icon: "globe", key: "V" },
];

/** @type {Readonly<Record<string, string>>} */
export const AVAILABILITY = { online: "Online", away: "Away", offline: "Offline" };

/** @param {number} count */
const short = (count) => (count > 9999 ? `${Math.floor(count / 1000)}k` : String(count));

/** @param {{place: typeof PLACES[number]}} props */
function Place({ place }) {
  const isHere = state.route.value.screen === place.screen;
  const counts = state.inboxState.value.counts;
  const count = place.screen === "visitors" ? undefined : counts?.[place.screen];
  return html`<li>
    <a class="place" href=${hashOf(place.screen)} aria-current=${isHere ? "page" : undefined}
      title=${`${place.name} (G then ${place.key})`} onClick=${() => (state.isRailShown.value = false)}>
      <${Icon} name=${place.icon} /><span class="place-name">${place.name}</span>
      ${
        count !== undefined &&
        count > 0 &&
        html`<span class="count">${short(count)}<span
        class="hidden"> conversations</span></span>`
      }
    </a>
  </li>`;
}

function Team() {
  const order = { online: 0, away: 1, offline: 2 };
  const team = [...state.agents.value.values()]
    .filter(({ id }) => id !== state.me.value?.id)
    .sort(
      (one, other) => order[one.state] - order[other.state] || one.name.localeCompare(other.name),
    );
  if (team.length === 0) return null;
  return html`<section class="rail-section team" aria-labelledby="team-title">
    <h2 id="team-title">Team</h2>
    <ul>${team.map(
      (agent) => html`<li key=${agent.id} class="teammate">
      <${Avatar} id=${agent.id} name=${agent.name} size="xs" state=${agent.state} />
      <span class="place-name">${agent.name}</span><span class="hidden"> is ${agent.state}</span>
    </li>`,
    )}</ul>
  </section>`;
}

const DESKTOP_WORDS = {
  on: "Desktop notifications: on",
  off: "Turn on desktop notifications",
  blocked: "Notifications are blocked in the browser",
  unavailable: "Notifications need https",
};

function OwnMenu() {
  const me = state.me.value;
  if (!me) return null;
  const waiting = state.drafts.value.size;
  /** @type {import("./menu.js").Item[]} */
  const items = [
    ...["online", "away", "offline"].map((one) => ({
      id: one,
      label: AVAILABILITY[one] ?? one,
      dot: one,
      group: "Availability",
      checked: me.state === one,
      onSelect: () => void setAvailability(/** @type {any} */ (one)),
    })),
    .../** @type {const} */ (["auto", "light", "dark"]).map((one) => ({
      id: `theme ${one}`,
      group: "Appearance",
      checked: theme.value === one,
      label: { auto: "As the system", light: "Light", dark: "Dark" }[one],
      icon: { auto: "panel", light: "sun", dark: "moon" }[one],
      onSelect: () => setTheme(one),
    })),
    {
      id: "desktop",
      group: "More",
      icon: "bell",
      label: DESKTOP_WORDS[desktop.value],
      disabled: desktop.value === "blocked" || desktop.value === "unavailable",
      onSelect: () => void toggleDesktop(),
    },
    {
      id: "shortcuts",
      group: "More",
      icon: "keyboard",
      label: "Keyboard shortcuts",
      keys: "?",
      onSelect: () => (state.dialog.value = { kind: "shortcuts" }),
    },
    {
      id: "out",
      group: "More",
      icon: "exit",
      label: waiting ? `Sign out and drop ${waiting} draft${waiting > 1 ? "s" : ""}` : "Sign out",
      onSelect: () => void signOut(),
    },
  ];
  return html`<${Menu} label="Your menu" items=${items} place="above" class="own"
    trigger=${html`<span class="hidden">Your menu: </span><${Avatar} id=${me.id} name=${me.name}
      size="s" state=${me.state} />
      <span class="own-words"><strong>${me.name}</strong><span>${AVAILABILITY[me.state]}</span>
        </span>
      <${Icon} name="more" />`} />`;
}

export function Rail() {
  const name = state.workspace.value?.name ?? "Parley";
  return html`<nav class="rail" aria-label="Console">
    <div class="rail-head">
      <${Avatar} id=${name} name=${name} size="s" />
      <span class="workspace">${name}</span>
    </div>
    <button type="button" class="find" onClick=${() => (state.dialog.value = { kind: "palette" })}
      title=${`Search and commands (${COMMAND_KEY} K)`}>
      <${Icon} name="search" size=${16} /><span class="place-name">Search or do…</span><${Keys}
        keys=${`${COMMAND_KEY} K`} />
    </button>
    <div class="rail-scroll">
    <section class="rail-section" aria-labelledby="views-title">
      <h2 id="views-title">Conversations</h2>
      <ul>${PLACES.slice(0, 5).map((place) => html`<${Place} place=${place} />`)}</ul>
    </section>
    <section class="rail-section" aria-labelledby="site-title">
      <h2 id="site-title">On your site</h2>
      <ul>${PLACES.slice(5).map((place) => html`<${Place} place=${place} />`)}</ul>
    </section>
    <${Team} />
    </div>
    <div class="rail-foot"><${OwnMenu} /></div>
  </nav>`;
}
