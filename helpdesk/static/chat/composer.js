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
  #picker;
  #tray = null;
  #loading = null;
  #quietTimer = null;

  /**
   * @param {Words} words
   * @param {{send: function(string, Object[]), typing: function(boolean), openTray: function(): Promise}} actions
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
      paste: (event) => this.takeFiles(event, event.clipboardData),
    });
    this.#picker = element("input", {
      type: "file",
      multiple: true,
      accept: "image/png,image/jpeg,image/gif,image/webp,application/pdf",
      hidden: true,
      change: () => {
        this.attach([...this.#picker.files]);
        this.#picker.value = "";
      },
    });
    const clip = element(
      "button",
      { type: "button", class: "tool", "aria-label": words.say("attach"), click: () => this.#picker.click() },
      icon("clip"),
    );
    this.#send = element(
      "button",
      { type: "submit", class: "send", "aria-label": words.say("send") },
      icon("send"),
    );
    this.#length = element("span", { id: "length", class: "length", role: "status" });
    this.node = element(
      "form",
      { class: "composer", submit: (event) => this.#submit(event) },
      element("div", { class: "field" }, this.#field, this.#picker, clip, this.#send),
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
    this.#tray?.clear();
    this.text = "";
    passing.remove(DRAFT);
    this.#stopTyping();
  }

  focus() {
    this.#field.focus();
  }

  /** Take the files that were pasted or dropped; anything else is the browser's business. */
  takeFiles(event, { files }) {
    if (!files.length) return;
    event.preventDefault();
    this.attach([...files]);
  }

  /** Put files with the message that is being written. */
  async attach(files) {
    // Few need it.
    this.#loading ??= this.#actions.openTray(() => this.#show());
    this.#tray = await this.#loading;
    if (!this.#tray) return void (this.#loading = null);
    if (!this.#tray.node.isConnected) this.node.prepend(this.#tray.node);
    this.#tray.add(files);
    this.focus();
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
    if (this.#canSend()) this.#actions.send(text, this.#tray?.ready ?? []);
  }

  #canSend() {
    const isSomething = this.text.trim() || this.#tray?.ready.length;
    return isSomething && !this.#tray?.isBusy && this.#excess() <= 0;
  }

  #excess() {
    return [...this.text.trim()].length - LONGEST;
  }

  #show() {
    const excess = this.#excess();
    this.#send.disabled = !this.#canSend();
    const warning = excess > 0 ? this.#words.say("tooLong", { count: excess }) : "";
    if (this.#length.textContent !== warning) this.#length.textContent = warning;
    this.node.classList.toggle("is-too-long", excess > 0);
    this.fit();
  }
}
