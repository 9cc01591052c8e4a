/** The chat's window: header, transcript, composer, and the questions in between. */

import { Banner } from "./banner.js";
import { Composer } from "./composer.js";
import { element, icon } from "./element.js";
import { Menu } from "./menu.js";
import { findSecret } from "./secrets.js";
import { TranscriptView } from "./transcript_view.js";

export class Panel {
  #session;
  #words;
  #title;
  #status;
  #banner;
  #menu;
  #question = null;
  #main;

  /**
   * @param {ChatSession} session
   * @param {Words} words
   * @param {{server: string, close: function()|null, reachedEnd: function()}} options
   */
  constructor(session, words, { server, close, reachedEnd }) {
    this.#session = session;
    this.#words = words;
    this.composer = new Composer(words, {
      send: (text) => this.say(text),
      typing: (isOn) => session.noteTyping(isOn),
    });
    this.transcript = new TranscriptView(session, words, {
      server,
      reachedEnd,
      press: (button, title) => this.#press(button, title),
      start: (text) => this.#press(null, text),
    });
    this.#banner = new Banner(words);
    this.#main = element("div", { class: "main" }, this.transcript.node, this.#banner.node);
    this.#title = element("h2", { id: "title", tabindex: -1 });
    this.#status = element("p", { class: "status" });
    this.nodes = [this.#buildHeader(close), this.#main, this.composer.node];
    session.addEventListener("state", () => this.#showState());
    session.addEventListener("delay", () => this.#showState());
    session.addEventListener("site", () => this.#showState());
    session.addEventListener("notice", ({ detail }) => this.#note(detail.code));
    session.conversation.addEventListener("owner", () => this.#showOwner());
    this.#showState();
  }

  /** Send what was written, unless it holds a secret: then ask first. */
  say(text) {
    const secret = findSecret(text, (kind) => this.#words.say(`removed_${kind}`));
    if (secret) this.#warn(text, secret);
    else this.#send(text);
  }

  /** Put the cursor where a person would look for it. */
  focus({ canType }) {
    if (this.#question) this.#question.querySelector("button").focus();
    else if (canType) this.composer.focus();
    else this.#title.focus();
  }

  #send(text) {
    this.composer.clear();
    this.#session.say(text);
  }

  #press(button, title) {
    if (button) this.#session.press(button, title);
    else this.#session.say(title);
    // The pressed button is gone or closed now; the next thing to do is to write or wait.
    this.transcript.node.querySelector("[role=log]").focus({ preventScroll: true });
  }

  async #warn(text, { kind, without }) {
    const { askAboutSecret } = await import("./questions.js");
    const answer = (act) => () => {
      this.#closeQuestion();
      act();
      this.composer.focus();
    };
    this.#ask(
      askAboutSecret(this.#words, kind, {
        sendWithout: answer(() => this.#send(without)),
        sendAnyway: answer(() => this.#send(text)),
        edit: answer(() => {}),
      }),
    );
  }

  async #startOver() {
    const { askToStartOver } = await import("./questions.js");
    const answer = (act) => () => {
      this.#closeQuestion();
      act();
      this.#menu.focus();
    };
    const yes = answer(() => {
      this.composer.clear();
      this.#session.startOver();
    });
    this.#ask(askToStartOver(this.#words, { yes, no: answer(() => {}) }), { isRisky: true });
  }

  #ask(question, { isRisky = false } = {}) {
    this.#closeQuestion();
    this.#question = question;
    this.#main.after(question);
    for (const node of [this.#main, this.composer.node]) node.inert = true;
    // What cannot be undone should take a choice, not just another Enter.
    [...question.querySelectorAll("button")].at(isRisky ? -1 : 0).focus();
  }

  #closeQuestion() {
    this.#question?.remove();
    this.#question = null;
    for (const node of [this.#main, this.composer.node]) node.inert = false;
  }

  async #saveTranscript() {
    try {
      const href = URL.createObjectURL(await this.#session.fetchTranscript());
      element("a", { href, download: this.#words.say("fileName") }).click();
      setTimeout(() => URL.revokeObjectURL(href), 60_000);
    } catch {
      this.#note("transcript");
    }
  }

  #buildHeader(close) {
    const words = this.#words;
    const entry = (name, drawing, act) => ({ name, drawing, title: words.say(name), act });
    this.#menu = new Menu(words.say("menu"), [
      entry("person", "person", () => this.#session.press("person", words.say("person"))),
      entry("transcript", "save", () => this.#saveTranscript()),
      entry("startOver", "again", () => this.#startOver()),
    ]);
    const closer =
      close &&
      element(
        "button",
        { type: "button", class: "tool", "aria-label": words.say("close"), click: close },
        icon("close"),
      );
    return element(
      "header",
      {},
      element("span", { class: "mark" }, icon("key")),
      element("div", { class: "names" }, this.#title, this.#status),
      this.#menu.node,
      closer,
    );
  }

  #showState() {
    const { state, isSlow, connection, conversation } = this.#session;
    this.#banner.show({ state, isSlow });
    this.#menu.enable("startOver", connection.isOnline);
    this.#menu.enable("transcript", connection.isOnline && conversation.id !== null);
    this.#showOwner();
  }

  #showOwner() {
    const { conversation, visit } = this.#session;
    const { product } = visit.site ?? {};
    const title = product ? this.#words.say("title", { product }) : this.#words.say("titleAlone");
    const isResolved = conversation.status === "resolved";
    const isLost = this.#session.state === "offline";
    const owner = isLost ? "offline" : isResolved ? "resolved" : conversation.owner;
    if (this.#title.textContent !== title) this.#title.textContent = title;
    this.#status.textContent = this.#words.sayAny("owner", owner);
    this.#status.dataset.owner = owner ?? "";
  }

  #note(code) {
    this.#banner.note(this.#words.sayAny("notice", code));
  }
}
