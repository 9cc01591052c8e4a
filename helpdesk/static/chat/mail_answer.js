/** Offers whoever waits for a person to have the answer mailed. */

import { element } from "./element.js";
import { prepare } from "./late.js";

export class MailAnswer {
  #session;
  #words;
  #conversation = null;
  #isWaiting = false;
  #known = null;

  /**
   * @param {Element} beside something in the chat
   * @param {ChatSession} session
   * @param {Words} words
   */
  constructor(beside, session, words) {
    prepare(beside, words);
    this.#session = session;
    this.#words = words;
    this.node = element("div", { class: "rating", "data-part": "mail", hidden: true });
    // The button in the mail may have been pressed meanwhile, in another tab.
    window.addEventListener("focus", () => this.#known?.email && !this.#known.is_proven && this.#read());
  }

  /** Offer it while a person is waited for. */
  show({ id, queue }) {
    this.#isWaiting = Boolean(queue);
    if (this.#isWaiting && this.#conversation !== id) {
      this.#conversation = id;
      this.#known = null;
      this.#read();
    }
    this.node.hidden = !this.#isWaiting || !this.#known;
  }

  async #read() {
    const known = await this.#request("GET").catch(() => null);
    if (known?.is_possible) this.#take(known);
    // Then it is asked again when something changes.
    else if (!this.#known) this.#conversation = null;
  }

  #request(method, body) {
    return this.#session.visit.request(method, `/conversations/${this.#conversation}/mail`, body);
  }

  #take(known) {
    const isNews = known.email !== this.#known?.email || known.is_proven !== this.#known?.is_proven;
    this.#known = known;
    if (isNews) this.node.replaceChildren(...(known.email ? this.#told(known) : [this.#form()]));
    this.node.hidden = !this.#isWaiting;
  }

  /** Say where the answer goes, or what is still to be done. */
  #told({ email, is_proven: isProven }) {
    const said = this.#words.say(isProven ? "mailProven" : "mailAsked", { email });
    const change = element(
      "button",
      { type: "button", class: "plain", click: () => this.#forget() },
      this.#words.say(isProven ? "mailStop" : "mailOther"),
    );
    return [element("p", { role: "status", tabindex: -1 }, said), change];
  }

  #form() {
    const words = this.#words;
    const problem = element("p", { class: "words", id: "mail-problem", role: "alert" });
    const field = element("input", {
      type: "email",
      id: "mail-address",
      class: "address",
      autocomplete: "email",
      required: true,
      maxlength: 254,
      "aria-describedby": "mail-problem",
    });
    const send = element("button", { type: "submit", class: "strong" }, words.say("mailSend"));
    const submit = async (event) => {
      event.preventDefault();
      send.disabled = true;
      field.removeAttribute("aria-invalid");
      problem.textContent = "";
      try {
        this.#take(await this.#request("PUT", { email: field.value.trim() }));
        this.node.querySelector("[role=status]")?.focus();
      } catch ({ code }) {
        problem.textContent = words.sayAny("mail", code);
        if (code === "bad_address") field.setAttribute("aria-invalid", "true");
        field.focus();
      } finally {
        send.disabled = false;
      }
    };
    return element(
      "form",
      { submit, novalidate: true },
      element("label", { for: "mail-address" }, words.say("mailTitle")),
      field,
      problem,
      send,
    );
  }

  async #forget() {
    try {
      await this.#request("DELETE");
      this.#take({ email: null, is_proven: false });
      this.node.querySelector("input").focus();
    } catch {
      this.node.querySelector("[role=status]").textContent = this.#words.say("mail_other");
    }
  }
}
