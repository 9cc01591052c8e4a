/** Where the contact writes. Enter sends, Shift+Enter begins a new line. */

import { element, icon } from "./element.js";
import { findSecret } from "./secrets.js";
import { passing } from "./storage.js";

const LONGEST = 4000;
const DRAFT = "draft";
const QUIET_MS = 4_000;

export class Composer {
  #words;
  #actions;
  #field;
  #send;
  #length;
  #quietTimer = null;

  /**
   * @param {Words} words
   * @param {{send: function(string), typing: function(boolean)}} actions
   */
  constructor(words, actions) {
    this.#words = words;
    this.#actions = actions;
    this.#field = element("textarea", {
      rows: 1,
      dir: "auto",
      placeholder: words.say("composerHint"),
      "aria-label": words.say("composer"),
      "aria-describedby": "promise length",
      enterkeyhint: "send",
      input: () => this.#change(),
      keydown: (event) => this.#press(event),
      blur: () => this.#stopTyping(),
    });
    this.#send = element(
      "button",
      { type: "submit", class: "send", "aria-label": words.say("send") },
      icon("send"),
    );
    this.#length = element("span", { id: "length", class: "length", role: "status" });
    this.node = element(
      "form",
      { class: "composer", submit: (event) => this.#submit(event) },
      element("div", { class: "field" }, this.#field, this.#send),
      element(
        "p",
        { class: "promise" },
        element("span", { id: "promise" }, words.say("promise")),
        this.#length,
      ),
    );
    this.text = passing.get(DRAFT) ?? "";
  }

  get text() {
    // Half an emoji and control characters would never arrive.
    return this.#field.value.replace(/(?!\s)[\p{Cs}\p{Cc}]/gu, "");
  }

  set text(text) {
    this.#field.value = text;
    this.#show();
  }

  clear() {
    this.text = "";
    passing.remove(DRAFT);
    this.#stopTyping();
  }

  focus() {
    this.#field.focus();
  }

  /** Fit the field to its text; needed once it becomes visible. */
  fit() {
    this.#field.style.height = "auto";
    if (this.#field.scrollHeight) this.#field.style.height = `${this.#field.scrollHeight}px`;
  }

  #change() {
    this.#show();
    // A draft rests in the browser, and a secret must not rest anywhere.
    if (!this.text || findSecret(this.text)) passing.remove(DRAFT);
    else passing.set(DRAFT, this.text);
    clearTimeout(this.#quietTimer);
    if (!this.text.trim()) return this.#stopTyping();
    this.#actions.typing(true);
    this.#quietTimer = setTimeout(() => this.#stopTyping(), QUIET_MS);
  }

  #stopTyping() {
    clearTimeout(this.#quietTimer);
    this.#actions.typing(false);
  }

  #press(event) {
    // While an input method composes, Enter chooses a word; 229 is what Safari calls that.
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Enter" && !event.shiftKey) this.#submit(event);
  }

  #submit(event) {
    event.preventDefault();
    const text = this.text.trim();
    if (text && this.#excess() <= 0) this.#actions.send(text);
  }

  #excess() {
    return [...this.text.trim()].length - LONGEST;
  }

  #show() {
    const excess = this.#excess();
    this.#send.disabled = !this.text.trim() || excess > 0;
    const warning = excess > 0 ? this.#words.say("tooLong", { count: excess }) : "";
    if (this.#length.textContent !== warning) this.#length.textContent = warning;
    this.node.classList.toggle("is-too-long", excess > 0);
    this.fit();
  }
}
