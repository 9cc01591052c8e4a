/** The door: the views with their counts, and what belongs to the agent. */

import { element } from "../chat/element.js";
import { icon } from "./icons.js";
import { initialsOf, tame } from "./names.js";
import { VIEWS } from "./views.js";
import { say } from "./words.js";

const MOST = 999;

/** Tells `view` with the name of the view that was pressed, and `choose` for everything else. */
export class Navigation extends EventTarget {
  #desk;
  #tabs = new Map();
  #assistant = this.#makeAid("assistant");
  #approvals = this.#makeAid("approvals");
  #me = element("button", { type: "button", class: "me", popovertarget: "menu" });
  #away;
  #menu;

  constructor(desk, product) {
    super();
    this.#desk = desk;
    const views = element("div", { class: "views" });
    for (const { name } of VIEWS) views.append(this.#makeTab(name));
    this.#away = element(
      "button",
      { type: "button", role: "switch", class: "switch", click: () => this.#toggleAway() },
      say("away"),
      element("span", { class: "switch-track", "aria-hidden": "true" }),
    );
    this.#menu = element("div", { id: "menu", class: "menu", popover: "auto", "aria-label": say("menu"), role: "group" });
    this.node = element(
      "nav",
      { class: "navigation", "aria-label": say("views") },
      element(
        "p",
        { class: "brand" },
        element("img", { src: "/favicon.svg", alt: "", width: 28, height: 28 }),
        element("span", {}, product),
      ),
      views,
      element("div", { class: "aids" }, this.#approvals.node, this.#assistant.node),
      this.#me,
      this.#menu,
    );
    desk.addEventListener("counts", () => this.#count());
    desk.directory.addEventListener("change", () => this.#showMe());
    desk.approvals.addEventListener("change", () => this.#countApprovals());
    this.#assistant.node.setAttribute("aria-controls", "assistant");
    this.#countApprovals();
  }

  set isAssistantOpen(isOpen) {
    this.#assistant.node.setAttribute("aria-expanded", String(isOpen));
  }

  /** Put the menu together once it is known who this is. */
  fillMenu(switches, signOut) {
    const { directory } = this.#desk;
    const entry = (name) =>
      element("button", { type: "button", class: "menu-entry", click: () => this.#choose(name) }, say(name));
    this.#menu.replaceChildren(
      ...(directory.mayChange ? [this.#away] : []),
      ...switches,
      element("hr"),
      ...(directory.leads ? [entry("cannedResponses"), entry("report")] : []),
      ...(directory.mayAudit ? [element("a", { class: "menu-entry", href: "/console/audit" }, say("audit"))] : []),
      entry("shortcuts"),
      element("a", { class: "menu-entry", href: "/console/account" }, say("account")),
      signOut,
    );
  }

  mark(viewName) {
    for (const [name, { node }] of this.#tabs) {
      if (name === viewName) node.setAttribute("aria-current", "page");
      else node.removeAttribute("aria-current");
    }
    this.#tabs.get(viewName).node.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  #makeTab(name) {
    const count = element("span", { class: "view-count" });
    const node = element(
      "button",
      { type: "button", class: "view", "data-view": name, click: () => this.#tell("view", name) },
      icon(name),
      element("span", { class: "view-name" }, say(`view_${name}`)),
      count,
    );
    this.#tabs.set(name, { node, count });
    return node;
  }

  /** A button below the views. */
  #makeAid(name) {
    const count = element("span", { class: "view-count" });
    const label = say(name);
    const node = element(
      "button",
      { type: "button", class: "view aid", "data-aid": name, title: say(`title_${name}`), click: () => this.#tell("choose", name) },
      icon(name),
      element("span", { class: "view-name" }, label),
      count,
    );
    return { node, count };
  }

  #countApprovals() {
    const { waiting, isEmpty } = this.#desk.approvals;
    const { node, count } = this.#approvals;
    node.hidden = isEmpty;
    count.textContent = waiting ? String(waiting) : "";
    node.classList.toggle("is-loud", waiting > 0);
  }

  #count() {
    for (const [name, { node, count }] of this.#tabs) {
      const number = this.#desk.counts[name] ?? 0;
      const isLoud = name === "queue" || name === "mentions";
      count.textContent = number ? (number > MOST ? say("many", { count: MOST }) : String(number)) : "";
      node.classList.toggle("is-loud", isLoud && number > 0);
    }
  }

  #showMe() {
    const { me } = this.#desk.directory;
    this.#away.setAttribute("aria-checked", String(me.is_away));
    // An auditor reads, and has nobody do anything.
    this.#assistant.node.hidden = !this.#desk.directory.mayChange;
    this.#me.replaceChildren(
      element("span", { class: `avatar ${me.is_away ? "is-away" : "is-here"}`, "aria-hidden": "true" }, initialsOf(me.name)),
      element(
        "span",
        { class: "me-name" },
        element("span", { dir: "auto" }, tame(me.name)),
        element("small", {}, say(me.is_away ? "youAreAway" : "youAreHere")),
      ),
    );
  }

  async #toggleAway() {
    const { directory } = this.#desk;
    try {
      await directory.setAway(!directory.me.is_away);
    } catch (error) {
      this.#desk.explain(error);
    }
  }

  #choose(name) {
    this.#menu.hidePopover();
    this.#tell("choose", name);
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
