/**
 * The icons: one stroke of 1.5 on a grid of 20, round caps, no fill. Drawn as elements, so that they
 * take the text's colour and need neither a font nor markup in strings.
 */

import { h } from "../vendor/preact.js";

/** @type {Readonly<Record<string, readonly string[]>>} */
const PATHS = {
  inbox: [
    "M3 11.5 5.2 5a1.5 1.5 0 0 1 1.4-1h6.8a1.5 1.5 0 0 1 1.4 1L17 11.5V15a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 3 15z",
    "M3 11.5h3.5l1 2h5l1-2H17",
  ],
  person: ["M10 10a3 3 0 1 0 0-6 3 3 0 0 0 0 6", "M4 16.5c.6-2.7 3-4.2 6-4.2s5.4 1.5 6 4.2"],
  people: [
    "M7.5 9.5a2.6 2.6 0 1 0 0-5.2 2.6 2.6 0 0 0 0 5.2",
    "M2.5 15.7c.5-2.3 2.5-3.6 5-3.6s4.5 1.3 5 3.6",
    "M12.8 4.5a2.6 2.6 0 0 1 0 4.9",
    "M14.3 12.4c1.7.500 2.8 1.6 3.2 3.3",
  ],
  tray: [
    "M4 4.5h12",
    "M4 8h12",
    "M3 11.5h4l1 2h4l1-2h4v3.5a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 3 15z",
  ],
  clock: ["M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14", "M10 6.2V10l2.5 1.7"],
  check: ["m4.5 10.5 3.6 3.6 7.4-8.2"],
  checks: ["m2 10.8 3.2 3.2 6.6-7.4", "m9.3 13.3.700.7 7-7.8"],
  resolved: ["M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14", "m7 10.2 2.1 2.1 4-4.4"],
  globe: [
    "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14",
    "M3.2 10h13.6",
    "M10 3c2 2 3 4.3 3 7s-1 5-3 7c-2-2-3-4.3-3-7s1-5 3-7",
  ],
  search: ["M9 14.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11", "m13 13 3.5 3.5"],
  send: ["M10 15.5v-11", "m5.5 9 4.5-4.5L14.5 9"],
  note: ["M4.5 3.5h11v8.5l-4 4.5h-7z", "M15.5 12h-4v4.5"],
  reply: ["M8 5.5 4 9.5l4 4", "M4.5 9.5H12a4 4 0 0 1 4 4v1"],
  tag: [
    "M3.5 4.5v5l6.8 6.8a1 1 0 0 0 1.4 0l4.6-4.6a1 1 0 0 0 0-1.4L9.5 3.5h-5a1 1 0 0 0-1 1",
    "M7 7h.01",
  ],
  flag: ["M5 17V3.5", "M5 4h9.5l-2 3.5 2 3.5H5"],
  more: ["M5 10h.01", "M10 10h.01", "M15 10h.01"],
  close: ["m5.5 5.5 9 9", "m14.5 5.5-9 9"],
  plus: ["M10 4.5v11", "M4.5 10h11"],
  back: ["M12 4.5 6.5 10l5.5 5.5"],
  arrowDown: ["M10 4.5v11", "m5.5 11 4.5 4.5 4.5-4.5"],
  menu: ["M3.5 6h13", "M3.5 10h13", "M3.5 14h13"],
  panel: [
    "M4.5 4h11A1.5 1.5 0 0 1 17 5.5v9a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 3 14.5v-9A1.5 1.5 0 0 1 4.5 4",
    "M12.5 4v12",
  ],
  mail: [
    "M4.5 4.5h11A1.5 1.5 0 0 1 17 6v8a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 3 14V6a1.5 1.5 0 0 1 1.5-1.5",
    "m3.5 6 6.5 5 6.5-5",
  ],
  phone: [
    "M4 4.5 6.5 3.5 8.5 7 7 8.5c.7 1.8 2.2 3.5 4.5 4.5L13 11.5l3.5 2-1 2.5c-6 1-12.5-5.5-11.5-11.5",
  ],
  id: [
    "M4.5 4.5h11A1.5 1.5 0 0 1 17 6v8a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 3 14V6a1.5 1.5 0 0 1 1.5-1.5",
    "M7.5 10a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3",
    "M5.5 13c.3-1 1-1.5 2-1.5s1.7.500 2 1.5",
    "M12 8h2.5",
    "M12 11h2.5",
  ],
  shield: [
    "M10 3 4.5 5v4.5c0 3.5 2.2 6 5.5 7.5 3.3-1.5 5.5-4 5.5-7.5V5z",
    "m7.5 9.8 1.8 1.8 3.3-3.6",
  ],
  page: ["M5.5 3h6L15.5 7v9a1 1 0 0 1-1 1h-9a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1", "M11.5 3v4h4"],
  link: [
    "M8.5 11.5a3 3 0 0 0 4.3 0l2.7-2.7a3 3 0 0 0-4.3-4.3l-.9.900",
    "M11.5 8.5a3 3 0 0 0-4.3 0l-2.7 2.7a3 3 0 0 0 4.3 4.3l.9-.9",
  ],
  pencil: [
    "M4 16l.7-3.2 8.6-8.6a1.4 1.4 0 0 1 2 0l.5.500a1.4 1.4 0 0 1 0 2l-8.6 8.6z",
    "m12 5.5 2.5 2.5",
  ],
  trash: [
    "M4 5.5h12",
    "M8 5.5V4a1 1 0 0 1 1-1h2a1 1 0 0 1 1 1v1.5",
    "m5.5 5.5.700 10.1a1 1 0 0 0 1 .9h5.6a1 1 0 0 0 1-.9l.7-10.1",
  ],
  retry: [
    "M4 9.5a6 6 0 0 1 10.5-3.3L16 8",
    "M16 4v4h-4",
    "M16 10.5a6 6 0 0 1-10.5 3.3L4 12",
    "M4 16v-4h4",
  ],
  warning: ["M10 3.5 17 16H3z", "M10 8.5v3.5", "M10 14h.01"],
  offline: [
    "M3.5 3.5l13 13",
    "M6 9.5a6 6 0 0 1 2.3-1.3",
    "M12 8.3a6 6 0 0 1 2 1.2",
    "M3.5 7a9.5 9.5 0 0 1 2.7-1.8",
    "M9 4.3A9.5 9.5 0 0 1 16.5 7",
    "M8.3 12.3a2.5 2.5 0 0 1 3.2-.1",
    "M10 15.5h.01",
  ],
  bell: ["M5.5 8.5a4.5 4.5 0 0 1 9 0c0 4 1.5 5 1.5 5H4s1.5-1 1.5-5", "M8.5 16.2a1.7 1.7 0 0 0 3 0"],
  sun: [
    "M10 13a3 3 0 1 0 0-6 3 3 0 0 0 0 6",
    "M10 2.5V4",
    "M10 16v1.5",
    "M2.5 10H4",
    "M16 10h1.5",
    "m4.7 4.7 1 1",
    "m14.3 14.3 1 1",
    "m4.7 15.3 1-1",
    "m14.3 5.7 1-1",
  ],
  moon: ["M16.5 11.5A6.5 6.5 0 1 1 8.5 3.5a5.2 5.2 0 0 0 8 8"],
  keyboard: [
    "M3.5 5.5h13A1 1 0 0 1 17.5 6.5v7a1 1 0 0 1-1 1h-13a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1",
    "M5.5 8.5h.01",
    "M8.5 8.5h.01",
    "M11.5 8.5h.01",
    "M14.5 8.5h.01",
    "M7 11.5h6",
  ],
  exit: ["M8 4H5a1 1 0 0 0-1 1v10a1 1 0 0 0 1 1h3", "M8.5 10H16", "m13 6.5 3.5 3.5-3.5 3.5"],
  chat: [
    "M4 5.5A1.5 1.5 0 0 1 5.5 4h9A1.5 1.5 0 0 1 16 5.5v6a1.5 1.5 0 0 1-1.5 1.5H10l-3.5 3.5V13h-1A1.5 1.5 0 0 1 4 11.5z",
  ],
  code: ["m7 6.5-3.5 3.5L7 13.5", "m13 6.5 3.5 3.5-3.5 3.5", "m11 5-2 10"],
};

/** @typedef {keyof typeof PATHS} IconName */

/**
 * @param {{name: string, size?: number, title?: string}} props `title` names it where no text does
 */
export function Icon({ name, size = 20, title }) {
  const paths = PATHS[name] ?? [];
  return h(
    "svg",
    {
      class: "icon",
      viewBox: "0 0 20 20",
      width: size,
      height: size,
      fill: "none",
      stroke: "currentColor",
      "stroke-width": 1.5,
      "stroke-linecap": "round",
      "stroke-linejoin": "round",
      ...(title ? { role: "img", "aria-label": title } : { "aria-hidden": "true" }),
    },
    paths.map((d) => h("path", { d })),
  );
}

/** How much a conversation matters, as bars. @param {{priority: string}} props */
export function PriorityIcon({ priority }) {
  const level = { low: 1, normal: 2, high: 3, urgent: 4 }[priority] ?? 2;
  const bars = [1, 2, 3].map((bar) =>
    h("rect", {
      x: bar * 4 + 0.5,
      y: 14 - bar * 3,
      width: 2.6,
      height: bar * 3 + 2,
      rx: 0.8,
      class: bar <= level ? "bar-on" : "bar-off",
    }),
  );
  const urgent = [
    h("rect", { x: 3.5, y: 3.5, width: 13, height: 13, rx: 3, class: "bar-on" }),
    h("path", { d: "M10 6.8v4", class: "bar-mark" }),
    h("path", { d: "M10 13.3h.01", class: "bar-mark" }),
  ];
  return h(
    "svg",
    {
      class: `icon priority is-${priority}`,
      viewBox: "0 0 20 20",
      width: 16,
      height: 16,
      "aria-hidden": "true",
    },
    level === 4 ? urgent : bars,
  );
}

/** The product's sign. */
export function Mark() {
  return h(
    "svg",
    { class: "mark", viewBox: "0 0 32 32", width: 32, height: 32, "aria-hidden": "true" },
    [
      h("rect", { width: 32, height: 32, rx: 8, class: "mark-ground" }),
      h("path", {
        d: "M8 11a3 3 0 0 1 3-3h10a3 3 0 0 1 3 3v6a3 3 0 0 1-3 3h-4.5L12 24v-4h-1a3 3 0 0 1-3-3z",
        class: "mark-bubble",
      }),
    ],
  );
}
