/**
 * The shapes that the widget's files hand to each other. Types only: nothing here runs.
 *
 * The widget is two halves. The launcher is on every page and must weigh next to nothing; the chat
 * half is loaded when somebody opens the chat, and gets the launcher's objects as arguments, because
 * in a bundle the two are separate files that share no module.
 */

/** @import { Shelf } from "./shelf.js" */
/** @import { Counts } from "./unread.js" */
/** @import { State } from "./model.js" */
/** @import { Row } from "./rows.js" */
/** @import { Data, Happening } from "../protocol/connection.js" */
/** @import { Listener } from "../protocol/listener.js" */

/** @typedef {"ready" | "open" | "close" | "message" | "unread" | "sessionReset" | "error"} EventName */

/**
 * What a site may say at `init`, in the script tag's `data-…` or in `window.__chat_config`.
 * @typedef {object} Options
 * @property {string} [key] the widget key
 * @property {string} [url] the server's address; by default where the script came from
 * @property {"light" | "dark" | "auto"} [theme]
 * @property {"bottom-right" | "bottom-left"} [position]
 * @property {boolean | string} [isOpen]
 */

/**
 * What this browser is to the server. `epoch` grows by one when somebody else sits down at it,
 * however many tabs hear of it.
 * @typedef {object} Device
 * @property {string} [visitorId]
 * @property {string} [visitorToken]
 * @property {string} [sessionToken]
 * @property {number} [epoch]
 */

/**
 * The launcher, as the chat half sees it.
 * @typedef {object} Core
 * @property {string} key
 * @property {string} url what the server's addresses are relative to
 * @property {HTMLElement} host
 * @property {ShadowRoot} root
 * @property {HTMLElement} button
 * @property {Shelf} local
 * @property {Shelf} tab
 * @property {Counts} counts how many messages wait to be read, by conversation
 * @property {AbortSignal} signal aborted by `destroy`
 * @property {() => Data} hello the data of a first frame, as of now
 * @property {(type: string, data: Data) => void} heard every frame of the server goes here
 * @property {Listener} listener the launcher's socket, to be taken over
 * @property {(event: EventName, detail?: unknown) => void} emit
 * @property {() => Device} device
 * @property {number} [agentsOnline] as the server said last
 * @property {string} [reading] the conversation that is on screen: nothing in it is unread
 */

/**
 * The chat half, as the launcher sees it; beside these it has the API's slow methods.
 * @typedef {Record<string, any> & Handle} Half
 * * @typedef {object} Handle
 * @property {(name: string, ...args: any[]) => any} call a method of the API by its name
 * @property {() => void} close
 * @property {() => boolean} isOpen
 * @property {(type: string, data: Data) => void} send
 */

/**
 * Something that adds to the chat.
 * @typedef {object} Part
 * @property {(state: State) => void} [render]
 * @property {(happening: Happening) => void} [hear]
 * @property {(row: Row, plain: (row: Row) => HTMLElement) => HTMLElement | undefined} [make] a row that
 *   it draws in its own way, perhaps beginning with the plain one
 */

export {};
