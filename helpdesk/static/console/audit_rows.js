/** One entry of the audit record: a row, and what it has besides. */

import { element } from "../chat/element.js";
import { tame } from "./names.js";
import { say, words } from "./words.js";

const exact = new Intl.DateTimeFormat(words.locale, { dateStyle: "medium", timeStyle: "medium" });

/** Return the row of an entry, the row with its details, and the button that shows them. */
export function renderEntry(entry) {
  const { number, at, action, target_name: named } = entry;
  const detail = element("tr", { class: "entry-detail", id: `entry-${number}` }, element("td", { colspan: 6 }, renderDetails(entry)));
  detail.hidden = true;
  const toggle = () => {
    detail.hidden = !detail.hidden;
    button.setAttribute("aria-expanded", String(!detail.hidden));
  };
  const button = element(
    "button",
    {
      type: "button",
      class: "entry-number",
      "aria-expanded": "false",
      "aria-controls": `entry-${number}`,
      "aria-label": say("auditDetails", { number }),
      click: toggle,
    },
    String(number),
  );
  const row = element(
    "tr",
    { class: "entry" },
    element("th", { scope: "row" }, button),
    cell("auditWhen", element("time", { datetime: at, title: at }, exact.format(new Date(at)))),
    cell("auditActor", ...whoOf(entry)),
    cell("auditAction", element("code", {}, action)),
    cell("auditTarget", element("span", { dir: "auto" }, tame(named ?? entry.target ?? ""))),
    cell("auditResult", entry.result ?? ""),
  );
  return { row, detail, button };
}

function whoOf({ actor, role }) {
  const name = typeof actor === "string" ? actor : actor.name;
  return [element("span", { dir: "auto" }, tame(name)), role ? element("small", {}, ` ${role}`) : ""];
}

/** On a phone each cell says what it is. */
function cell(word, ...content) {
  return element("td", { "data-label": say(word) }, ...content);
}

function renderDetails({ at, target, role, session, reason, digest, details }) {
  const known = [
    ["auditWhen", at],
    ["auditTarget", target],
    ["auditRole", role],
    ["auditSession", session],
    ["auditReason", reason],
    ["auditDigest", digest],
  ];
  const pairs = known.filter(([, value]) => value).map(([word, value]) => [say(word), value]);
  const others = Object.entries(details ?? {}).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]);
  return element(
    "dl",
    { class: "facts" },
    ...[...pairs, ...others].flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, element("code", { dir: "auto" }, value))]),
  );
}
