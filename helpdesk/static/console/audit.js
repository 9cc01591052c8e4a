/** The page of the audit record: filters, entries a page at a time, export. */

import { element } from "../chat/element.js";
import { AuditFilters } from "./audit_filters.js";
import { renderEntry } from "./audit_rows.js";
import { Requests } from "./requests.js";
import { say } from "./words.js";

const COLUMNS = ["auditNumber", "auditWhen", "auditActor", "auditAction", "auditTarget", "auditResult"];

class AuditPage {
  #requests = new Requests();
  #filters = new AuditFilters();
  #next = null;
  #count = 0;
  // What was asked for last; an answer to something else is late.
  #asked = 0;
  #rows = element("tbody");
  #status = element("p", { class: "audit-status", role: "status" });
  #more = element("button", { type: "button", class: "button button-quiet", click: () => this.#fetch() }, say("auditMore"));
  #again = element("button", { type: "button", class: "button button-quiet", click: () => this.#fetch() }, say("retry"));

  constructor(root) {
    const head = element("tr", {}, ...COLUMNS.map((name) => element("th", { scope: "col" }, say(name))));
    root.append(
      this.#filters.node,
      element("table", { class: "entries", "aria-label": say("audit") }, element("thead", {}, head), this.#rows),
      this.#status,
      this.#more,
      this.#again,
    );
    this.#filters.addEventListener("change", () => this.#begin());
    this.#requests.addEventListener("signed_out", () => location.assign("/console/sign-in?next=/console/audit"));
  }

  async start() {
    this.#begin();
    const known = await this.#requests.get("/me").catch(() => null);
    if (known) this.#filters.agents = known.agents;
  }

  #begin() {
    this.#next = null;
    this.#count = 0;
    this.#rows.replaceChildren();
    this.#fetch();
  }

  async #fetch() {
    const asked = (this.#asked += 1);
    const said = this.#filters.query;
    if (this.#next) said.set("after", this.#next);
    this.#more.hidden = this.#again.hidden = true;
    this.#status.textContent = say("loading");
    const answer = await this.#requests.get(`/audit?${said}`).catch(() => null);
    if (asked !== this.#asked) return;
    if (answer) this.#show(answer);
    else this.#status.textContent = say("auditFailed");
    this.#again.hidden = answer !== null;
  }

  #show({ entries, next }) {
    const first = entries.map((entry) => this.#append(entry))[0];
    // Whoever pressed “more” goes on reading where the new ones begin.
    if (this.#count && first) first.focus();
    this.#count += entries.length;
    this.#next = next;
    this.#more.hidden = !next;
    const count = this.#count;
    this.#status.textContent = count ? say(next ? "auditCount" : "auditAll", { count }) : say("auditNone");
  }

  #append(entry) {
    const { row, detail, button } = renderEntry(entry);
    this.#rows.append(row, detail);
    return button;
  }
}

new AuditPage(document.getElementById("audit")).start();
