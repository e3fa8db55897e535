/**
 * The signed-in agent's connection: starts it, hears everything that happens on it, and hands each
 * thing to the part that it concerns. Nothing is decided here that a reducer can decide.
 *
 * The order after every `welcome` is the console's promise of being right again: the list that is
 * looked at, the conversation that is open and the board are asked for anew (PROTOCOL §11).
 */

import { Connection } from "../protocol/connection.js";
import { Link } from "../protocol/link.js";
import { Logs } from "../protocol/logs.js";
import { isReady } from "../protocol/states.js";
import { isSignedIn } from "./api.js";
import { desk } from "./desk.js";
import { lists } from "./lists.js";
import { notices } from "./notices.js";
import { outbox } from "./outbox.js";
import * as state from "./state.js";
import { keep, storage } from "./storage.js";
import { timers } from "./timers.js";
import { DraftStore } from "./model/drafts.js";

/** @typedef {import("../protocol/connection.js").Happening} Happening */
/** @typedef {import("../protocol/connection.js").Data} Data */

/** Relative times are at most this old. */
const NOW_MS = 20_000;

/** A `Connection` that also tells of the lists' revisions in `ping`, which are the console's own. */
class ConsoleConnection extends Connection {
  /**
   * @override
   * @param {import("../protocol/connection.js").Frame} frame
   * @param {number} now
   */
  receive(frame, now) {
    super.receive(frame, now);
    if (frame.type === "ping" && frame.data)
      this.tell({ kind: "pushed", type: "ping", data: frame.data });
  }
}

class Session {
  /** @type {Link | null} */
  #link = null;
  /** @type {Logs | null} */
  #logs = null;
  /** The agent is signing out: that the server ends the connection is no news. */
  isLeaving = false;
  /** Why the server refused `hello`, if it did. */
  #refusal = "";
  /** @type {DraftStore | null} */
  #drafts = null;
  /** @type {(() => void) | null} */
  #unsaved = null;

  /** The logs of the current connection. */
  get logs() {
    if (!this.#logs) throw new Error("There is no session: nobody is signed in.");
    return this.#logs;
  }

  get isReady() {
    return this.#link !== null && isReady(this.#link.connection.state);
  }

  start() {
    const connection = new ConsoleConnection("agent", {});
    this.#logs = new Logs(connection);
    const url = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/console`;
    this.#refusal = "";
    this.isLeaving = false;
    const link = new Link(connection, url, (happening) => {
      if (link === this.#link) this.#happened(happening);
    });
    this.#link = link;
    timers.every("now", NOW_MS, () => (state.now.value = Date.now()));
    link.start();
  }

  /**
   * End the connection and show the sign-in page. What was written stays in the browser.
   * @param {string} reason what to tell; nothing after a deliberate sign-out
   */
  end(reason) {
    const link = this.#link;
    this.#link = null;
    this.#logs = null;
    link?.stop();
    timers.clear();
    desk.forget();
    this.#unsaved?.();
    this.#unsaved = null;
    state.forgetEverything();
    state.signedOutReason.value = reason;
    state.phase.value = "signedOut";
  }

  /** What the agent wrote and did not send leaves this browser. */
  forgetWritten() {
    this.#unsaved?.();
    this.#unsaved = null;
    this.#drafts?.clear();
    outbox.clear();
  }

  /**
   * @param {string} type
   * @param {Data} [data]
   * @returns {Promise<any>}
   */
  async ask(type, data) {
    if (!this.#link) throw new Error("There is no session: nobody is signed in.");
    return this.#link.ask(type, data);
  }

  /** Pass on what was done to the logs directly. */
  flush() {
    this.#link?.flush();
  }

  /** Try to connect now. */
  wake() {
    this.#link?.wake();
  }

  /** @param {Happening} happening */
  #happened(happening) {
    switch (happening.kind) {
      case "stateChanged":
        return this.#moved(happening.state);
      case "pushed":
        return this.#pushed(happening.type, happening.data);
      case "applied":
        desk.applied(/** @type {any} */ (happening.event));
        return outbox.heard(happening.event.conversationId);
      case "reset":
        desk.reset(/** @type {any} */ (happening));
        return outbox.heard(happening.conversationId);
      case "settled":
        return outbox.settled(
          happening.conversationId,
          happening.clientMessageId,
          happening.seq,
        );
      case "failed":
        return outbox.failed(happening.clientMessageId, happening.code);
      case "refused":
        if (this.#link?.connection.state === "GREETING") this.#refusal = happening.code;
    }
  }

  /** @param {import("../protocol/states.js").State} next */
  #moved(next) {
    const before = state.link.peek();
    const wasLive = before.state === "LIVE" || before.state === "CATCHING_UP";
    const at = Date.now();
    state.link.value = {
      state: next,
      since: wasLive === isReady(next) ? before.since : at,
      synced: next === "LIVE" || before.state === "LIVE" ? at : before.synced,
      failures: isReady(next) ? 0 : before.failures + (next === "OFFLINE" ? 1 : 0),
      ended: null,
    };
    if (next === "OFFLINE" || next === "TERMINAL") {
      lists.lost();
      desk.lost();
    }
    if (next === "TERMINAL" && this.#link && !this.isLeaving) void this.#ended();
  }

  /** The server does not want this connection back: is it the session, or something else? */
  async #ended() {
    if (this.#refusal === "unauthenticated") {
      const wasIn = state.phase.peek() === "signedIn";
      return this.end(
        wasIn ? "You were signed out. Sign in again to go on; your drafts are kept." : "",
      );
    }
    const link = this.#link;
    const stays = await isSignedIn();
    if (link !== this.#link) return;
    if (!stays)
      return this.end("You were signed out. Sign in again to go on; your drafts are kept.");
    state.link.value = { ...state.link.peek(), ended: this.#refusal || "refused" };
  }

  /** @param {string} type @param {Data} data */
  #pushed(type, data) {
    switch (type) {
      case "welcome":
        return this.#welcomed(data);
      case "inboxChange":
        return lists.inboxChanged(/** @type {any} */ (data));
      case "visitorChange":
        return lists.visitorChanged(/** @type {any} */ (data));
      case "ping":
        return lists.pinged(data.views ?? {});
      case "presence":
        return this.#present(data.agents);
      case "viewing":
        return state.dispatchThread(data.conversationId, { type: "viewing", agents: data.agents });
      case "typing":
        return desk.typed(data);
      case "read":
      case "delivered":
        return state.dispatchThread(data.conversationId, {
          type: "mark",
          mark: type,
          author: data.author,
          seq: data.seq,
        });
      case "contactUpdated":
        return lists.contactUpdated(data.contact);
      case "contactMerged":
      case "contactDeleted":
        desk.again();
        return lists.askAgain();
      case "notification":
        return notices.called(/** @type {any} */ (data));
    }
  }

  /** @param {Data} data */
  #welcomed({ agent, workspace, agents, labels }) {
    const before = state.me.peek();
    if (before !== null && before.id !== agent.id) return this.#replaced();
    state.me.value = agent;
    state.workspace.value = workspace;
    state.agents.value = new Map(agents.map((/** @type {any} */ one) => [one.id, one]));
    state.knownLabels.value = new Set([...state.knownLabels.peek(), ...labels]);
    if (!this.#unsaved) this.#restore(agent.id);
    desk.welcomed();
    lists.welcomed();
    state.phase.value = "signedIn";
    const kept = storage.getItem(`parley availability ${agent.id}`);
    if ((kept === "away" || kept === "offline") && kept !== agent.state)
      this.setAvailability(kept).catch(() => undefined); // The next welcome tries again.
  }

  /**
   * Another tab has signed in as somebody else. What the one before wrote must not be sent under
   * another name: their connection ends before it has sent a frame, and a fresh one begins.
   */
  #replaced() {
    this.end("");
    state.phase.value = "booting";
    this.start();
  }

  /**
   * What this agent had written in this browser is there again, and is kept from now on.
   * @param {string} agentId
   */
  #restore(agentId) {
    const store = (this.#drafts = new DraftStore(storage, agentId));
    state.dispatchDraft({ type: "restored", drafts: store.load() });
    let before = state.drafts.peek();
    this.#unsaved = state.drafts.subscribe((after) => {
      try {
        store.save(before, after);
      } catch {
        // Full: drafts live as long as the page does.
      }
      before = after;
    });
    outbox.restore(agentId);
  }

  /** @param {import("./model/shapes.js").Availability} availability */
  async setAvailability(availability) {
    const own = state.me.peek();
    if (!own) return;
    await this.ask("availability", { state: availability });
    keep(`parley availability ${own.id}`, availability);
    state.me.value = { ...own, state: availability };
    this.#present([{ id: own.id, state: availability }]);
  }

  /** @param {{id: string, state: import("./model/shapes.js").Availability}[]} changed */
  #present(changed) {
    const agents = new Map(state.agents.peek());
    for (const { id, state: availability } of changed) {
      const agent = agents.get(id);
      if (agent) agents.set(id, { ...agent, state: availability });
    }
    state.agents.value = agents;
  }
}

export const session = new Session();
