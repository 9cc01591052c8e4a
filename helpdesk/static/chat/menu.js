/** The menu in the header: what is always in reach. A list of buttons that unfolds. */

import { element, icon } from "./element.js";

export class Menu {
  #opener;
  #list;

  /**
   * @param {string} label
   * @param {Array<{name: string, drawing: string, title: string, act: function()}>} entries
   */
  constructor(label, entries) {
    this.#opener = element(
      "button",
      {
        type: "button",
        class: "tool",
        "aria-label": label,
        "aria-expanded": "false",
        "aria-controls": "menu",
        click: () => this.toggle(),
      },
      icon("more"),
    );
    const items = entries.map(({ name, drawing, title, act }) => {
      const choose = () => {
        this.toggle(false);
        act();
      };
      const button = { type: "button", "data-action": name, click: choose };
      return element("li", {}, element("button", button, icon(drawing), title));
    });
    this.#list = element("ul", { id: "menu", class: "menu", hidden: true }, ...items);
    this.node = element(
      "div",
      { class: "menu-place", keydown: (event) => this.#press(event) },
      this.#opener,
      this.#list,
    );
    this.node.addEventListener("focusout", (event) => {
      if (event.relatedTarget && !this.node.contains(event.relatedTarget)) this.toggle(false);
    });
  }

  get isOpen() {
    return !this.#list.hidden;
  }

  toggle(isOpen = !this.isOpen) {
    this.#list.hidden = !isOpen;
    this.#opener.setAttribute("aria-expanded", String(isOpen));
  }

  enable(name, isEnabled) {
    this.#list.querySelector(`[data-action="${name}"]`).disabled = !isEnabled;
  }

  focus() {
    this.#opener.focus();
  }

  #press(event) {
    if (!this.isOpen) return;
    if (event.key === "Escape") {
      event.stopPropagation();
      event.preventDefault();
      this.toggle(false);
      this.focus();
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const buttons = [...this.#list.querySelectorAll("button:not(:disabled)")];
    const now = buttons.indexOf(this.node.getRootNode().activeElement);
    const next = now < 0 && step < 0 ? buttons.length - 1 : now + step;
    buttons[(next + buttons.length) % buttons.length].focus();
  }
}
