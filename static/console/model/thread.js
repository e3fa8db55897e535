/**
 * One conversation as an agent sees it: its summary, both its logs, what was written and is not in
 * them yet, and who else is there.
 *
 * Each log is a contiguous run by `seq`; `applied` and `reset` are the only ways in, and older pages
 * go before it. What is shown is made from this by `rows.js`. A live event also says what it changes
 * in the summary, because an open conversation need not be in the list that is looked at.
 */

/**
 * @typedef {import("./shapes.js").Event} Event
 * @typedef {import("./shapes.js").Summary} Summary
 * @typedef {import("./shapes.js").LogName} LogName
 * @typedef {{events: readonly Event[], asking: boolean}} Log
 * @typedef {object} Pending
 * @property {string} clientMessageId
 * @property {"message" | "note"} type
 * @property {string} body
 * @property {string} at
 * @property {string[]} mentions
 * @property {number} [expectedSeq]
 * @property {"sending" | "sent" | "failed"} state  sent: in the log, and on its way back from it
 * @property {number} [seq] where it is in its log, once it is there
 * @property {string | null} [code] why it failed; null: written by somebody else
 *
 * @typedef {object} Thread
 * @property {string} id
 * @property {"opening" | "open" | "failed" | "gone"} status
 * @property {Summary | null} summary
 * @property {Readonly<Record<LogName, Log>>} logs
 * @property {readonly import("./shapes.js").Viewer[]} viewers
 * @property {{preview: string | null, until: number} | null} typing  the visitor
 * @property {readonly Pending[]} pending
 * @property {number | null} divider  the first message that was unread when it was opened
 *
 * @typedef {{type: "opening"} | {type: "closed"} | {type: "failed"} | {type: "gone"}
 *   | {type: "opened", answer: import("./shapes.js").Opened}
 *   | {type: "applied", event: Event}
 *   | {type: "reset", log: LogName, events: Event[]}
 *   | {type: "asking", logs: readonly LogName[]}
 *   | {type: "older", page: import("./shapes.js").HistoryPage}
 *   | {type: "askFailed"}
 *   | {type: "summary", summary: Summary}
 *   | {type: "contact", contact: import("./shapes.js").Contact}
 *   | {type: "mark", mark: "read" | "delivered", author: import("./shapes.js").Author, seq: number}
 *   | {type: "viewing", agents: import("./shapes.js").Viewer[]}
 *   | {type: "typing", isTyping: boolean, preview: string | null, until: number}
 *   | {type: "quiet", now: number}
 *   | {type: "posted", pending: Pending}
 *   | {type: "settled", clientMessageId: string, seq: number}
 *   | {type: "refused", clientMessageId: string, code: string | null}
 *   | {type: "discarded", clientMessageId: string}
 *   | {type: "undivided"} | {type: "trimmed", keep: number}} ThreadAction
 */

/**
 * @param {string} id
 * @param {Summary | null} summary what a list knows of it already
 * @returns {Thread}
 */
export function newThread(id, summary) {
  const log = { events: [], asking: false };
  return {
    id,
    status: "opening",
    summary,
    logs: { public: log, staff: log },
    viewers: [],
    typing: null,
    pending: [],
    divider: null,
  };
}

/**
 * @param {Thread} state
 * @param {ThreadAction} action
 * @returns {Thread}
 */
export function thread(state, action) {
  switch (action.type) {
    case "opening":
      return {
        ...state,
        status: state.status === "open" ? "open" : "opening",
        viewers: [],
        typing: null,
      };
    case "closed":
      return { ...state, status: "opening", viewers: [], typing: null, divider: null };
    case "failed":
      return { ...state, status: state.status === "open" ? "open" : "failed" };
    case "gone":
      return { ...state, status: "gone" };
    case "opened": {
      const { conversation, viewers } = action.answer;
      const anew = state.status !== "open";
      return {
        ...state,
        status: "open",
        summary: conversation,
        viewers,
        divider: anew ? firstUnread(state.logs.public.events, conversation.unread) : state.divider,
      };
    }
    case "applied":
      return applied(state, action.event);
    case "reset": {
      const next = withLog(state, action.log, { events: action.events, asking: false });
      return { ...next, pending: next.pending.filter((one) => !isHeld(next, one)) };
    }
    case "asking":
      return action.logs.reduce(
        (next, log) => withLog(next, log, { ...next.logs[log], asking: true }),
        state,
      );
    case "older": {
      const { log, events } = action.page;
      const held = state.logs[log].events;
      const first = held[0]?.seq ?? 1;
      const older = events.filter(({ seq }) => seq < first);
      const fits = older.length === 0 || older.at(-1)?.seq === first - 1;
      return withLog(state, log, { events: fits ? [...older, ...held] : held, asking: false });
    }
    case "askFailed":
      return {
        ...state,
        logs: { public: rested(state.logs.public), staff: rested(state.logs.staff) },
      };
    case "summary":
      return isOlder(action.summary, state.summary) ? state : { ...state, summary: action.summary };
    case "contact":
      return state.summary?.contact?.id === action.contact.id
        ? { ...state, summary: { ...state.summary, contact: action.contact } }
        : state;
    case "mark":
      return marked(state, action);
    case "viewing":
      return { ...state, viewers: action.agents };
    case "typing":
      return {
        ...state,
        typing: action.isTyping ? { preview: action.preview, until: action.until } : null,
      };
    case "quiet":
      return state.typing && state.typing.until <= action.now ? { ...state, typing: null } : state;
    case "posted": {
      const others = state.pending.filter(
        (one) => one.clientMessageId !== action.pending.clientMessageId,
      );
      return { ...state, pending: [...others, action.pending] };
    }
    case "settled": {
      const { clientMessageId, seq } = action;
      const pending = state.pending
        .map((one) =>
          one.clientMessageId === clientMessageId
            ? { ...one, state: /** @type {const} */ ("sent"), seq }
            : one,
        )
        .filter((one) => !isHeld(state, one));
      return { ...state, pending };
    }
    case "discarded":
      return without(state, action.clientMessageId);
    case "refused": {
      const { clientMessageId, code } = action;
      const pending = state.pending.map((one) =>
        one.clientMessageId === clientMessageId
          ? { ...one, state: /** @type {const} */ ("failed"), code }
          : one,
      );
      return { ...state, pending };
    }
    case "undivided":
      return state.divider === null ? state : { ...state, divider: null };
    case "trimmed": {
      const { public: all, staff } = state.logs;
      if (all.events.length <= action.keep || all.asking || staff.asking) return state;
      return withLog(state, "public", { ...all, events: all.events.slice(-action.keep) });
    }
  }
}

/**
 * @param {Thread} state
 * @param {LogName} name
 * @param {Log} log
 */
const withLog = (state, name, log) => ({ ...state, logs: { ...state.logs, [name]: log } });

/** @param {Log} log */
const rested = (log) => (log.asking ? { ...log, asking: false } : log);

/**
 * Whether a sent one is among the events, or need not be shown: a thread that is not followed is
 * read anew when it is opened. Until its event is here it stays in sight.
 * @param {Thread} state
 * @param {Pending} pending
 */
function isHeld(state, { type, seq, state: how }) {
  if (how !== "sent" || seq === undefined) return false;
  const { events } = state.logs[type === "note" ? "staff" : "public"];
  return state.status !== "open" || (events.at(-1)?.seq ?? 0) >= seq;
}

/**
 * @param {Thread} state
 * @param {string} clientMessageId
 */
function without(state, clientMessageId) {
  const pending = state.pending.filter((one) => one.clientMessageId !== clientMessageId);
  return pending.length === state.pending.length ? state : { ...state, pending };
}

/**
 * @param {Thread} state
 * @param {Event} event
 * @returns {Thread}
 */
function applied(state, event) {
  const log = state.logs[event.log];
  const last = log.events.at(-1);
  if (last && event.seq !== last.seq + 1) return state;
  const held = event.targetSeq ? log.events.map((one) => rewritten(one, event)) : log.events;
  const events = [...held, event];
  let next = withLog(state, event.log, { ...log, events });
  if (event.clientMessageId !== undefined) next = without(next, event.clientMessageId);
  if (event.kind === "message" && event.author.kind === "visitor") next = { ...next, typing: null };
  return next.summary ? { ...next, summary: summarised(next.summary, event, state) } : next;
}

/**
 * A held event after `event`, which may be its edit or its deletion.
 * @param {Event} held
 * @param {Event} event
 */
function rewritten(held, event) {
  if (held.seq !== event.targetSeq || held.kind !== "message") return held;
  if (event.kind === "messageEdited")
    return { ...held, body: event.body ?? "", editedAt: event.at };
  if (event.kind === "messageDeleted") return { ...held, body: "", deleted: true };
  return held;
}

/**
 * Events keep the summary up to date and leave its version alone, so a list that was read before the
 * newest event is told apart by its time. Once the conversation has left the list no newer one comes.
 * @param {Summary} summary
 * @param {Summary | null} held
 */
function isOlder(summary, held) {
  if (held === null) return false;
  return summary.version < held.version || summary.updatedAt < held.updatedAt;
}

/**
 * What a live event changes in the summary.
 * @param {Summary} summary
 * @param {Event} event
 * @param {Thread} before
 * @returns {Summary}
 */
function summarised(summary, event, before) {
  const next = { ...summary, updatedAt: event.at };
  if (event.log === "public") next.lastSeq = event.seq;
  switch (event.kind) {
    case "message":
      next.lastMessage = {
        preview: (event.body ?? "").slice(0, 140),
        author: event.author,
        at: event.at,
      };
      break;
    case "statusChanged":
      next.status = event.status ?? next.status;
      if (next.status !== "snoozed") next.snoozedUntil = null;
      break;
    case "assigneeChanged":
      next.assignee = event.assignee ?? next.assignee;
      break;
    case "labelsChanged":
      next.labels = [
        ...next.labels.filter((label) => !event.removed?.includes(label)),
        ...(event.added ?? []).filter((label) => !next.labels.includes(label)),
      ];
      break;
    case "priorityChanged":
      next.priority = event.priority ?? next.priority;
      break;
    case "snoozed":
      return { ...next, ...snoozed(event, before) };
  }
  return next;
}

/**
 * `until: null` says either that the conversation woke or that it sleeps until somebody writes: who
 * wakes it is nobody (the clock, a message), or an agent who in the same commit opened it.
 * @param {Event} event
 * @param {Thread} before
 * @returns {Pick<Summary, "snoozedUntil"> & Partial<Summary>}
 */
function snoozed(event, before) {
  if (event.until) return { status: "snoozed", snoozedUntil: event.until };
  if (event.author.kind === "system") return { status: "open", snoozedUntil: null };
  const twin = before.logs.public.events.findLast(({ kind }) => kind === "statusChanged");
  if (twin?.at === event.at) return { snoozedUntil: null };
  return { status: "snoozed", snoozedUntil: null };
}

/**
 * @param {Thread} state
 * @param {{mark: "read" | "delivered", author: import("./shapes.js").Author, seq: number}} action
 * @returns {Thread}
 */
function marked(state, { mark, author, seq }) {
  if (!state.summary) return state;
  const { visitor, agent } = state.summary.marks;
  const marks =
    author.kind === "visitor"
      ? { agent, visitor: { ...visitor, [mark]: Math.max(visitor[mark], seq) } }
      : { visitor, agent: { read: mark === "read" ? Math.max(agent.read, seq) : agent.read } };
  return { ...state, summary: { ...state.summary, marks } };
}

/**
 * The `seq` of the first of the newest `unread` messages of the visitor.
 * @param {readonly Event[]} events
 * @param {number} unread
 */
function firstUnread(events, unread) {
  const theirs = events.filter(
    ({ kind, author, deleted }) => kind === "message" && author.kind === "visitor" && !deleted,
  );
  return unread > 0 ? (theirs.at(-unread)?.seq ?? events[0]?.seq ?? null) : null;
}

/**
 * Up to where the public log is held.
 * @param {Thread} state
 */
export const head = (state) => state.logs.public.events.at(-1)?.seq ?? 0;

/**
 * What colleagues answered after `seq`: the reason why a reply should not simply be sent.
 * @param {Thread} state
 * @param {number} seq
 * @param {string} ownId
 */
export function repliesAfter(state, seq, ownId) {
  return state.logs.public.events.filter(
    (event) =>
      event.seq > seq &&
      event.kind === "message" &&
      !event.deleted &&
      (event.author.kind === "assistant" ||
        (event.author.kind === "agent" && event.author.id !== ownId)),
  );
}
