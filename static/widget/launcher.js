/**
 * The half of the widget that is on every page: the button, the badge, `window.Parley`, and one
 * socket on which it says who is here and hears what waits.
 *
 * It holds no message and shows no state; that is the chat half's, which is loaded when somebody
 * opens the chat or something written before is still to be sent, and then takes the socket over.
 */

import { Listener } from "../protocol/listener.js";
import { chooseInk, makeButton } from "./button.js";
import { currentPage, watchPage } from "./page.js";
import { shelf } from "./shelf.js";
import { count, total } from "./unread.js";

/** @import { Core, Device, EventName, Half, Options } from "./types.js" */
/** @import { Data } from "../protocol/connection.js" */

/** @typedef {Record<string, any>} Api */

/** What the chat half answers. */
const CALLS = /** @type {const} */ (["sendMessage", "newConversation", "openConversation", "listConversations", "resetUser"]);

/** @param {HTMLScriptElement | null} tag the script tag that brought the widget */
export function boot(tag) {
  const page = /** @type {{Parley?: Api, __chat_config?: Options}} */ (window);
  const api = (page.Parley ??= {});
  if (api.init) return;
  const queue = api.q ?? [];
  const ending = new AbortController();
  /** @type {Set<[EventName, (detail: unknown) => void]>} */
  const listeners = new Set();
  /** @type {ReturnType<typeof start> | undefined} */
  let widget;
  /** @type {() => void} */
  let begin;
  const begun = new Promise((resolve) => (begin = () => resolve(0)));

  /** @param {EventName} event @param {unknown} [detail] */
  const emit = (event, detail) => {
    for (const [name, listener] of listeners) {
      // A turn of its own each: a site's mistake is the site's, and stops nothing here.
      if (name === event) queueMicrotask(() => listener(detail));
    }
  };

  /** @param {(half: Half) => unknown} act */
  const later = (act) => {
    const done = begun.then(() => widget?.load()).then((half) => act(/** @type {Half} */ (half)));
    done.catch(() => {}); // Whoever asked may look at it; whoever did not is not to be bothered.
    return done;
  };

  /** @param {any[]} call a method's name, its arguments, and who waits for what it returns */
  const run = ([name, args = [], resolve]) => {
    const result = api[name]?.(...args);
    resolve?.(result);
  };

  Object.assign(api, {
    q: { push: run },
    /** @param {Options} options */
    init(options) {
      if (widget || !options?.key) {
        console.warn(widget ? "Parley runs already." : "Parley needs a key.");
      } else {
        const url = tag?.src ?? location.href;
        widget = start({ url, ...options, key: options.key }, emit, ending.signal);
        begin();
      }
      return api;
    },
    /** @param {string} [message] */
    open: (message) => void later((half) => half.open(message)),
    close: () => widget?.half()?.close(),
    toggle: () => (api.isOpen() ? api.close() : api.open()),
    isOpen: () => !!widget?.half()?.isOpen(),
    isReady: () => !!widget?.isReady(),
    /** @param {() => void} listener */
    onReady: (listener) => (api.isReady() ? queueMicrotask(listener) : api.on("ready", listener)),
    /** @param {[EventName, (detail: unknown) => void]} pair */
    on(...pair) {
      listeners.add(pair);
      return () => listeners.delete(pair);
    },
    /** @param {[EventName, (detail: unknown) => void]} pair */
    off(...[event, listener]) {
      for (const pair of listeners) {
        if (pair[0] === event && pair[1] === listener) listeners.delete(pair);
      }
    },
    /** @param {Options} options */
    update(options) {
      widget?.look(options);
      if (options.isOpen !== undefined && options.isOpen !== api.isOpen()) api.toggle();
    },
    getVisitorId: () => widget?.device().visitorId,
    getInstance: () => api,
    /** Which parts there are; never a token, never a word that was written. */
    debug: () => ({ isReady: api.isReady(), isOpen: api.isOpen(), isLoaded: !!widget?.half() }),
    destroy() {
      ending.abort("Parley was destroyed.");
      begin(); // What waits for a start learns it.
      listeners.clear();
      if (page.Parley === api) delete page.Parley;
    },
  });
  for (const name of CALLS) {
    api[name] = (/** @type {any[]} */ ...args) => later((half) => /** @type {Function} */ (half[name])(...args));
  }
  const options = { ...tag?.dataset, ...page.__chat_config };
  if (options.key) api.init(options);
  queue.forEach(run);
}

/**
 * @param {Options & {key: string, url: string}} options
 * @param {(event: EventName, detail?: unknown) => void} emit
 * @param {AbortSignal} signal
 */
function start(options, emit, signal) {
  const { key, url } = options;
  const local = shelf("localStorage", `parley:${key}:`);
  const tab = shelf("sessionStorage", `parley:${key}:`);
  const { host, root, button, badge } = makeButton();
  const counts = new Map();
  /** @type {Device} */
  let known = {};
  /** @type {Half | undefined} */
  let half;
  /** @type {Promise<Half> | undefined} */
  let loading;
  let tries = 0;
  let isReady = false;
  let unread = -1;

  const device = () => (known = { ...known, ...local.read("device") });

  /** The first frame's data: the newest tokens, which another tab may have been given. */
  const hello = () => {
    const { epoch, ...tokens } = device();
    return {
      key,
      ...tokens,
      page: currentPage(),
      language: navigator.language,
      timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      client: { name: "widget", version: "1" },
    };
  };

  /** @param {Data} data @param {boolean} isAnother whether somebody else is here now */
  const keepDevice = ({ visitorId, visitorToken, sessionToken }, isAnother) => {
    const { epoch = 0 } = device();
    known = { visitorId, visitorToken, sessionToken, epoch: epoch + (isAnother ? 1 : 0) };
    local.write("device", known);
    if (isAnother) local.write("outbox", null);
  };

  /** @param {Options} wanted */
  const look = ({ theme, position }) => {
    if (theme) host.setAttribute("theme", theme);
    if (position) host.setAttribute("position", position);
    chooseInk(host, button);
  };

  /** @param {string} type @param {Data} data */
  const heard = (type, data) => {
    if (type === "sessionReset") {
      keepDevice({ ...device(), sessionToken: undefined, ...data }, data.reason !== "rotated");
      emit(type, { reason: data.reason });
    } else if (type === "welcome") {
      keepDevice(data, data.visitorReplaced);
      host.style.setProperty("--_accent", data.settings.colors.primary);
      look({ position: data.settings.position, ...options });
      if (!isReady) emit("ready");
      isReady = true;
    }
    if (count(counts, type, data)) emit("message", data);
    const read = counts.get(core.reading);
    if (read) read.unread = 0;
    const sum = total(counts);
    if (sum === unread) return;
    emit("unread", (unread = sum));
    badge.textContent = sum > 99 ? "99+" : `${sum || ""}`;
    button.ariaLabel = sum ? `Chat, ${sum} unread` : "Chat";
  };

  const load = () =>
    (loading ??= (async () => {
      try {
        signal.throwIfAborted();
        // Some browsers remember a failed import: the next try needs an address of its own.
        const { VERSION = "" } = /** @type {any} */ (globalThis);
        const chat = await import(new URL(`widget/chat.js?v=${VERSION}&n=${tries++}`, url).href);
        signal.throwIfAborted();
        return (half = /** @type {Half} */ (chat.start(core)));
      } catch (error) {
        loading = undefined;
        button.title = "The chat could not be loaded. Try again.";
        emit("error", error);
        throw error;
      }
    })());
  const open = () => load().then(({ open }) => open());
  const ignore = () => {};

  const socketUrl = new URL("ws/widget", url).href.replace("http", "ws");
  const listener = new Listener(socketUrl, hello, heard);
  const release = () => {
    const { welcome } = listener;
    const socket = listener.release();
    if (socket && welcome) return { socket, welcome };
    socket?.close();
    return undefined;
  };
  /** @type {Core} */
  const core = {
    socketUrl, host, root, button, local, tab, counts, signal, hello, heard, release, emit, device,
  };

  button.onclick = () => (half?.isOpen() ? half.close() : open().catch(ignore));
  button.onpointerenter = () => load().catch(ignore);
  const wake = () => half || listener.start();
  for (const event of ["online", "pageshow"]) window.addEventListener(event, wake, { signal });
  watchPage(() => {
    const page = currentPage();
    if (half) half.pageChanged();
    else if (page) listener.send("page", page);
  }, signal);
  signal.addEventListener("abort", () => {
    isReady = false;
    listener.stop();
    host.remove();
  });

  const appear = () => {
    document.documentElement.append(host);
    look(options);
    listener.start();
    if (options.isOpen ?? tab.read("open")) open().catch(ignore);
    else if (local.read("outbox")) load().catch(ignore);
  };
  if (document.readyState === "loading") {
    document.addEventListener("DOMContentLoaded", appear, { signal });
  } else appear();

  return { load, look, device, half: () => half, isReady: () => isReady };
}
