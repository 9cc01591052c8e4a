/**
 * The list of messages: in order, in groups, under the day they were written. It follows
 * the newest message only while the reader is at the end anyway.
 */

import { element, icon } from "./element.js";
import { MessageView, nameOf, renderPending } from "./message_view.js";

const NEAR_PX = 48;
const GROUP_MS = 5 * 60_000;

export class TranscriptView {
  #words;
  #session;
  #actions;
  #views = new Map();
  #follows = true;
  #below = 0;
  #scroller;
  #list = element("div", { class: "list" });
  #pending = element("div", { class: "list" });
  #typing = element("div", { class: "row assistant typing", "data-part": "typing", hidden: true });
  #earlier;
  #pill;
  #beginning;
  #starts;

  /**
   * @param {ChatSession} session
   * @param {Words} words
   * @param {{server: string, reachedEnd: function(), start: function(string)}} actions
   */
  constructor(session, words, actions) {
    this.#session = session;
    this.#words = words;
    this.#actions = actions;
    this.#build();
    const { conversation } = session;
    conversation.addEventListener("reset", () => this.#reset());
    conversation.addEventListener("added", ({ detail }) => this.#add(detail));
    conversation.addEventListener("typing", () => this.#showTyping());
    session.addEventListener("pending", () => this.#showPending());
    session.addEventListener("state", () => this.#showPending());
    session.addEventListener("site", () => this.#decorate());
    this.#showPending();
  }

  get isAtEnd() {
    return this.#follows;
  }

  /** Go to the newest message, as when the window opens. */
  goToEnd() {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#follows = true;
    this.#countBelow(0);
  }

  /** Put something below the newest message. */
  append(node) {
    this.#scroller.append(node);
    this.#grow();
  }

  viewOf(seq) {
    return this.#views.get(seq);
  }

  #build() {
    const words = this.#words;
    this.#starts = element(
      "div",
      { class: "choices starts", "data-part": "starts", role: "group", "aria-label": words.say("startsLabel") },
      ...words.starts.map((text) =>
        element("button", { type: "button", click: () => this.#actions.start(text) }, text),
      ),
    );
    this.#beginning = element(
      "div",
      { class: "beginning", "data-part": "beginning" },
      element("h3", {}, words.say("greeting")),
      element("p", {}, words.say("greetingMore")),
      this.#starts,
    );
    this.#earlier = element(
      "button",
      { type: "button", class: "earlier", hidden: true, click: () => this.#session.loadEarlier() },
      words.say("earlier"),
    );
    this.#pill = element("button", { type: "button", class: "pill", hidden: true, click: () => this.goToEnd() });
    // Its own live region says what is new; a log that speaks as well would say it twice.
    this.#scroller = element(
      "div",
      {
        class: "scroller",
        role: "log",
        "aria-live": "off",
        "aria-label": words.say("transcriptLabel"),
        tabindex: 0,
        scroll: () => this.#scrolled(),
      },
      this.#earlier,
      this.#beginning,
      this.#list,
      this.#pending,
      this.#typing,
    );
    this.node = element("div", { class: "transcript" }, this.#scroller, this.#pill);
    new ResizeObserver(() => this.#grow()).observe(this.#scroller);
  }

  #reset() {
    this.#views.clear();
    this.#list.replaceChildren();
    this.#decorate();
    this.goToEnd();
  }

  #add({ messages, isNew, isOlder = false }) {
    this.#measure();
    const height = this.#scroller.scrollHeight;
    const place = this.#scroller.scrollTop;
    for (const message of messages) this.#insert(message);
    this.#decorate();
    if (isOlder) {
      this.#scroller.scrollTop = place + this.#scroller.scrollHeight - height;
    } else if (this.#follows || messages.some(({ sender }) => sender === "contact")) {
      this.goToEnd();
      this.#actions.reachedEnd();
    } else if (isNew) {
      this.#countBelow(this.#below + messages.length);
    }
  }

  /** Something became taller: who was at the end stays there. */
  #grow() {
    if (this.#follows) this.goToEnd();
  }

  #insert(message) {
    const { server, press } = this.#actions;
    const show = (...things) => this.#showLate(...things);
    const view = new MessageView(message, this.#words, { server, press, show });
    this.#views.set(message.seq, view);
    const next = [...this.#list.children].find((row) => Number(row.dataset.seq) > message.seq);
    this.#list.insertBefore(view.node, next ?? null);
  }

  /** Show files or receipts; where that cannot be loaded their names are there. */
  async #showLate(part, place, things) {
    const { show } = await import(`./${part}.js`).catch(() => ({}));
    show?.(place, things, this.#session, this.#words);
    this.#grow();
  }

  /** Bring everything up to date that depends on the neighbours. */
  #decorate() {
    const { conversation, isKnown } = this.#session;
    const views = conversation.messages.map(({ seq }) => this.#views.get(seq)).filter(Boolean);
    this.#list.querySelectorAll(".day").forEach((day) => day.remove());
    let before = null;
    for (const view of views) {
      this.#separate(view, before);
      view.isNewestOwn = view.message.sender === "contact" && view === views.at(-1);
      view.showRedactions();
      before = view.message;
    }
    this.#openButtons(views.map((view) => view.message));
    const isEmpty = views.length === 0 && this.#pending.childElementCount === 0;
    this.#earlier.hidden = !conversation.hasMore;
    const isWaiting = isKnown && conversation.id === null && isEmpty;
    this.#beginning.hidden = conversation.hasMore || isWaiting;
    this.#starts.hidden = !isEmpty;
  }

  #separate(view, before) {
    const when = new Date(view.message.created_at);
    const since = before && when - new Date(before.created_at);
    const isNewDay = !before || new Date(before.created_at).toDateString() !== when.toDateString();
    if (isNewDay) {
      view.node.before(element("p", { class: "day" }, element("span", {}, this.#words.day(when))));
    }
    const isSame = before && before.sender === view.message.sender && before.name === view.message.name;
    view.isFirstOfGroup = isNewDay || !isSame || since > GROUP_MS;
  }

  /** Only the newest answer's buttons are open: all its messages, until the contact speaks. */
  #openButtons(messages) {
    let isOpen = !this.#session.outbox.next();
    // What the contact said next.
    let said = null;
    for (const message of [...messages].reverse()) {
      if (message.sender === "contact") {
        isOpen = false;
        said = message.text;
      } else {
        const pressed = this.#session.outbox.entries.find(({ button }) =>
          message.buttons?.some(({ id }) => id === button),
        );
        this.#views.get(message.seq).openButtons(isOpen, pressed?.label ?? said);
      }
    }
  }

  #showPending() {
    const { outbox, connection } = this.#session;
    const options = {
      words: this.#words,
      isOnline: connection.isOnline || connection.state === "connecting",
      retry: (clientId) => this.#session.retry(clientId),
      discard: (clientId) => this.#session.discard(clientId),
    };
    const had = this.#pending.childElementCount;
    this.#pending.replaceChildren(...outbox.entries.map((entry) => renderPending(entry, options)));
    this.#decorate();
    if (this.#follows || this.#pending.childElementCount > had) this.goToEnd();
  }

  #showTyping() {
    const { typist } = this.#session.conversation;
    this.#measure();
    this.#typing.hidden = !typist;
    if (typist) {
      const label = this.#words.say("typing", { name: nameOf(typist, this.#words) });
      this.#typing.replaceChildren(
        element("span", { class: "unseen" }, label),
        element("span", { class: "bubble dots", title: label }, ...[1, 2, 3].map(() => element("i"))),
      );
    }
    if (this.#follows) this.goToEnd();
  }

  #scrolled() {
    if (this.#scroller.clientHeight === 0) return;
    this.#measure();
    if (this.#follows) {
      this.#countBelow(0);
      this.#actions.reachedEnd();
    } else if (this.#scroller.scrollTop < NEAR_PX) this.#session.loadEarlier();
  }

  /** The browser tells of scrolling a frame late; what arrives meanwhile must know already. */
  #measure() {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    if (clientHeight) this.#follows = scrollHeight - scrollTop - clientHeight < NEAR_PX;
  }

  #countBelow(count) {
    this.#below = count;
    this.#pill.hidden = count === 0;
    if (count) this.#pill.replaceChildren(icon("down"), this.#words.say("newBelow", { count }));
  }
}
