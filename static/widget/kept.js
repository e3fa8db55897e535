/**
 * What is written and not in the log yet, kept in the browser, so that neither a reload nor a closed
 * tab loses it. All tabs share it: each sends what it finds, which is harmless, as every message has
 * an id that the server takes once.
 *
 * Each entry says who wrote it: the device, and its epoch, which grows when somebody else sits down
 * at this browser. What another person wrote is dropped and never sent under a new name.
 */

/** @import { Pending } from "./model.js" */
/** @import { Core } from "./types.js" */

/** @param {Core} core who is here now, in a word */
export function writerOf(core) {
  const { visitorId = "", epoch = 0 } = core.device();
  return `${epoch} ${visitorId}`;
}

/**
 * Whether who wrote is here now, or wrote before the server had said who this is.
 * @param {Core} core
 * @param {string} writer
 */
export const isHere = (core, writer) => [writerOf(core), "0 "].includes(writer);

/** @param {Core} core @returns {Pending[]} what the person who is here now has written */
export function readKept(core) {
  const kept = core.local.read("outbox");
  return Array.isArray(kept) ? kept.filter((entry) => isPending(entry) && isHere(core, entry.writer)) : [];
}

/**
 * Put an entry in the place of the one with its id, or just remove that. What others wrote goes.
 *
 * @param {Core} core
 * @param {string} [clientMessageId]
 * @param {Pending} [pending]
 */
export function keep(core, clientMessageId, pending) {
  const writer = writerOf(core);
  const others = readKept(core).filter((entry) => entry.clientMessageId !== clientMessageId);
  const all = [...others, ...(pending ? [pending] : [])];
  core.local.write("outbox", all[0] && all.map((entry) => ({ ...entry, writer })));
}

/** Storage is the page's too, and may hold anything. @param {any} entry */
const isPending = (entry) => entry?.author && typeof entry.body === "string";
