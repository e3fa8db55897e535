/**
 * All timers of the page, by name: setting one again replaces it, and nothing runs after `clear`.
 */

export class Timers {
  /** @type {Map<string, ReturnType<typeof setTimeout>>} */
  #running = new Map();

  /**
   * Do something once, after a while.
   * @param {string} name
   * @param {number} ms
   * @param {() => void} act
   */
  after(name, ms, act) {
    this.stop(name);
    this.#running.set(
      name,
      setTimeout(() => {
        this.#running.delete(name);
        act();
      }, ms),
    );
  }

  /**
   * Do something again and again.
   * @param {string} name
   * @param {number} ms
   * @param {() => void} act
   */
  every(name, ms, act) {
    this.after(name, ms, () => {
      this.every(name, ms, act);
      act();
    });
  }

  /** @param {string} name */
  isRunning(name) {
    return this.#running.has(name);
  }

  /** @param {string} name */
  stop(name) {
    clearTimeout(this.#running.get(name));
    this.#running.delete(name);
  }

  clear() {
    for (const name of [...this.#running.keys()]) this.stop(name);
  }
}

export const timers = new Timers();
