/** Bulk commands: what would be done, how far it is, how it ended. */

import { element } from "../chat/element.js";
import { lengthOf } from "../chat/time_left.js";
import { icon } from "./icons.js";
import { say, sayAny, words } from "./words.js";

const MINUTE_MS = 60_000;

/**
 * Return the card of a bulk run.
 * @param {Object} run as the protocol has it
 * @param {{stop: function(Object)}} actions
 */
export function renderRun(run, { stop }) {
  const { state, total, done, failed, skipped, may = [], ends_at: until } = run;
  const isRunning = state === "running";
  const behind = done + failed + skipped;
  const label = say("runDone", { done: behind, count: total });
  return element(
    "div",
    { class: `run is-${state}`, role: "group", "aria-label": say("run", { number: run.number }), "data-run": run.id },
    element(
      "p",
      { class: "run-head" },
      icon(isRunning ? "spark" : "all"),
      element("b", {}, sayAny("runState", state, { state })),
      element("span", { class: "number" }, say("number", { number: run.number })),
    ),
    isRunning ? element("progress", { value: behind, max: Math.max(total, 1), "aria-label": label }) : null,
    element("p", { class: "run-counts" }, ...countsOf(run, label)),
    isRunning ? renderPace(run, until) : null,
    // A plan has the assistant's own buttons.
    may.includes("stop") && state !== "planned"
      ? element("button", { type: "button", class: "quiet is-bad", click: () => stop(run) }, say(isRunning ? "runStop" : "runLeave"))
      : null,
  );
}

function countsOf({ state, total, done, failed, skipped }, label) {
  const part = (text, isBad = false) => element("span", { class: isBad ? "problem" : "" }, text);
  if (state === "planned" || state === "waiting") return [part(say("runPlanned", { count: total }))];
  const parts = state === "running" ? [part(label)] : [part(say("runSent", { count: done, total }))];
  if (failed) parts.push(part(say("runFailed", { count: failed }), true));
  if (skipped) parts.push(part(say("runSkipped", { count: skipped })));
  return parts;
}

/** How fast it goes and how long it takes; or what it waits for. */
function renderPace({ is_held_up: isHeldUp, per_minute: rate }, until) {
  if (isHeldUp) return element("p", { class: "run-held" }, icon("warning"), say("runHeldUp"));
  const left = until ? element("span", {}, say("runLeft", { left: aboutUntil(until) })) : null;
  return element("p", { class: "run-pace" }, left, rate ? element("span", {}, say("runRate", { count: rate })) : null);
}

/** An estimate; each frame brings a new one. */
function aboutUntil(until) {
  const minutes = Math.ceil((Date.parse(until) - Date.now()) / MINUTE_MS);
  return lengthOf(Math.max(minutes, 1) * MINUTE_MS, words.locale);
}
