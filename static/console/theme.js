/**
 * Light, dark, or as the system: remembered in this browser, read by the stylesheet from
 * `data-theme` on the root.
 */

import { keep, storage } from "./storage.js";
import { signal } from "./vendor/preact.js";

/** @typedef {"auto" | "light" | "dark"} Theme */

const NAME = "parley theme";
const kept = storage.getItem(NAME);

/** @type {import("./vendor/preact.js").Signal<Theme>} */
export const theme = signal(kept === "light" || kept === "dark" ? kept : "auto");

/** @param {Theme} next */
export function setTheme(next) {
  theme.value = next;
  keep(NAME, next);
  showTheme();
}

export function showTheme() {
  document.documentElement.dataset.theme = theme.peek();
}
