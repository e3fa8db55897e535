/**
 * A small menu at a button, as the ARIA practice has it: opened by a click, walked with the arrows,
 * closed by Escape, by Tab or by a press elsewhere; the button gets the focus back. There is one at
 * a time.
 */

import { h, set } from "./dom.js";

/** @typedef {{label: string, act: () => void, isGrave?: boolean}} MenuItem */

/**
 * @param {HTMLElement} panel what the menu must stay inside of
 * @param {HTMLElement} button
 * @param {MenuItem[]} items
 */
export function openMenu(panel, button, items) {
  const ending = new AbortController();
  const close = (isFocusBack = true) => {
    ending.abort();
    menu.remove();
    set(button, "aria-expanded", false);
    if (isFocusBack) button.focus();
  };
  const entries = items.map(({ label, act, isGrave }) =>
    h("button", {
      role: "menuitem",
      tabindex: -1,
      class: isGrave && "grave",
      click() {
        close();
        act();
      },
    }, label),
  );
  const menu = h("div", { class: "menu", role: "menu", keydown: walk }, ...entries);

  /** @param {KeyboardEvent} event */
  function walk(event) {
    if (event.key === "Tab") return close();
    const at = entries.findIndex((entry) => entry.matches(":focus"));
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (to !== undefined) entries.at(to % entries.length)?.focus();
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  panel.append(menu);
  const [at, within] = [button.getBoundingClientRect(), panel.getBoundingClientRect()];
  const below = at.bottom - within.top + 4;
  const isBelow = below + menu.offsetHeight < within.height - 8;
  const top = isBelow ? below : at.top - within.top - menu.offsetHeight - 4;
  const left = Math.min(at.left - within.left, within.width - menu.offsetWidth - 12);
  menu.style.setProperty("top", `${Math.max(8, top)}px`);
  menu.style.setProperty("left", `${Math.max(8, left)}px`);
  set(button, "aria-haspopup", "menu");
  set(button, "aria-expanded", "true");
  entries[0]?.focus();
  panel.getRootNode().addEventListener(
    "pointerdown",
    (event) => event.composedPath().includes(menu) || close(false),
    { signal: ending.signal, capture: true },
  );
}
