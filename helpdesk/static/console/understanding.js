/** What the assistant made of a message, what it tried, and what it would have said. */

import { element } from "../chat/element.js";
import { renderMarkdown } from "../chat/markdown.js";
import { say, sayAny } from "./words.js";

const UNSURE = 0.5;

/** Return a bar that shows how sure the assistant was; the number stands beside it. */
function bar(confidence) {
  const fill = element("i");
  fill.style.width = `${Math.round(confidence * 100)}%`;
  const kind = confidence < UNSURE ? "bar is-unsure" : "bar";
  return element("span", { class: kind, "aria-hidden": "true" }, fill);
}

function percent(confidence) {
  return say("percent", { count: Math.round(confidence * 100) });
}

/** Return a line that opens to all that is known of the turn; null if there is nothing. */
export function renderTurn(turn, isOpen) {
  if (!turn?.intent) return turn ? renderState(turn) : null;
  const { title, intent, confidence, ranking, actions } = turn;
  return element(
    "details",
    { class: "understood", open: isOpen },
    element(
      "summary",
      {},
      bar(confidence),
      element("span", { class: "understood-title", dir: "auto" }, say("understood", { title: title || intent })),
      element("span", { class: "understood-sure" }, percent(confidence)),
      actions.length ? element("span", { class: "understood-tried" }, say("tried", { count: actions.length })) : null,
    ),
    element(
      "div",
      { class: "understood-more" },
      ranking.length ? element("p", { class: "small-title" }, say("runnersUp")) : null,
      ranking.length ? element("ul", {}, ...ranking.map(renderRunnerUp)) : null,
      actions.length ? element("p", { class: "small-title" }, say("actions")) : null,
      actions.length ? element("ul", {}, ...actions.map(renderAction)) : null,
      renderState(turn),
    ),
  );
}

function renderState({ state, took_ms: took }) {
  const known = ["waiting", "running", "failed", "dropped"].includes(state);
  if (known) return element("p", { class: "understood-state" }, sayAny("turn", state));
  return took ? element("p", { class: "understood-state" }, say("took", { count: took })) : null;
}

function renderRunnerUp({ intent, title, confidence }) {
  return element(
    "li",
    {},
    bar(confidence),
    element("span", { dir: "auto" }, title || intent),
    element("span", { class: "understood-sure" }, percent(confidence)),
  );
}

export function renderAction({ name, outcome }) {
  return element(
    "li",
    { class: "action" },
    element("span", {}, sayAny("action", name, { name })),
    element("span", { class: "action-outcome" }, sayAny("outcome", outcome, { outcome })),
  );
}

/** Return what the assistant would have said to a message, beside what was sent. */
export function renderGhost(ghost, use) {
  const { text, agreement, agent_seq: answer } = ghost;
  if (!text) return null;
  const agreed = answer && agreement !== null ? say("agreement", { count: Math.round(agreement * 100) }) : null;
  return element(
    "aside",
    { class: "ghost", "aria-label": say("ghost") },
    element("p", { class: "small-title" }, say("ghost")),
    element("div", { class: "ghost-text", dir: "auto" }, ...renderMarkdown(text)),
    element(
      "p",
      { class: "ghost-foot" },
      agreed ? element("span", {}, agreed) : null,
      use ? element("button", { type: "button", class: "link", click: use }, say("useIt")) : null,
    ),
  );
}
