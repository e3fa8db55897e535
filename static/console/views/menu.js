/**
 * A button that opens a menu, and whose words say so: arrow keys move, Home and End jump, a letter
 * searches, Escape and a click outside close, and the focus goes back to the button.
 */

import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { Icon } from "./icons.js";
import { Keys } from "./parts.js";

/**
 * @typedef {object} Item
 * @property {string} id
 * @property {string} label
 * @property {() => void} onSelect
 * @property {string} [icon]
 * @property {string} [dot]
 * @property {string} [group]
 * @property {string} [keys]
 * @property {boolean} [checked]  one of a group; absent: it is an action
 * @property {boolean} [disabled]
 * @property {boolean} [danger]
 */

/**
 * @param {{label: string, trigger: any, items: Item[], place?: "above" | "below", align?: "start" | "end",
 *   class?: string, onToggle?: (isOpen: boolean) => void}} props
 */
export function Menu({
  label,
  trigger,
  items,
  place = "below",
  align = "start",
  class: name = "",
  onToggle,
}) {
  const [isOpen, setOpen] = useState(false);
  /** @type {import("../vendor/preact.js").RefObject<HTMLDivElement | null>} */
  const root = useRef(null);
  const buttons = () =>
    [...(root.current?.querySelectorAll("[role^=menuitem]") ?? [])]
      .filter((one) => one instanceof HTMLButtonElement && !one.disabled)
      .map((one) => /** @type {HTMLButtonElement} */ (one));

  /** @param {boolean} next @param {boolean} [returns] whether the focus goes back to the button */
  const toggle = (next, returns = true) => {
    setOpen(next);
    onToggle?.(next);
    const opener = root.current?.querySelector("[aria-haspopup]");
    if (!next && returns && opener instanceof HTMLElement) opener.focus();
  };

  useEffect(() => {
    if (!isOpen) return undefined;
    (buttons().find((one) => one.getAttribute("aria-checked") === "true") ?? buttons()[0])?.focus();
    const away = (/** @type {PointerEvent} */ event) => {
      if (event.target instanceof Node && !root.current?.contains(event.target))
        toggle(false, false);
    };
    document.addEventListener("pointerdown", away, true);
    return () => document.removeEventListener("pointerdown", away, true);
  }, [isOpen]);

  /** @param {KeyboardEvent} event */
  const onKey = (event) => {
    if (!isOpen) return;
    const all = buttons();
    const at = all.findIndex((one) => one === document.activeElement);
    const next = {
      ArrowDown: all[(at + 1) % all.length],
      ArrowUp: all[(at - 1 + all.length) % all.length],
      Home: all[0],
      End: all.at(-1),
    }[event.key];
    if (next) next.focus();
    else if (event.key === "Escape") toggle(false);
    else if (event.key === "Tab") return toggle(false, false);
    else if (event.key.length === 1 && /\S/.test(event.key) && !event.ctrlKey && !event.metaKey) {
      const letter = event.key.toLocaleLowerCase();
      const after = [...all.slice(at + 1), ...all];
      after.find((one) => one.textContent?.trim().toLocaleLowerCase().startsWith(letter))?.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };

  let group = "";
  return html`<div class=${`menu ${name}`} ref=${root} onKeyDown=${onKey}>
    <button type="button" class="menu-button" aria-haspopup="menu" aria-expanded=${isOpen}
      title=${label} onClick=${() => toggle(!isOpen, false)}>${trigger}</button>
    ${
      isOpen &&
      html`<div class=${`menu-list is-${place} is-${align}`} role="menu" aria-label=${label}>
      ${items.map((item) => {
        const heads = item.group !== undefined && item.group !== group;
        group = item.group ?? "";
        return html`
          ${
            heads &&
            html`<div class="menu-group" role="presentation" key=${`group ${group}`}>
            ${group}</div>`
          }
          <button type="button" key=${item.id} tabindex=${-1} disabled=${item.disabled}
            class=${`menu-item ${item.danger ? "is-danger" : ""}`}
            role=${item.checked === undefined ? "menuitem" : "menuitemradio"} aria-checked=${item.checked}
            onClick=${() => {
              toggle(false);
              item.onSelect();
            }}>
            ${
              item.dot
                ? html`<span class=${`dot is-${item.dot}`}>
              </span>`
                : item.icon && html`<${Icon} name=${item.icon} size=${16} />`
            }
            <span>${item.label}</span>
            ${item.keys && html`<${Keys} keys=${item.keys} />`}
            ${item.checked && html`<${Icon} name="check" size=${16} />`}
          </button>`;
      })}
    </div>`
    }
  </div>`;
}
