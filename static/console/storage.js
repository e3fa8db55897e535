/**
 * The browser's storage, which may be forbidden, full or broken: then the page keeps its own for as
 * long as it lives, and nothing else has to know.
 */

/** @implements {Storage} */
class Memory {
  /** @type {Map<string, string>} */
  #items = new Map();

  get length() {
    return this.#items.size;
  }

  clear() {
    this.#items.clear();
  }

  /** @param {number} index */
  key(index) {
    return [...this.#items.keys()][index] ?? null;
  }

  /** @param {string} name */
  getItem(name) {
    return this.#items.get(name) ?? null;
  }

  /** @param {string} name @param {string} value */
  setItem(name, value) {
    this.#items.set(name, value);
  }

  /** @param {string} name */
  removeItem(name) {
    this.#items.delete(name);
  }
}

/** @returns {Storage} */
function usable() {
  try {
    const probe = "parley probe";
    localStorage.setItem(probe, "");
    localStorage.removeItem(probe);
    return localStorage;
  } catch {
    return new Memory();
  }
}

export const storage = usable();

/**
 * Keep a value; a full storage loses it, and that is all.
 * @param {string} name
 * @param {string} value
 */
export function keep(name, value) {
  try {
    storage.setItem(name, value);
  } catch {
    // Full: what is kept is a convenience, what is sent is not kept here only.
  }
}
