/**
 * What stands before everything else: the browser's own dialog, which traps the focus, closes on
 * Escape and gives the focus back.
 */

import { html, useLayoutEffect, useRef } from "../vendor/preact.js";

/** @param {{label: string, class?: string, onClose: () => void, children: any}} props */
export function Modal({ label, class: name = "", onClose, children }) {
  /** @type {import("../vendor/preact.js").RefObject<HTMLDialogElement | null>} */
  const dialog = useRef(null);
  useLayoutEffect(() => {
    const element = dialog.current;
    const before = document.activeElement;
    element?.showModal();
    return () => {
      element?.close();
      if (
        before instanceof HTMLElement &&
        before.isConnected &&
        document.activeElement === document.body
      )
        before.focus();
    };
  }, []);
  return html`<dialog ref=${dialog} class=${`modal ${name}`} aria-label=${label}
    onCancel=${(/** @type {Event} */ event) => {
      event.preventDefault();
      onClose();
    }}
    onClick=${(/** @type {MouseEvent} */ event) => {
      if (event.target === dialog.current) onClose();
    }}>
    <div class="modal-body">${children}</div>
  </dialog>`;
}
