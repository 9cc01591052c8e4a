/** Says how the line is, in one sentence above the composer; silent when all is well. */

import { element } from "./element.js";

const BLINK_MS = 900;
const BACK_MS = 3_000;

export class Banner {
  #words;
  #timer = null;
  #wasOffline = false;

  constructor(words) {
    this.#words = words;
    this.node = element("p", { class: "banner", role: "status", "data-part": "banner" });
  }

  /** Show the worst of what is known. */
  show({ state, isSlow }) {
    clearTimeout(this.#timer);
    if (state === "offline") {
      this.#wasOffline = true;
      this.#say("offline", navigator.onLine ? "unreachable" : "offline");
    } else if (state === "connecting") {
      // A connection that takes the usual moment is not worth a word.
      this.#timer = setTimeout(() => this.#say("connecting", "connecting"), BLINK_MS);
    } else if (isSlow) {
      this.#say("slow", "slow");
    } else if (this.#wasOffline && state === "online") {
      this.#wasOffline = false;
      this.#say("back", "back");
      this.#timer = setTimeout(() => this.#say("", null), BACK_MS);
    } else {
      this.#say("", null);
    }
  }

  /** Show a passing remark. */
  note(text) {
    clearTimeout(this.#timer);
    this.node.dataset.state = "note";
    this.node.textContent = text;
    this.#timer = setTimeout(() => this.#say("", null), BACK_MS * 2);
  }

  #say(state, key) {
    const text = key ? this.#words.say(key) : "";
    this.node.dataset.state = state;
    if (this.node.textContent !== text) this.node.textContent = text;
  }
}
