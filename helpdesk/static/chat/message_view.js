/** One message as nodes: who, when, the text, and what hangs on it. */

import { element, icon } from "./element.js";
import { followable, renderMarkdown } from "./markdown.js";

/** Return what a speaker is called. */
export function nameOf({ sender, name }, words) {
  if (sender === "contact") return words.say("you");
  if (sender === "agent") return name ? words.say("agentNamed", { name }) : words.say("agent");
  return words.say(sender === "assistant" ? "assistant" : "system");
}

/** Return the files of a message as words. */
function fileNames({ attachments = [] }, words) {
  const names = attachments.map(({ name }) => name).join(", ");
  return names && words.say("files", { names, count: attachments.length });
}

export class MessageView {
  #words;
  #message;
  #buttons = [];
  #who;
  #state = element("p", { class: "state", "data-part": "state" });
  #redaction = element("p", { class: "redaction", "data-part": "redaction" });
  #over;

  /**
   * @param {Object} message as the protocol has it
   * @param {Words} words
   * @param {{server: string, press: function(string, string), show: function(string, Element, Object[])}} actions
   */
  constructor(message, words, actions) {
    this.#words = words;
    this.#message = message;
    const isActivity = message.kind === "activity" || message.sender === "system";
    const when = new Date(message.created_at);
    this.#who = element(
      "p",
      { class: "who" },
      element("span", { dir: "auto" }, nameOf(message, words)),
      element("time", { datetime: message.created_at }, words.time(when)),
    );
    this.node = element(
      "div",
      { class: `row ${isActivity ? "activity" : message.sender}`, "data-seq": message.seq },
      this.#who,
      this.#renderText(),
      this.#renderLate(actions, "files", message.attachments),
      this.#renderLate(actions, "receipts", message.receipts),
      this.#renderArticle(actions.server),
      this.#renderResults(actions.server),
      this.#renderButtons(actions.press),
      this.#redaction,
      this.#state,
    );
    this.showRedactions();
  }

  get message() {
    return this.#message;
  }

  /** What a screen reader is told once. */
  get announcement() {
    const titles = this.#buttons.map(({ title }) => title).join(", ");
    const choices = titles ? ` ${this.#words.say("choices", { titles })}` : "";
    const text = this.node.querySelector(".bubble").textContent;
    const name = nameOf(this.#message, this.#words);
    const files = fileNames(this.#message, this.#words);
    return this.#words.say("announcement", { name, text: [text, files].filter(Boolean).join(" ") + choices });
  }

  /** Say who speaks only where the speaker changes; a screen reader hears it each time. */
  set isFirstOfGroup(isFirst) {
    this.node.classList.toggle("is-first", isFirst);
    this.#who.classList.toggle("unseen", !isFirst);
  }

  set isNewestOwn(isNewest) {
    this.#state.textContent = isNewest ? this.#words.say("sent") : "";
  }

  /** Tell what was cut out; an acknowledgement may come after the message. */
  showRedactions() {
    const kinds = this.#message.redactions ?? [];
    const names = kinds.map((kind) => this.#words.sayAny("redacted", kind));
    const list = [...new Set(names)].join(this.#words.say("listAnd"));
    this.#redaction.textContent = list ? this.#words.say("redacted", { kinds: list }) : "";
  }

  /**
   * Open or close the buttons.
   * @param {boolean} areOpen
   * @param {string|null} chosen the title of the one that was pressed
   */
  openButtons(areOpen, chosen) {
    if (!this.#buttons.length) return;
    this.node.classList.toggle("is-over", !areOpen);
    this.#over.textContent = areOpen ? "" : this.#words.say("choicesOver");
    for (const { title, button, mark } of this.#buttons) {
      const isChosen = !areOpen && title === chosen;
      button.disabled = !areOpen;
      button.classList.toggle("is-chosen", isChosen);
      mark.textContent = isChosen ? ` (${this.#words.say("chosen")})` : "";
    }
  }

  #renderText() {
    const { sender, text } = this.#message;
    if (!text) return element("div", { class: "bubble" });
    const isPlain = sender === "contact" || sender === "system";
    const nodes = isPlain ? [element("p", { class: "plain", dir: "auto" }, text)] : renderMarkdown(text);
    return element("div", { class: "bubble" }, ...nodes);
  }

  /** What few messages have is shown by a module of its own; until it is there, by its names. */
  #renderLate({ show }, part, things = []) {
    if (!things.length) return null;
    const place = element("ul", { class: part, "data-part": part });
    place.append(...things.map(({ name, target }) => element("li", { dir: "auto" }, name ?? target ?? "")));
    show(part, place, things);
    return place;
  }

  #renderArticle(server) {
    const { article } = this.#message;
    const href = article && followable(article.url, server);
    if (!href) return null;
    return element(
      "a",
      { class: "article", href, target: "_blank", rel: "noopener", "data-part": "article" },
      icon("article"),
      element(
        "span",
        {},
        element("small", {}, this.#words.say("article")),
        element("span", { class: "title", dir: "auto" }, article.title),
        this.#newTab(),
      ),
    );
  }

  #renderResults(server) {
    const results = (this.#message.results ?? [])
      .map((result) => ({ ...result, href: followable(result.url, server) }))
      .filter(({ href }) => href);
    if (!results.length) return null;
    const items = results.map(({ href, title, passage }) =>
      element(
        "li",
        {},
        element(
          "a",
          { href, target: "_blank", rel: "noopener" },
          element("span", { class: "title", dir: "auto" }, title),
          this.#newTab(),
          element(
            "span",
            { class: "passage", dir: "auto" },
            ...(passage ?? []).map(({ text, hit }) => (hit ? element("mark", {}, text) : text)),
          ),
        ),
      ),
    );
    const label = this.#words.say("results", { count: results.length });
    return element(
      "div",
      { class: "results", "data-part": "results" },
      element("p", { class: "caption" }, label),
      element("ul", {}, ...items),
    );
  }

  #newTab() {
    return element("span", { class: "unseen" }, ` (${this.#words.say("opensTab")})`);
  }

  #renderButtons(press) {
    this.#buttons = (this.#message.buttons ?? []).map(({ id, title }) => {
      const mark = element("span", { class: "unseen" });
      const choose = () => press(id, title);
      const label = element("span", { dir: "auto" }, title);
      const button = element("button", { type: "button", click: choose }, label, mark);
      return { title, button, mark };
    });
    if (!this.#buttons.length) return null;
    this.#over = element("p", { class: "unseen" });
    const buttons = this.#buttons.map(({ button }) => button);
    return element("div", { class: "choices", "data-part": "choices" }, this.#over, ...buttons);
  }
}

/** Return a row for what is not acknowledged yet. */
export function renderPending(entry, { words, isOnline, retry, discard }) {
  const { client_id, label, problem } = entry;
  const text = [entry.text ?? label, fileNames(entry, words)].filter(Boolean).join("\n");
  const who = element("p", { class: "who unseen" }, words.say("you"));
  const bubble = element(
    "div",
    { class: "bubble" },
    element("p", { class: "plain", dir: "auto" }, text),
  );
  const state = element("div", { class: "state", "data-part": "state" });
  if (problem) {
    const why = `${words.say("failed")} ${words.sayAny("problem", problem)}`;
    const button = (name, act) =>
      element("button", { type: "button", click: () => act(client_id) }, words.say(name));
    const canRetry = !["too_long", "empty_message", "button_expired", "attachment_gone"].includes(problem);
    state.append(element("span", {}, why), ...(canRetry ? [button("retry", retry)] : []));
    state.append(button("discard", discard));
  } else {
    state.append(words.say(isOnline ? "sending" : "waiting"));
  }
  const kind = problem ? "is-failed" : "is-waiting";
  return element(
    "div",
    { class: `row contact ${kind}`, "data-client-id": client_id },
    who,
    bubble,
    state,
  );
}
