/**
 * The conversation as far as this browser has it: messages in order, each once, what has
 * been seen, who is typing. It knows nothing of lines or of the page.
 *
 * Events: `reset`, `added` {messages, isNew, isOlder}, `gap`, `seen`, `typing`, `owner`.
 */

const GAP_PATIENCE_MS = 400;

export class Conversation extends EventTarget {
  #messages = new Map();
  #gapTimer = null;
  #typingTimer = null;

  constructor() {
    super();
    this.#empty();
  }

  /** The messages in order. */
  get messages() {
    return [...this.#messages.values()].sort((one, other) => one.seq - other.seq);
  }

  get firstSeq() {
    return this.#messages.size ? Math.min(...this.#messages.keys()) : 0;
  }

  get lastSeq() {
    return this.#messages.size ? Math.max(...this.#messages.keys()) : 0;
  }

  /** How many answers the contact has not looked at. */
  get unread() {
    return this.messages.filter(
      ({ seq, sender, kind }) =>
        seq > this.seenSeq && sender !== "contact" && kind === "outgoing",
    ).length;
  }

  has(seq) {
    return this.#messages.has(seq);
  }

  /** Take what the server says when we join: all of it, or the rest of what we had. */
  joined({ conversation, messages, last_seq, seen_seq, has_more }) {
    const isFirst = this.id === null;
    const isOther = !isFirst && conversation.id !== this.id;
    if (isOther) this.clear();
    if (isFirst || isOther) this.hasMore = Boolean(has_more);
    this.#own(conversation);
    this.#know(Math.max(last_seq ?? 0, ...messages.map(({ seq }) => seq)));
    this.seen(seen_seq ?? 0);
    this.#add(messages, { isNew: !isFirst });
    if (messages.some(({ sender }) => sender !== "contact")) this.typing({ on: false });
  }

  /** Take one new message. A number that we did not expect means that one is missing. */
  message(message) {
    if (message.seq === this.knownUpTo + 1) this.#know(message.seq);
    else if (message.seq > this.knownUpTo) this.#expectGap();
    this.#add([message], { isNew: true });
    if (message.sender !== "contact") this.typing({ on: false });
  }

  /** Take the server's word that our message is committed. */
  acknowledged({ client_id, seq, text, redactions, created_at, attachments }) {
    const known = this.#messages.get(seq);
    if (known) known.redactions = redactions;
    const sender = "contact";
    const kind = "incoming";
    this.message({ seq, sender, kind, text, created_at, client_id, redactions, attachments });
  }

  /** Take older messages. */
  history({ messages, has_more }) {
    this.hasMore = Boolean(has_more);
    this.#add(messages, { isNew: false, isOlder: true });
  }

  changed(conversation) {
    if (conversation.id === this.id) this.#own(conversation);
  }

  seen(seq) {
    if (seq <= this.seenSeq) return false;
    this.seenSeq = seq;
    this.#tell("seen");
    return true;
  }

  /** Somebody types; nobody types for ever, so it ends by itself. */
  typing({ sender, name, on, expires_in_ms = 5000 }) {
    clearTimeout(this.#typingTimer);
    const wasTyping = this.typist !== null;
    this.typist = on ? { sender, name } : null;
    if (on) {
      this.#typingTimer = setTimeout(() => this.typing({ on: false }), expires_in_ms);
    }
    if (on || wasTyping) this.#tell("typing");
  }

  /** Forget everything. */
  clear() {
    this.#empty();
    this.#tell("reset");
  }

  #empty() {
    clearTimeout(this.#gapTimer);
    clearTimeout(this.#typingTimer);
    this.#gapTimer = null;
    this.#messages.clear();
    this.id = null;
    this.status = null;
    this.owner = null;
    this.agent = null;
    /** The place in line, while the contact waits for a person. */
    this.queue = null;
    this.asksRating = false;
    this.seenSeq = 0;
    this.hasMore = false;
    this.typist = null;
    /** Every message up to this number is here, or is a note that is not for us. */
    this.knownUpTo = 0;
  }

  #own({ id, status, owner, agent = null, queue = null, asks_rating: asksRating = false }) {
    const now = { id, status, owner, agent, queue, asksRating };
    const isOthers = owner !== this.owner || agent?.name !== this.agent?.name;
    const isChanged = Object.keys(now).some((key) => JSON.stringify(now[key]) !== JSON.stringify(this[key]));
    Object.assign(this, now);
    // Whoever was typing may not have it any more.
    if (isOthers) this.typing({ on: false });
    if (isChanged) this.#tell("owner");
  }

  #know(seq) {
    this.knownUpTo = Math.max(this.knownUpTo, seq);
    while (this.#messages.has(this.knownUpTo + 1)) this.knownUpTo += 1;
  }

  /** Broadcasts overtake each other; only what stays missing has to be fetched. */
  #expectGap() {
    this.#gapTimer ??= setTimeout(() => {
      this.#gapTimer = null;
      if (this.knownUpTo < this.lastSeq) this.#tell("gap");
    }, GAP_PATIENCE_MS);
  }

  #add(messages, { isNew, isOlder = false }) {
    const added = messages.filter(({ seq }) => !this.#messages.has(seq));
    for (const message of added) this.#messages.set(message.seq, message);
    this.#know(this.knownUpTo);
    if (added.length) this.#tell("added", { messages: added, isNew, isOlder });
  }

  #tell(type, detail = null) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
