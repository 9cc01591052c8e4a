/** One conversation as it is shown: its messages in order, and all that hangs on them. */

const AGAIN_MS = 400;
// What the assistant would have said is drafted by then; no frame tells of it.
const GHOST_MS = 4_000;

/** Tells `change` (anything but messages) and `messages`. */
export class Thread extends EventTarget {
  #requests;
  #refreshing = null;
  #catching = null;
  #typingTimer = null;

  constructor(requests, id) {
    super();
    this.#requests = requests;
    this.id = id;
    this.path = `/conversations/${id}`;
    this.summary = null;
    this.messages = [];
    this.hasMore = false;
    this.ghosts = new Map();
    this.presence = [];
    this.may = [];
    this.person = null;
    this.satisfaction = null;
    this.stretches = [];
    this.draft = "";
    this.seenSeq = 0;
    this.isTyping = false;
    // Why it could not be fetched, and when the attempt is over.
    this.problem = null;
    this.loaded = null;
  }

  get lastSeq() {
    return this.messages.at(-1)?.seq ?? 0;
  }

  get isLoaded() {
    return this.summary !== null;
  }

  allows(verb) {
    return this.may.includes(verb);
  }

  /** Fetch it whole. */
  async load() {
    const answer = await this.#requests.get(this.path);
    const isFirst = !this.isLoaded;
    this.summary = answer.conversation;
    for (const key of ["person", "stretches", "satisfaction", "presence", "may"]) {
      this[key] = answer[key];
    }
    this.ghosts = new Map(answer.ghosts.map((ghost) => [ghost.seq, ghost]));
    if (isFirst) {
      this.draft = answer.draft;
      this.hasMore = answer.has_more;
      this.messages = answer.messages;
    } else {
      this.#merge(answer.messages);
    }
    this.#tell("messages");
    this.#tell("change");
  }

  /** Something changed that no frame carries: fetch it again, soon and once. */
  refresh(waitMs = AGAIN_MS) {
    clearTimeout(this.#refreshing);
    this.#refreshing = setTimeout(() => this.load().catch(() => {}), waitMs);
  }

  close() {
    clearTimeout(this.#refreshing);
    clearTimeout(this.#typingTimer);
  }

  /** Fetch what came while nobody listened. */
  catchUp() {
    this.#catching ??= this.#fetchNewer().finally(() => {
      this.#catching = null;
    });
    return this.#catching;
  }

  /** Fetch a page of older messages. */
  async loadEarlier() {
    const first = this.messages[0]?.seq;
    if (!this.hasMore || first === undefined) return;
    const answer = await this.#requests.get(`${this.path}/messages?before=${first}`);
    if (this.messages[0]?.seq !== first) return;
    this.messages = [...answer.messages, ...this.messages];
    this.hasMore = answer.has_more;
    this.#tell("messages");
  }

  /** Go back until a message is there. */
  async reach(seq) {
    while (this.hasMore && this.messages[0].seq > seq) await this.loadEarlier();
  }

  /** Take a message that was broadcast, or that this agent has just sent. */
  take(message) {
    if (message.seq > this.lastSeq + 1 && this.lastSeq) return void this.catchUp();
    const isNew = message.seq > this.lastSeq;
    this.#merge([message]);
    if (isNew && message.sender === "contact") {
      this.showTyping({ on: false });
      if (this.summary.owner === "agent") this.refresh(GHOST_MS);
    }
    this.#tell("messages");
  }

  /** Take what a change of it was answered with, or a frame said. */
  takeSummary(summary, may = undefined) {
    const before = this.summary;
    this.summary = summary;
    if (may) this.may = may;
    else if (before.epoch !== summary.epoch || before.status !== summary.status) this.refresh();
    if (summary.last_seq > this.lastSeq && this.lastSeq) this.catchUp();
    this.#tell("change");
  }

  takePresence(agents) {
    this.presence = agents;
    this.#tell("change");
  }

  /** The contact types; nobody types for ever. */
  showTyping({ on, expires_in_ms: expiresMs = 0 }) {
    clearTimeout(this.#typingTimer);
    if (on) this.#typingTimer = setTimeout(() => this.showTyping({ on: false }), expiresMs);
    if (on === this.isTyping) return;
    this.isTyping = on;
    this.#tell("change");
  }

  takeSeen(seq) {
    this.seenSeq = Math.max(this.seenSeq, seq);
    this.#tell("messages");
  }

  async #fetchNewer() {
    let answer;
    do {
      const path = `${this.path}/messages?after=${this.lastSeq}`;
      answer = await this.#requests.get(path).catch(() => null);
      if (answer) this.#merge(answer.messages);
    } while (answer?.has_more && answer.messages.length);
    this.#tell("messages");
  }

  #merge(messages) {
    const all = new Map(this.messages.map((message) => [message.seq, message]));
    const oldest = this.messages[0]?.seq ?? 0;
    for (const message of messages) if (message.seq >= oldest) all.set(message.seq, message);
    this.messages = [...all.values()].sort((one, other) => one.seq - other.seq);
  }

  #tell(type) {
    this.dispatchEvent(new Event(type));
  }
}
