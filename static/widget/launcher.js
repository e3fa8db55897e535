/**
 * The half of the widget that is on every page: the button, the badge, `window.Parley`, and one
 * socket on which it says who is here and hears what waits.
 *
 * It holds no message and shows no state; that is the chat half's, which is loaded when somebody
 * opens the chat or something written before is still to be sent, and then takes the socket over.
 */

import { Listener } from "../protocol/listener.js";
import { makeButton } from "./button.js";
import { currentPage, watchPage } from "./page.js";
import { shelf } from "./shelf.js";
import { count, total } from "./unread.js";

/** @import { Core, Device, EventName, Half, Options } from "./types.js" */
/** @import { Data } from "../protocol/connection.js" */

/** What the chat half answers. */
const CALLS = "open sendMessage newConversation openConversation listConversations resetUser debug";

/** The bundle's version, so that a browser may keep the chat half for as long as it likes. */
const VERSION = /** @type {any} */ (globalThis).PARLEY_VERSION ?? "";

const ignore = () => {};

/**
 * Make `window.Parley`, begin as soon as there is a key, and do what was asked for before.
 *
 * @param {HTMLScriptElement | null} tag the script tag that brought the widget
 */
export function boot(tag) {
  const page = /** @type {{Parley?: Record<string, any>, __chat_config?: Options}} */ (window);
  const api = (page.Parley ??= {});
  if ("init" in api) return; // A stub answers to every name, but has none.
  const ending = new AbortController();
  const { signal } = ending;
  const { host, root, button } = makeButton();
  const events = new EventTarget();
  /** @type {import("./unread.js").Counts} */
  const counts = new Map();
  /** @type {Core} */
  let core;
  /** @type {Half | undefined} */
  let half;
  /** @type {Promise<Half> | undefined} */
  let loading;
  /** @type {Device} */
  let known = {};
  let tries = 0;
  let isReady = false;
  let unread = 0;
  /** @type {(anything?: unknown) => void} */
  let begin;
  const begun = new Promise((resolve) => (begin = resolve));

  /** @param {EventName} event @param {unknown} [detail] */
  const emit = (event, detail) => events.dispatchEvent(new CustomEvent(event, { detail }));

  /** @returns {Promise<Half>} */
  const load = () => {
    if (loading) return loading;
    loading = begun
      // Some browsers remember a failed import: the next try needs an address of its own.
      .then(() => import(new URL(`widget/chat.js?${VERSION}${tries++ || ""}`, core.url).href))
      .then(({ start }) => (half = start(core)));
    loading.catch((error) => {
      loading = undefined;
      emit("error", error);
    });
    return loading;
  };

  /** What this browser is; another tab may know it better. */
  const device = () => (known = { ...known, ...core.local.read("device") });

  const hello = () => ({
    key: core.key,
    ...device(),
    page: currentPage(),
  });

  /** What the site wants stands on the host, for the styles to see. @param {Options} options */
  const look = (options) => Object.assign(host.dataset, options);

  /** @param {Options} options */
  const start = (options) => {
    const { key = "", url = tag?.src ?? location.href } = options;
    const local = shelf("localStorage", `parley:${key}:`);
    const tab = shelf("sessionStorage", `parley:${key}:`);
    /** @param {string} type @param {Data} data */
    const heard = (type, data) => {
      const { visitorId, visitorToken = known.visitorToken, sessionToken, settings, reason } = data;
      const isReset = type === "sessionReset" && reason !== "rotated";
      if (isReset) emit(type, { reason });
      if (settings || isReset) {
        const { epoch = 0, sessionToken: before } = device();
        // Every tab hears of a reset; the first one says for all that somebody else is here.
        known = { visitorId, visitorToken, sessionToken, epoch: epoch + +(isReset && before !== sessionToken) };
        local.write("device", known);
      }
      if (settings) {
        host.style.setProperty("--_accent", settings.colors.primary);
        look({ position: settings.position, ...options });
        if (!isReady) emit("ready");
        isReady = true;
      }
      core.agentsOnline = data.agentsOnline ?? core.agentsOnline;
      if (count(counts, data)) emit("message", data);
      const sum = total(counts, core.reading);
      if (sum === unread) return;
      emit("unread", (unread = sum));
      button.ariaLabel = sum ? `Chat, ${sum} unread` : "Chat";
      if (sum) button.dataset.unread = sum > 99 ? "99+" : `${sum}`;
      else delete button.dataset.unread;
    };
    const listener = new Listener(new URL("ws/widget", url).href.replace("http", "ws"), hello, heard);
    core = { key, url, host, root, button, local, tab, counts, signal, listener, hello, heard, emit, device };
    begin();

    watchPage(() => (half ?? listener).send("page", currentPage()), signal);
    const appear = () => {
      document.documentElement.append(host);
      look(options);
      listener.start();
      const isOpen = options.isOpen ?? tab.read("open");
      if (isOpen || local.read("outbox")) load().then((half) => isOpen && half.call("open", "", false), ignore);
    };
    if (document.body) appear();
    else addEventListener("DOMContentLoaded", appear, { signal });
  };

  for (const name of CALLS.split(" ")) {
    api[name] = (/** @type {unknown[]} */ ...args) => {
      const done = load().then((half) => half.call(name, ...args));
      done.catch(ignore); // Whoever asked may look at it; whoever did not is not to be bothered.
      return done;
    };
  }
  Object.assign(api, {
    /** @param {Options} options */
    init(options) {
      if (core || !options?.key) console.warn("Parley: no key, or running");
      else start(options);
      return api;
    },
    close: () => half?.close(),
    toggle: () => (api.isOpen() ? api.close() : api.open()),
    isOpen: () => !!half?.isOpen(),
    isReady: () => isReady,
    /** @param {() => void} listener */
    onReady: (listener) => (isReady ? queueMicrotask(listener) : api.on("ready", listener)),
    /** @param {EventName} event @param {(event: CustomEvent) => void} listener */
    on(event, listener) {
      events.addEventListener(event, /** @type {EventListener} */ (listener));
      return () => api.off(event, listener);
    },
    off: events.removeEventListener.bind(events),
    /** @param {Options} options */
    update(options) {
      look(options);
      if ((options.isOpen ?? api.isOpen()) !== api.isOpen()) api.toggle();
    },
    getVisitorId: () => known.visitorId,
    getInstance: () => api,
    destroy() {
      isReady = false;
      ending.abort();
      core?.listener.stop();
      host.remove();
      if (page.Parley === api) delete page.Parley;
    },
  });
  button.onclick = api.toggle;
  button.onpointerenter = load;
  /** @param {any[]} call a method's name, its arguments, and who waits for what it returns */
  const run = ([name, args = [], answer = ignore]) => answer(api[name]?.(...args));
  const options = { ...tag?.dataset, ...page.__chat_config };
  if (options.key) start(options);
  api.q?.forEach(run);
  api.q = { push: run };
}
