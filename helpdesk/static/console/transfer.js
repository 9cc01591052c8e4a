/** To whom a conversation goes: a colleague or a team, and what they should know. */

import { element } from "../chat/element.js";
import { askForm, field } from "./dialog.js";
import { tame } from "./names.js";
import { say } from "./words.js";

/** Ask for it; returns the body of the request, or undefined. */
export function askTransfer(directory, summary) {
  const options = element("div", { class: "targets", role: "radiogroup", "aria-label": say("transferTo") });
  const wanted = element("input", { type: "search", placeholder: say("transferFind"), "aria-label": say("transferFind"), autocomplete: "off" });
  const note = element("textarea", { rows: 3, dir: "auto", maxlength: 2000 });
  const problem = element("p", { class: "problem", role: "alert" });
  const agents = directory.agents.filter(
    ({ id, role }) => id !== summary.agent?.id && role !== "auditor",
  );
  // Those who are there come first.
  agents.sort((one, other) => rank(other) - rank(one) || one.name.localeCompare(other.name));
  options.append(...directory.teams.map(teamTarget), ...agents.map(agentTarget));
  const narrow = () => {
    const word = wanted.value.trim().toLowerCase();
    for (const target of options.children) {
      target.hidden = !target.textContent.toLowerCase().includes(word);
    }
  };
  wanted.addEventListener("input", narrow);
  const read = () => {
    const chosen = options.querySelector("input:checked");
    problem.textContent = chosen ? "" : say("transferNobody");
    if (!chosen) return undefined;
    const text = note.value.trim();
    return { [chosen.dataset.kind]: chosen.value, ...(text ? { note: text } : {}) };
  };
  return askForm(
    { title: say("transferTitle"), yes: say("verb_transfer"), read, className: "transfer" },
    wanted,
    options,
    field(say("transferNote"), note, say("onlyAgents")),
    problem,
  );
}

function rank({ is_online: isOnline, is_away: isAway }) {
  return Number(isOnline) * 2 - Number(isAway);
}

function teamTarget({ id, name }) {
  return target("team", id, name, say("isTeam"), false);
}

function agentTarget({ id, name, is_online: isOnline, is_away: isAway }) {
  const state = isAway ? "isAway" : isOnline ? "isHere" : "isNotHere";
  return target("agent", id, name, say(state), isAway);
}

function target(kind, id, name, state, isDisabled) {
  return element(
    "label",
    { class: "target" },
    element("input", { type: "radio", name: "target", value: id, "data-kind": kind, disabled: isDisabled }),
    element("span", { dir: "auto" }, tame(name)),
    element("small", {}, state),
  );
}
