/**
 * One person's talk with the help desk: sends what they say, once and in order, and keeps
 * the conversation up to date. It has no page; the views listen to it.
 *
 * Events: `state`, `pending`, `sent` {clientId}, `delay`, `site`, `notice` {code}; and
 * those of its `conversation`.
 */

import { Connection } from "./connection.js";
import { Conversation } from "./conversation.js";
import { newClientId, Outbox } from "./outbox.js";
import { lasting, watch } from "./storage.js";
import { Visit } from "./visit.js";

const ACK_PATIENCE_MS = 10_000;
const ANSWER_PATIENCE_MS = 8_000;
const TYPING_MS = 3_000;
const CURRENT = "conversation";
// Refusals that pass by themselves; everything else needs the contact.
const PASSING = { too_fast: 2_000, unavailable: 2_000, not_joined: 500 };

export class ChatSession extends EventTarget {
  #inFlight = null;
  #ackTimer = null;
  #sendTimer = null;
  #answerTimer = null;
  #typingAt = 0;
  #refusals = 0;
  #earliestAsked = null;

  constructor(server, identity) {
    super();
    this.visit = new Visit(server, identity);
    this.conversation = new Conversation();
    this.outbox = new Outbox();
    this.connection = new Connection(this.visit, () => this.#joinData());
    this.isSlow = false;
    this.connection.addEventListener("frame", ({ detail }) => this.#read(detail));
    this.connection.addEventListener("state", () => this.#changeState());
    this.conversation.addEventListener("gap", () => this.connection.join());
    watch(CURRENT, (id) => this.#follow(id));
  }

  /** Whether this browser has talked to the help desk before. */
  get isKnown() {
    return lasting.get(CURRENT) !== null || this.outbox.entries.length > 0;
  }

  get state() {
    return this.connection.state;
  }

  start() {
    this.connection.start();
  }

  /** Say something, with files that were uploaded. */
  say(text, attachments = []) {
    this.#post(attachments.length ? { text, attachments } : { text });
  }

  /** Say how it went. */
  rate(score, comment) {
    this.connection.send("rate", { score, comment });
  }

  /** Tell the contact of something that did not work. */
  note(code) {
    this.#tell("notice", { code });
  }

  /**
   * Press a button that the server offered.
   * @param {string} button its id
   * @param {string} label what to show until the server says what was pressed
   */
  press(button, label) {
    this.#post({ button, label });
  }

  retry(clientId) {
    this.outbox.retry(clientId);
    this.#tell("pending");
    this.#send();
  }

  discard(clientId) {
    this.outbox.remove(clientId);
    this.#tell("pending");
  }

  /** End this conversation and begin a new one, in all tabs. */
  startOver() {
    this.outbox.clear();
    this.#tell("pending");
    this.connection.send("start_over", { client_id: newClientId() });
  }

  loadEarlier() {
    const before = this.conversation.firstSeq;
    if (!this.conversation.hasMore || before === this.#earliestAsked) return;
    this.#earliestAsked = before;
    this.connection.send("history", { before });
  }

  /** Tell the others that the contact types; say it again only when it is needed. */
  noteTyping(isOn) {
    const now = performance.now();
    if (!this.connection.isOnline || (isOn && this.#typingAt && now - this.#typingAt < TYPING_MS)) return;
    if (!isOn && !this.#typingAt) return;
    this.#typingAt = isOn ? now : 0;
    this.connection.send("typing", { on: isOn });
  }

  noteSeen() {
    const seq = this.conversation.lastSeq;
    if (this.conversation.seen(seq)) this.connection.send("seen", { seq });
  }

  async identify(identity) {
    await this.visit.identify(identity);
    lasting.remove(CURRENT);
    this.outbox.clear();
    this.conversation.clear();
    this.#tell("pending");
    this.connection.restart();
  }

  /** Return the transcript as a text file's content. */
  async fetchTranscript() {
    const path = `/conversations/${this.conversation.id}/transcript`;
    return (await this.visit.fetch("GET", path)).blob();
  }

  #post(content) {
    this.outbox.add(content);
    this.#typingAt = 0;
    this.#tell("pending");
    this.start();
    this.#send();
  }

  /** One at a time: two at once could be refused and taken in the wrong order. */
  #send() {
    const entry = this.outbox.next();
    if (!entry || this.#inFlight || !this.connection.isOnline) return;
    const { client_id, text, button, attachments } = entry;
    this.#inFlight = client_id;
    this.#ackTimer = setTimeout(() => this.connection.restart(), ACK_PATIENCE_MS);
    const content = button ? { button } : { text };
    if (attachments) content.attachments = attachments.map(({ id }) => id);
    this.connection.send("message", { client_id, ...content });
  }

  #sendLater(waitMs) {
    clearTimeout(this.#sendTimer);
    this.#sendTimer = setTimeout(() => this.#send(), waitMs);
  }

  #settle(clientId) {
    if (this.#inFlight === clientId) {
      clearTimeout(this.#ackTimer);
      this.#inFlight = null;
    }
  }

  #read({ type, data }) {
    const { conversation } = this;
    const take = {
      joined: () => this.#joined(data),
      ack: () => this.#acknowledged(data),
      message: () => this.#message(data),
      typing: () => data.sender !== "contact" && conversation.typing(data),
      seen: () => conversation.seen(data.seq),
      history: () => conversation.history(data),
      conversation: () => conversation.changed(data.conversation),
      error: () => this.#refused(data),
    }[type];
    take?.();
  }

  #joined(data) {
    // Only what is new to us: tabs of two people must not answer each other for ever.
    const { id } = data.conversation;
    if (this.conversation.id !== id) lasting.set(CURRENT, id);
    // An answer to what was lost on the way may be in what we missed.
    data.messages.forEach(({ client_id }) => client_id && this.#committed(client_id));
    this.conversation.joined(data);
    if (data.messages.some(isAnswer)) this.#expectNothing();
    this.#tell("site");
  }

  #acknowledged(data) {
    this.#committed(data.client_id);
    this.conversation.acknowledged(data);
    if (this.conversation.owner === "assistant") this.#expectAnswer();
    this.#send();
  }

  #message(message) {
    if (message.client_id) this.#committed(message.client_id);
    if (isAnswer(message)) this.#expectNothing();
    this.conversation.message(message);
    this.#send();
  }

  #committed(clientId) {
    this.#settle(clientId);
    this.#refusals = 0;
    if (!this.outbox.remove(clientId)) return;
    this.#tell("sent", { clientId });
    this.#tell("pending");
  }

  #refused({ code, client_id, retry_in_ms }) {
    if (code === "not_found") {
      lasting.remove(CURRENT);
      this.conversation.clear();
      this.connection.join();
    } else if (code === "not_asked") {
      this.connection.join();
    } else if (code === "unauthorized") {
      // The line closes; the next visit sends it.
      this.#settle(client_id);
    } else if (!client_id || !this.outbox.get(client_id)) {
      if (code === "too_fast" || code === "unavailable") this.#tell("notice", { code });
    } else if (code in PASSING) {
      this.#settle(client_id);
      this.#refusals += 1;
      this.#sendLater(retry_in_ms ?? PASSING[code] * Math.min(2 ** this.#refusals, 16));
      if (code === "not_joined") this.connection.join();
    } else {
      this.#settle(client_id);
      this.outbox.fail(client_id, code);
      this.#tell("pending");
      this.#send();
    }
  }

  #changeState() {
    if (!this.connection.isOnline) {
      clearTimeout(this.#ackTimer);
      this.#earliestAsked = null;
      // Whether it arrived is unknown; the same id makes that harmless.
      this.#inFlight = null;
    }
    this.#tell("state");
    this.#send();
  }

  /** Another tab has begun a new conversation. */
  #follow(id) {
    if (id !== this.conversation.id && this.connection.isOnline) this.connection.join();
  }

  #joinData() {
    const data = {};
    const { id, knownUpTo } = this.conversation;
    if (this.visit.token) data.token = this.visit.token;
    if (id && lasting.get(CURRENT) === id) Object.assign(data, { conversation: id, after: knownUpTo });
    return data;
  }

  #expectAnswer() {
    clearTimeout(this.#answerTimer);
    this.#answerTimer = setTimeout(() => this.#setSlow(true), ANSWER_PATIENCE_MS);
  }

  #expectNothing() {
    clearTimeout(this.#answerTimer);
    this.#setSlow(false);
  }

  #setSlow(isSlow) {
    if (isSlow === this.isSlow) return;
    this.isSlow = isSlow;
    this.#tell("delay");
  }

  #tell(type, detail = null) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

function isAnswer({ sender }) {
  return sender !== "contact";
}
