/**
 * Says new messages to a screen reader: one polite live region, each message once. History
 * never comes here. What was said is taken away again, so that nobody meets it twice.
 */

import { element } from "./element.js";

const STAYS_MS = 15_000;

export class Announcer {
  #region = element("div", { class: "unseen", "aria-live": "polite", "data-part": "announcer" });
  #last = "";

  /** Put the region where the screen reader can hear it; a hidden place is not heard. */
  moveTo(parent) {
    if (this.#region.parentNode === parent) return;
    this.#region.replaceChildren();
    parent.append(this.#region);
  }

  announce(text) {
    if (text === this.#last && this.#region.hasChildNodes()) return;
    this.#last = text;
    const said = element("p", { dir: "auto" }, text);
    this.#region.append(said);
    setTimeout(() => said.remove(), STAYS_MS);
  }
}
