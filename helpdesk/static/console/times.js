/** How long ago, and when: short where a row is narrow, whole where somebody hovers. */

import { element } from "../chat/element.js";
import { say, words } from "./words.js";

const TICK_MS = 5_000;
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const whole = new Intl.DateTimeFormat(words.locale, { dateStyle: "medium", timeStyle: "short" });
const day = new Intl.DateTimeFormat(words.locale, { dateStyle: "medium" });
const shortDay = new Intl.DateTimeFormat(words.locale, { month: "short", day: "numeric" });
const weekday = new Intl.DateTimeFormat(words.locale, { weekday: "short" });

/** Return how long it has been: “4 min”. */
export function lasted(since, now = Date.now()) {
  const seconds = Math.max(0, (now - Date.parse(since)) / 1000);
  if (seconds < MINUTE) return say("underAMinute");
  if (seconds < HOUR) return say("minutes", { count: Math.floor(seconds / MINUTE) });
  if (seconds < DAY) return say("hours", { count: Math.floor(seconds / HOUR) });
  return say("days", { count: Math.floor(seconds / DAY) });
}

/** Return when it was, as short as it can be said. */
export function shortly(moment, now = new Date()) {
  const at = new Date(moment);
  if (at.toDateString() === now.toDateString()) return words.time(at);
  const isRecent = now - at < 6 * DAY * 1000 && now > at;
  return isRecent ? weekday.format(at) : shortDay.format(at);
}

/** Return the day alone. */
export function dayOf(moment) {
  return day.format(new Date(moment));
}

export function wholly(moment) {
  return whole.format(new Date(moment));
}

/** Return a time that goes on by itself for as long as it is on the page. */
export function ticking(since, attributes = {}) {
  return element("time", { ...attributes, "data-since": since, datetime: since }, lasted(since));
}

/** Let a time that is on the page already run from another moment. */
export function runFrom(node, since) {
  if (node.dataset.since === since) return;
  node.dataset.since = since;
  node.dateTime = since;
  node.textContent = lasted(since);
}

/** Keep every running time of the page right. */
export function startTicking() {
  setInterval(() => {
    for (const node of document.querySelectorAll("time[data-since]")) {
      const text = lasted(node.dataset.since);
      if (node.textContent !== text) node.textContent = text;
    }
  }, TICK_MS);
}
