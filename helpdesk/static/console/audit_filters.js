/** Which entries of the audit record are shown, and their export. */

import { element } from "../chat/element.js";
import { say } from "./words.js";

const EXPORTS = [
  ["csv", "auditCsv"],
  ["jsonl", "auditJsonl"],
];

/** Tells `change`. */
export class AuditFilters extends EventTarget {
  #actor = field("actor", { list: "audit-agents", maxlength: 200 });
  #action = field("action", { maxlength: 80 });
  #address = field("address", { type: "email", maxlength: 254, spellcheck: "false", autocapitalize: "none" });
  #from = field("from", { type: "date" });
  #to = field("to", { type: "date" });
  #agents = [];
  #names = element("datalist", { id: "audit-agents" });
  #links = EXPORTS.map(([format, word]) => [format, element("a", { class: "button button-quiet", download: true }, say(word))]);

  constructor() {
    super();
    this.node = element(
      "form",
      { class: "filters", "aria-label": say("auditFilters"), submit: (event) => this.#apply(event) },
      label("auditActor", this.#actor, "auditActorHint"),
      label("auditAction", this.#action, "auditActionHint"),
      label("auditAddress", this.#address),
      label("auditFrom", this.#from),
      label("auditTo", this.#to),
      this.#names,
      element(
        "p",
        { class: "filters-foot" },
        element("button", { type: "submit", class: "button" }, say("auditApply")),
        element("button", { type: "reset", class: "button button-quiet" }, say("auditClear")),
        ...this.#links.map(([, link]) => link),
      ),
    );
    // The fields are empty only after the event.
    this.node.addEventListener("reset", () => setTimeout(() => this.#apply()));
    this.#link();
  }

  set agents(agents) {
    this.#agents = agents;
    this.#names.replaceChildren(...agents.map(({ name }) => element("option", { value: name })));
  }

  /** What is asked for, as the help desk wants to hear it. */
  get query() {
    const said = new URLSearchParams();
    const actor = this.#actor.value.trim();
    const agent = this.#agents.find(({ name }) => name.toLowerCase() === actor.toLowerCase());
    const values = {
      actor: agent?.id ?? actor,
      action: this.#action.value.trim(),
      address: this.#address.value.trim(),
      from: startOf(this.#from.value),
      to: startOf(this.#to.value, 1),
    };
    for (const [name, value] of Object.entries(values)) if (value) said.set(name, value);
    return said;
  }

  #apply(event = null) {
    event?.preventDefault();
    this.#link();
    this.dispatchEvent(new Event("change"));
  }

  /** What is exported is what is shown. */
  #link() {
    for (const [format, link] of this.#links) {
      const said = this.query;
      said.set("format", format);
      link.setAttribute("href", `/api/console/audit/export?${said}`);
    }
  }
}

function field(name, attributes) {
  return element("input", { name, autocomplete: "off", ...attributes });
}

function label(word, control, hint = null) {
  return element("label", { class: "filter" }, element("span", {}, say(word)), control, hint ? element("small", {}, say(hint)) : null);
}

/** A day begins where the reader is; `later` days on. */
function startOf(day, later = 0) {
  if (!day) return "";
  const [year, month, date] = day.split("-").map(Number);
  return new Date(year, month - 1, date + later).toISOString();
}
