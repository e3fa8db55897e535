/**
 * What the widget keeps in the browser: small JSON values under one prefix per widget key.
 *
 * Storage may be full, forbidden or absent (private windows, blocked site data, a sandboxed frame),
 * and reading the very property may throw. None of that may break a page or a chat, so a shelf never
 * throws: what it cannot keep is forgotten with the page.
 */

/** @typedef {{read(name: string): any, write(name: string, value?: unknown): void}} Shelf */

/**
 * @param {"localStorage" | "sessionStorage"} area shared by the tabs of this origin, or of this tab
 * @param {string} prefix
 * @returns {Shelf} what has no value is removed
 */
export const shelf = (area, prefix) => ({
  read(name) {
    try {
      return JSON.parse(window[area][prefix + name]);
    } catch {
      return undefined;
    }
  },
  write(name, value) {
    try {
      if (value) window[area][prefix + name] = JSON.stringify(value);
      else delete window[area][prefix + name];
    } catch {
      // Nothing to do: see above.
    }
  },
});
