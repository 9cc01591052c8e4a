/** Asks how it went, once, when a person has closed the conversation. */

import { element } from "./element.js";
import { prepare } from "./late.js";

const LONGEST_COMMENT = 1_000;

export class Rating {
  #session;
  #words;
  #send;
  #comment;
  #form;
  #isSent = false;

  /**
   * @param {Element} beside something in the chat
   * @param {ChatSession} session
   * @param {Words} words
   */
  constructor(beside, session, words) {
    prepare(beside, words);
    this.#session = session;
    this.#words = words;
    this.#build();
    // What was sent on a line that broke may not have arrived: it can be sent again.
    session.addEventListener("state", () => this.#letSend());
  }

  /** Ask, thank, or be gone, as the conversation stands. */
  show({ asksRating, status }) {
    if (asksRating) {
      this.node.hidden = false;
      if (!this.#form.isConnected) this.#begin();
    } else if (this.#isSent && status === "resolved") {
      this.#thank();
    } else {
      this.node.hidden = true;
      this.#begin();
    }
  }

  #build() {
    const words = this.#words;
    const choices = words.rates.map((label, index) =>
      element(
        "label",
        {},
        element("input", { type: "radio", name: "score", value: index + 1, change: () => this.#letSend() }),
        label,
      ),
    );
    this.#comment = element("textarea", { id: "comment", maxlength: LONGEST_COMMENT, rows: 2, dir: "auto" });
    this.#send = element("button", { type: "submit", class: "strong", disabled: true }, words.say("rateSend"));
    this.#form = element(
      "form",
      { submit: (event) => this.#submit(event) },
      element(
        "fieldset",
        {},
        element("legend", {}, words.say("rateTitle")),
        element("div", { class: "scores" }, ...choices),
      ),
      element("label", { class: "words", for: "comment" }, words.say("rateComment")),
      this.#comment,
      this.#send,
    );
    this.node = element("div", { class: "rating", "data-part": "rating" }, this.#form);
  }

  #begin() {
    this.#isSent = false;
    this.#form.reset();
    this.node.replaceChildren(this.#form);
    this.#letSend();
  }

  #letSend() {
    const { isOnline } = this.#session.connection;
    this.#send.disabled = !isOnline || !this.#form.elements.score.value;
  }

  #submit(event) {
    event.preventDefault();
    this.#isSent = true;
    this.#send.disabled = true;
    this.#session.rate(Number(this.#form.elements.score.value), this.#comment.value.trim());
  }

  #thank() {
    if (!this.#form.isConnected) return;
    // A button that was switched off has lost the focus already.
    const { activeElement } = this.node.getRootNode();
    const hadFocus = !activeElement || this.node.contains(activeElement);
    const thanks = element("p", { class: "thanks", tabindex: -1, role: "status" }, this.#words.say("rateThanks"));
    this.node.replaceChildren(thanks);
    if (hadFocus) thanks.focus();
  }
}
