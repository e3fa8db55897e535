/**
 * The states of a client, and what moves it from one to another (`protocol/states.py` in
 * JavaScript, under the same names). A move that the table does not have cannot happen, and trying
 * it is an error.
 */

/** @typedef {"OFFLINE" | "CONNECTING" | "GREETING" | "CATCHING_UP" | "LIVE" | "TERMINAL"} State */
/** @typedef {"RETRY" | "OPENED" | "WELCOMED" | "BEHIND" | "CAUGHT_UP" | "LOST" | "REFUSED"} Input */

/** @type {Readonly<Record<State, Readonly<Partial<Record<Input, State>>>>>} */
export const TRANSITIONS = {
  OFFLINE: { RETRY: "CONNECTING", REFUSED: "TERMINAL" },
  CONNECTING: { OPENED: "GREETING", LOST: "OFFLINE", REFUSED: "TERMINAL" },
  GREETING: { WELCOMED: "CATCHING_UP", LOST: "OFFLINE", REFUSED: "TERMINAL" },
  CATCHING_UP: { CAUGHT_UP: "LIVE", LOST: "OFFLINE", REFUSED: "TERMINAL" },
  LIVE: { BEHIND: "CATCHING_UP", LOST: "OFFLINE", REFUSED: "TERMINAL" },
  TERMINAL: {},
};

/**
 * Whether the server has said `welcome`: frames may be sent.
 * @param {State} state
 */
export const isReady = (state) => state === "CATCHING_UP" || state === "LIVE";

/**
 * Whether there is a connection.
 * @param {State} state
 */
export const isConnected = (state) => state === "GREETING" || isReady(state);

/**
 * Seconds to wait before the `attempt`-th try, counted from 0: full jitter (PROTOCOL §10).
 * @param {number} attempt
 * @param {() => number} random
 */
export const backoff = (attempt, random) => random() * Math.min(20, 0.5 * 2 ** attempt);

/**
 * Whether a client whose connection ended with `code` comes back by itself (PROTOCOL §10).
 * @param {number} code
 */
export const reconnects = (code) => /^(4[0-4]..|100[156]|101[1-5])$/.test(`${code}`);
