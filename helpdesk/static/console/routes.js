/** What the address says: `?view=queue&conversation=…`. Back and forward work. */

import { viewNamed } from "./views.js";

/** Tells `change`. */
export class Routes extends EventTarget {
  constructor() {
    super();
    window.addEventListener("popstate", () => this.dispatchEvent(new Event("change")));
  }

  get view() {
    const view = this.#said.get("view");
    return viewNamed(view) ? view : "queue";
  }

  get conversation() {
    return this.#said.get("conversation");
  }

  /** Go somewhere; opening a conversation is a step that “back” takes back. */
  go(view, conversation) {
    const said = new URLSearchParams(conversation ? { view, conversation } : { view });
    const search = `?${said}`;
    if (search === location.search) return;
    if (conversation && !this.conversation) history.pushState(null, "", search);
    else history.replaceState(null, "", search);
  }

  /** Return where to come back to after signing in again. */
  get here() {
    return location.pathname + location.search;
  }

  get #said() {
    return new URLSearchParams(location.search);
  }
}
