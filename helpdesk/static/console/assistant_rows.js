/** What was said in an agent's own chat, as nodes. */

import { element } from "../chat/element.js";
import { renderMarkdown } from "../chat/markdown.js";
import { renderRun } from "./bulk_runs.js";
import { renderReceipt } from "./receipts.js";
import { wholly } from "./times.js";
import { say, sayAny, words } from "./words.js";

const FENCED = /^```(?:json)?\s*\n([\s\S]*?)\n?```$/;

/**
 * Return the node of a message.
 * @param {Object} message as the protocol has it
 * @param {{directory: Directory, runs: Map, showsRun: boolean, isNewest: boolean, press: function, stop: function, withdraw: function, copied: function}} around
 */
export function renderLine(message, around) {
  const { sender, text, created_at: at, receipts = [], run = null, seq } = message;
  const isMine = sender === "contact";
  const name = say(isMine ? "you" : sender === "system" ? "system" : "assistant");
  return element(
    "div",
    { class: `line ${isMine ? "is-mine" : "is-answer"}`, "data-seq": seq, tabindex: -1 },
    element(
      "p",
      { class: "who" },
      element("span", { class: "who-name" }, name),
      element("time", { datetime: at, title: wholly(at) }, words.time(new Date(at))),
    ),
    isMine ? renderTyped(text) : renderAnswer(text, around.copied),
    ...receipts.map((receipt) => renderReceipt(receipt, { ...around, withdraw: () => around.withdraw(message, receipt) })),
    around.showsRun ? renderRun(around.runs.get(run.id) ?? run, around) : null,
    renderButtons(message, around),
  );
}

/** Return the node of what has not arrived yet. */
export function renderSending(entry, { retry, discard }) {
  const { shown, problem, message } = entry;
  const foot = problem
    ? element(
        "p",
        { class: "not-sent" },
        element("span", {}, message || sayAny("notSent", problem)),
        element("button", { type: "button", class: "link", click: () => retry(entry) }, say("retry")),
        element("button", { type: "button", class: "link", click: () => discard(entry) }, say("discard")),
      )
    : element("p", { class: "sending" }, say("sending"));
  return element("div", { class: `line is-mine is-outgoing${problem ? " is-failed" : ""}` }, renderTyped(shown), foot);
}

function renderTyped(text) {
  const isCommand = text.startsWith("/");
  return element("div", { class: `bubble is-plain${isCommand ? " is-command" : ""}`, dir: "auto" }, text);
}

function renderAnswer(text, copied) {
  if (!text) return null;
  const json = jsonOf(text);
  if (json === null) return element("div", { class: "bubble is-rich", dir: "auto" }, ...renderMarkdown(text));
  const copy = async () => {
    await navigator.clipboard.writeText(json);
    copied();
  };
  return element(
    "figure",
    { class: "json" },
    element("pre", { tabindex: 0, "aria-label": say("jsonAnswer") }, element("code", {}, json)),
    navigator.clipboard ? element("button", { type: "button", class: "quiet", click: copy }, say("copy")) : null,
  );
}

/** Return what a machine is meant to read, indented for people; null if it is prose. */
function jsonOf(text) {
  const inside = FENCED.exec(text.trim())?.[1] ?? text.trim();
  if (!/^[[{]/.test(inside)) return null;
  try {
    return JSON.stringify(JSON.parse(inside), null, 2);
  } catch {
    return null;
  }
}

/** Only what the assistant offered last can be pressed; a run that has begun offers nothing more. */
function renderButtons({ buttons = [], run }, { runs, isNewest, press }) {
  const { state = "planned" } = runs.get(run?.id) ?? run ?? {};
  if (!buttons.length || state !== "planned") return null;
  const nodes = buttons.map((button, at) =>
    isNewest
      ? element("button", { type: "button", class: at ? "quiet" : "primary", dir: "auto", click: () => press(button) }, button.title)
      : element("span", { class: "offered-choice", dir: "auto" }, button.title),
  );
  return element("div", { class: "line-choices" }, ...nodes);
}
