/**
 * Times as people read them, and the moments that a conversation can be put off to. Pure: the
 * present is handed in. Words are the browser's own, in its language and zone.
 */

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const WEEKDAY = new Intl.DateTimeFormat(undefined, { weekday: "short" });
const LONG_WEEKDAY = new Intl.DateTimeFormat(undefined, { weekday: "long" });
const DATE = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const FULL_DATE = new Intl.DateTimeFormat(undefined, {
  day: "numeric",
  month: "short",
  year: "numeric",
});
const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** @param {string | number} at */
export const clock = (at) => CLOCK.format(new Date(at));

/** @param {string | number} at */
export const moment = (at) => MOMENT.format(new Date(at));

/**
 * The calendar day of a time, as a key.
 * @param {string | number} at
 */
export function dayOf(at) {
  const date = new Date(at);
  return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`;
}

/**
 * Whole calendar days from `at` to `now`.
 * @param {number} at
 * @param {number} now
 */
function daysAgo(at, now) {
  const midnight = (/** @type {number} */ time) => new Date(time).setHours(0, 0, 0, 0);
  return Math.round((midnight(now) - midnight(at)) / DAY);
}

/**
 * As short as a list needs: "now", "4m", "14:02", "Tue", "3 Mar".
 * @param {string} at
 * @param {number} now
 */
export function brief(at, now) {
  const time = Date.parse(at);
  const age = now - time;
  if (age < 60_000) return "now";
  if (age < HOUR) return `${Math.floor(age / 60_000)}m`;
  const days = daysAgo(time, now);
  if (days <= 0) return clock(time);
  if (days < 7) return WEEKDAY.format(time);
  return age < 300 * DAY ? DATE.format(time) : FULL_DATE.format(time);
}

/**
 * The head of a day in a thread.
 * @param {string} at
 * @param {number} now
 */
export function dayName(at, now) {
  const time = Date.parse(at);
  const days = daysAgo(time, now);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  if (days > 1 && days < 7) return LONG_WEEKDAY.format(time);
  return FULL_DATE.format(time);
}

/**
 * How long something has lasted: "just now", "4 min", "2 h 10 min", "3 days".
 * @param {string} since
 * @param {number} now
 */
export function duration(since, now) {
  const minutes = Math.max(0, Math.floor((now - Date.parse(since)) / 60_000));
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  const days = Math.floor(hours / 24);
  return days === 1 ? "1 day" : `${days} days`;
}

/**
 * When something ends that lies ahead: "14:00", "tomorrow 09:00", "Mon 09:00", "3 Mar 09:00".
 * @param {string | number} at
 * @param {number} now
 */
export function ahead(at, now) {
  const time = new Date(at).getTime();
  const days = -daysAgo(time, now);
  if (days <= 0) return clock(time);
  if (days === 1) return `tomorrow ${clock(time)}`;
  return `${(days < 7 ? WEEKDAY : DATE).format(time)} ${clock(time)}`;
}

/**
 * Moments to put a conversation off to, each in the future.
 * @param {number} now
 * @returns {{id: string, name: string, at: number}[]}
 */
export function snoozePresets(now) {
  const at = (/** @type {number} */ days, /** @type {number} */ hour) => {
    const date = new Date(now);
    date.setDate(date.getDate() + days);
    return date.setHours(hour, 0, 0, 0);
  };
  const untilMonday = (8 - new Date(now).getDay()) % 7 || 7;
  const evening = at(0, 18);
  return [
    { id: "hour", name: "In one hour", at: now + HOUR },
    ...(evening - now > 2 * HOUR ? [{ id: "later", name: "Later today", at: evening }] : []),
    { id: "tomorrow", name: "Tomorrow", at: at(1, 9) },
    ...(untilMonday > 1 ? [{ id: "monday", name: "Next Monday", at: at(untilMonday, 9) }] : []),
    { id: "week", name: "In a week", at: at(7, 9) },
  ];
}
