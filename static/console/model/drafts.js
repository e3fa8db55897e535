/**
 * What is being written, for each conversation a reply and a note, until it is sent.
 *
 * `baseSeq` is where the public log was when the reply was begun: a colleague's answer after it is a
 * collision. `drafts` is pure; a `DraftStore` keeps the same in the browser under the agent's id, one
 * entry a draft, so that tabs do not overwrite each other's. Bounded: the oldest leave first.
 */

/**
 * @typedef {import("./shapes.js").Mode} Mode
 * @typedef {{text: string, baseSeq: number, at: number}} Draft
 * @typedef {ReadonlyMap<string, Draft>} Drafts
 * @typedef {{type: "written", key: string, text: string, seq: number, at: number}
 *   | {type: "based", key: string, seq: number}
 *   | {type: "restored", drafts: Drafts}
 *   | {type: "dropped", key: string}} DraftAction
 */

export const MOST_DRAFTS = 100;
/** Code units; twice what the server takes, so that a person sees what is too long. */
export const LONGEST_DRAFT = 20_000;

/**
 * @param {string} conversationId
 * @param {Mode} mode
 */
export const draftKey = (conversationId, mode) => `${conversationId} ${mode}`;

/**
 * @param {Drafts} state
 * @param {DraftAction} action
 * @returns {Drafts}
 */
export function drafts(state, action) {
  if (action.type === "restored") return bounded(new Map([...action.drafts, ...state]));
  const next = new Map(state);
  const held = state.get(action.key);
  switch (action.type) {
    case "written": {
      next.delete(action.key);
      const text = action.text.slice(0, LONGEST_DRAFT);
      if (text.trim() === "") return held ? next : state;
      next.set(action.key, { text, baseSeq: held?.baseSeq ?? action.seq, at: action.at });
      return bounded(next);
    }
    case "based":
      if (!held) return state;
      return next.set(action.key, { ...held, baseSeq: action.seq });
    case "dropped":
      return next.delete(action.key) ? next : state;
  }
}

/**
 * @param {Map<string, Draft>} all
 * @returns {Drafts}
 */
function bounded(all) {
  if (all.size <= MOST_DRAFTS) return all;
  const newest = [...all].sort(([, one], [, other]) => one.at - other.at).slice(-MOST_DRAFTS);
  return new Map(newest);
}

export class DraftStore {
  /**
   * @param {Storage} storage
   * @param {string} agentId
   */
  constructor(storage, agentId) {
    this.storage = storage;
    this.prefix = `parley draft ${agentId} `;
  }

  /** What was kept, of this agent; what cannot be read is dropped. */
  load() {
    /** @type {Map<string, Draft>} */
    const found = new Map();
    for (const name of this.#names()) {
      const draft = parsed(this.storage.getItem(name));
      if (draft) found.set(name.slice(this.prefix.length), draft);
      else this.storage.removeItem(name);
    }
    return bounded(found);
  }

  /**
   * Bring the storage from one state of the drafts to the next.
   * @param {Drafts} before
   * @param {Drafts} after
   */
  save(before, after) {
    for (const key of before.keys())
      if (!after.has(key)) this.storage.removeItem(this.prefix + key);
    for (const [key, draft] of after) {
      if (before.get(key) !== draft) this.storage.setItem(this.prefix + key, JSON.stringify(draft));
    }
  }

  clear() {
    for (const name of this.#names()) this.storage.removeItem(name);
  }

  #names() {
    return Array.from(
      { length: this.storage.length },
      (_, index) => this.storage.key(index) ?? "",
    ).filter((name) => name.startsWith(this.prefix));
  }
}

/**
 * @param {string | null} text
 * @returns {Draft | null}
 */
function parsed(text) {
  try {
    const { text: words, baseSeq, at } = JSON.parse(text ?? "null");
    const isDraft = typeof words === "string" && Number.isFinite(baseSeq) && Number.isFinite(at);
    return isDraft ? { text: words.slice(0, LONGEST_DRAFT), baseSeq, at } : null;
  } catch {
    return null;
  }
}
