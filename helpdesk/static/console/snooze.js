/** Until when a conversation sleeps. */

import { element } from "../chat/element.js";
import { field, openDialog } from "./dialog.js";
import { wholly } from "./times.js";
import { say } from "./words.js";

const MOST_DAYS = 90;
const MORNING = 9;

/** Ask for it; returns the body of the request, or undefined. */
export async function askSnooze(now = new Date()) {
  const pick = element("input", { type: "datetime-local", min: local(now), max: local(inDays(now, MOST_DAYS)), required: true });
  const problem = element("p", { class: "problem", role: "alert" });
  const choose = (at) => close({ until: at.toISOString() });
  const submit = (event) => {
    event.preventDefault();
    const at = new Date(pick.value);
    const isGood = at > new Date() && at < inDays(new Date(), MOST_DAYS);
    problem.textContent = isGood ? "" : say("snoozeRange", { count: MOST_DAYS });
    if (isGood) choose(at);
  };
  const choices = choicesFrom(now).map(([name, at]) =>
    element(
      "button",
      { type: "button", class: "choice", click: () => choose(at) },
      element("span", {}, say(name)),
      element("small", {}, wholly(at)),
    ),
  );
  const { close, closed } = openDialog(
    { title: say("snoozeTitle"), className: "is-small" },
    element("div", { class: "choices" }, ...choices),
    element(
      "form",
      { class: "snooze-form", submit },
      field(say("snoozePick"), pick),
      element("button", { type: "submit", class: "quiet" }, say("verb_snooze")),
      problem,
    ),
  );
  choices[0].focus();
  return closed;
}

/** Return the usual moments, those that are still to come. */
export function choicesFrom(now) {
  const toMonday = (8 - now.getDay()) % 7 || 7;
  return [
    ["snoozeHour", new Date(now.getTime() + 3600_000)],
    ["snoozeTomorrow", morning(inDays(now, 1))],
    // On a Sunday, tomorrow is Monday already.
    ...(toMonday > 1 ? [["snoozeMonday", morning(inDays(now, toMonday))]] : []),
  ];
}

function inDays(from, count) {
  const at = new Date(from);
  at.setDate(at.getDate() + count);
  return at;
}

function morning(day) {
  const at = new Date(day);
  at.setHours(MORNING, 0, 0, 0);
  return at;
}

function local(at) {
  const shifted = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}
