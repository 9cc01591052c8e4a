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
  #late = {};

  /**
   * @param {ChatSession} session
   * @param {Words} words
   * @param {{server: string, close: function()|null, reachedEnd: function()}} options
   */
  constructor(session, words, { server, close, reachedEnd }) {
    this.#session = session;
    this.#words = words;
    this.composer = new Composer(words, {
      send: (text, files) => this.say(text, files),
      openTray: (changed) => this.#openTray(changed),
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
    session.conversation.addEventListener("reset", () => this.#showLate());
    for (const node of [this.#main, this.composer.node]) {
      node.addEventListener("dragover", (event) => event.dataTransfer.types.includes("Files") && event.preventDefault());
      node.addEventListener("drop", (event) => this.composer.takeFiles(event, event.dataTransfer));
    }
    this.#showState();
  }

  /** Send what was written, unless it holds a secret: then ask first. */
  say(text, files) {
    const secret = findSecret(text, (kind) => this.#words.say(`removed_${kind}`));
    if (secret) this.#warn(text, secret, files);
    else this.#send(text, files);
  }

  /** Put the cursor where a person would look for it. */
  focus({ canType }) {
    if (this.#question) this.#question.querySelector("button").focus();
    else if (canType) this.composer.focus();
    else this.#title.focus();
  }

  #send(text, files) {
    this.composer.clear();
    this.#session.say(text, files);
  }

  /** Return the place for files; null if it cannot be loaded without a connection. */
  async #openTray(changed) {
    try {
      const { Tray } = await import("./tray.js");
      return new Tray(this.#main, this.#session, this.#words, changed);
    } catch {
      this.#note("attach");
      return null;
    }
  }

  /** Ask how it went, offer the answer by mail; few need it, so it is loaded then. */
  #showLate() {
    const { conversation } = this.#session;
    this.#showPart("Rating", conversation.asksRating, () => import("./rating.js"));
    this.#showPart("MailAnswer", conversation.queue, () => import("./mail_answer.js"));
  }

  async #showPart(name, isWanted, load) {
    if (isWanted && !this.#late[name]) {
      const { [name]: Part } = await load().catch(() => ({}));
      if (!Part || this.#late[name]) return;
      this.#late[name] = new Part(this.#main, this.#session, this.#words);
      this.transcript.append(this.#late[name].node);
    }
    this.#late[name]?.show(this.#session.conversation);
  }

  #press(button, title) {
    if (button) this.#session.press(button, title);
    else this.#session.say(title);
    // The pressed button is gone or closed now; the next thing to do is to write or wait.
    this.transcript.node.querySelector("[role=log]").focus({ preventScroll: true });
  }

  async #warn(text, { kind, without }, files) {
    const { askAboutSecret } = await import("./questions.js");
    const answer = (act) => () => {
      this.#closeQuestion();
      act();
      this.composer.focus();
    };
    this.#ask(
      askAboutSecret(this.#main, this.#words, kind, {
        sendWithout: answer(() => this.#send(without, files)),
        sendAnyway: answer(() => this.#send(text, files)),
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
    this.#ask(askToStartOver(this.#main, this.#words, { yes, no: answer(() => {}) }), { isRisky: true });
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
    if (this.#title.textContent !== title) this.#title.textContent = title;
    const [owner, text] = this.#standing();
    this.#status.textContent = text;
    this.#status.dataset.owner = owner ?? "";
    this.#showLate();
  }

  /** Return who has the conversation, and that in words. */
  #standing() {
    const { agent, owner, queue, status } = this.#session.conversation;
    const words = this.#words;
    if (this.#session.state === "offline") return ["offline", words.say("owner_offline")];
    if (status === "resolved") return ["resolved", words.say("owner_resolved")];
    if (owner === "agent" && agent) return ["agent", words.say("agentHere", agent)];
    if (!queue) return [owner, words.sayAny("owner", owner)];
    const { position, wait_minutes: count, is_open: isOpen, opens_at: opensAt } = queue;
    if (!isOpen) {
      const when = opensAt && words.when(new Date(opensAt));
      return ["queue", when ? words.say("nobodyUntil", { when }) : words.say("nobodyNow")];
    }
    const place = position === 1 ? words.say("nextInLine") : words.say("inLine", { position });
    return ["queue", count ? words.say("waitAbout", { place, count }) : place];
  }

  #note(code) {
    this.#banner.note(this.#words.sayAny("notice", code));
  }
}
