/** Says what happened: shortly on the screen, once to a screen reader. */

import { Announcer } from "../chat/announcer.js";
import { element } from "../chat/element.js";
import { say } from "./words.js";

const STAYS_MS = 8_000;
const MOST = 3;

export class News {
  #announcer = new Announcer();
  // The announcer speaks; what is seen here would only be said twice.
  #toasts = element("section", { class: "toasts", "data-part": "toasts", "aria-label": say("news") });

  constructor(parent) {
    parent.append(this.#toasts);
    this.#announcer.moveTo(parent);
  }

  /** Tell a screen reader what everybody else can see anyway. */
  announce(text) {
    this.#announcer.announce(text);
  }

  /** Show and tell; what is pressed leads somewhere. */
  show(text, open = null) {
    this.announce(text);
    const toast = open
      ? element("button", { type: "button", class: "toast", click: () => (toast.remove(), open()) }, text)
      : element("p", { class: "toast" }, text);
    this.#toasts.append(toast);
    while (this.#toasts.children.length > MOST) this.#toasts.firstChild.remove();
    setTimeout(() => toast.remove(), STAYS_MS);
  }
}
