/**
 * What is written and not in the log yet, kept in the browser, so that neither a reload nor a closed
 * tab loses it. All tabs share it: each sends what it finds, which is harmless, as every message has
 * an id that the server takes once.
 *
 * Each entry says who wrote it: the device, and the epoch, which grows when somebody else sits down
 * at this browser. What another person wrote is dropped and never sent under a new name.
 */

/** @import { Pending } from "./model.js" */
/** @import { Core, Device } from "./types.js" */

/** @typedef {Pending & {writer: string}} Kept */

const MOST = 200;

/** @param {Device} device */
export const writerOf = ({ visitorId = "", epoch = 0 }) => `${epoch} ${visitorId}`;

export class KeptMessages {
  /** @param {Core} core */
  constructor(core) {
    this.core = core;
  }

  /** @returns {Pending[]} what the person who is here now has written */
  read() {
    const kept = this.core.local.read("outbox");
    const writer = writerOf(this.core.device());
    if (!Array.isArray(kept)) return [];
    return kept.filter(isKept).filter((entry) => entry.writer === writer || entry.writer === "0 ")
      .map(({ writer: _, ...pending }) => pending);
  }

  /** @param {Pending} pending */
  add(pending) {
    this.#write([...this.#others(pending.clientMessageId), pending].slice(-MOST));
  }

  /** @param {string} clientMessageId */
  remove(clientMessageId) {
    const others = this.#others(clientMessageId);
    if (others.length < this.read().length) this.#write(others);
  }

  /** @param {string} clientMessageId */
  #others(clientMessageId) {
    return this.read().filter((pending) => pending.clientMessageId !== clientMessageId);
  }

  /** @param {Pending[]} all */
  #write(all) {
    const writer = writerOf(this.core.device());
    const kept = all.map((pending) => ({ ...pending, writer }));
    this.core.local.write("outbox", kept.length ? kept : null);
  }
}

/** Storage is the page's too, and may hold anything. @param {any} entry @returns {entry is Kept} */
function isKept(entry) {
  const strings = [entry?.clientMessageId, entry?.body, entry?.at, entry?.writer];
  return strings.every((value) => typeof value === "string");
}
