/** This agent's own chat with the assistant: what was said, what runs, what may be typed. */

import { newClientId } from "../chat/outbox.js";
import { Refusal } from "./requests.js";

const PAUSE_MS = 120;

/** Tells `change` (messages, what is being sent, runs) and `commands`. */
export class Assistant extends EventTarget {
  #requests;
  #loading = null;
  #looking = null;

  constructor(requests, live) {
    super();
    this.#requests = requests;
    this.conversation = null;
    this.messages = [];
    this.hasMore = false;
    this.sending = [];
    this.runs = new Map();
    this.commands = [];
    this.problem = null;
    live.addEventListener("message", ({ detail }) => this.#hear(detail));
    live.addEventListener("run", ({ detail }) => this.#takeRun(detail.run));
    live.addEventListener("ready", () => this.isLoaded && this.load());
  }

  get isLoaded() {
    return this.conversation !== null;
  }

  get lastSeq() {
    return this.messages.at(-1)?.seq ?? 0;
  }

  /** What was typed before, the newest last. */
  get typed() {
    return this.messages.filter(({ sender, text }) => sender === "contact" && text).map(({ text }) => text);
  }

  /** The assistant has heard and not answered yet. */
  get isThinking() {
    const last = this.messages.findLast(({ sender }) => sender === "contact");
    return ["waiting", "running"].includes(last?.turn?.state);
  }

  /** Fetch what there is, or what has come since. */
  load() {
    this.#loading ??= this.#load().finally(() => {
      this.#loading = null;
    });
    return this.#loading;
  }

  /** Fetch once more what is being fetched already: that may be older than what is known. */
  async #loadAfresh() {
    await this.#loading;
    await this.load();
  }

  /** Type something; `about` is the conversation that is open. */
  send(text, about = null) {
    return this.#send({ client_id: newClientId(), text, shown: text, about });
  }

  /** Press a button that the assistant offered. */
  press({ id, title }) {
    return this.#send({ client_id: newClientId(), button: id, shown: title });
  }

  /** Send again what did not arrive: under its own id, so that it is never done twice. */
  retry(entry) {
    return this.#send(entry);
  }

  discard(entry) {
    this.sending = this.sending.filter((each) => each !== entry);
    this.#tell("change");
  }

  /** Return `{completions, did_you_mean}` for a line, once typing pauses; null if it goes on. */
  async complete(text) {
    this.#looking?.abort();
    const looking = (this.#looking = new AbortController());
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    if (looking.signal.aborted) return null;
    const path = `/commands/completions?text=${encodeURIComponent(text)}`;
    return this.#requests.get(path, looking.signal).catch(() => null);
  }

  /** Return the command that a line begins with. */
  commandOf(line) {
    const typed = line.slice(1).trimStart().split(/\s+/).join(" ").toLowerCase();
    const fits = this.commands.filter(({ name }) => typed === name || typed.startsWith(`${name} `));
    // “resend expired” is another command than “resend”.
    return line.startsWith("/") ? fits.reduce((one, other) => (one?.name.length > other.name.length ? one : other), null) : null;
  }

  /** Take a message in the state in which it is now. */
  take(message) {
    this.#merge([message]);
    this.#tell("change");
  }

  /** Fetch a page of older messages. */
  async loadEarlier() {
    const first = this.messages[0]?.seq;
    const { messages, has_more: hasMore } = await this.#requests.get(`/assistant?before=${first}`);
    this.hasMore = hasMore;
    this.#merge(messages);
    this.#tell("change");
  }

  #merge(messages) {
    const all = new Map(this.messages.map((each) => [each.seq, each]));
    for (const message of messages) {
      all.set(message.seq, message);
      if (message.run) this.#keepRun(message.run);
    }
    this.messages = [...all.values()].sort((one, other) => one.seq - other.seq);
    const arrived = new Set(messages.map(({ client_id: id }) => id));
    this.sending = this.sending.filter(({ client_id: id }) => !arrived.has(id));
  }

  async #load() {
    this.problem = null;
    try {
      if (!this.commands.length) await this.#loadCommands();
      // Not only what is new: receipts and turns may have gone on while nobody listened.
      const { conversation, messages, runs, has_more } = await this.#requests.get("/assistant");
      const first = messages[0]?.seq ?? 0;
      if (!this.isLoaded || first > this.lastSeq + 1) {
        this.messages = [];
        this.hasMore = has_more;
      }
      this.conversation ??= conversation; // it may have begun since this was asked
      for (const run of runs) this.#keepRun(run);
      this.#merge(messages);
    } catch (error) {
      this.problem = error instanceof Refusal ? error.code : "unreachable";
    }
    this.#tell("change");
  }

  async #loadCommands() {
    const { commands } = await this.#requests.get("/commands");
    this.commands = commands;
    this.#tell("commands");
  }

  async #send(entry) {
    entry.problem = null;
    if (!this.sending.includes(entry)) this.sending = [...this.sending, entry];
    this.#tell("change");
    const { client_id, text, button, about } = entry;
    const said = button ? { button } : { text, ...(about ? { conversation: about } : {}) };
    try {
      const { conversation, message } = await this.#requests.post("/commands", { client_id, ...said });
      // The answer may have come before this, when nobody knew yet that it is of this chat.
      const isNew = conversation !== this.conversation;
      this.conversation = conversation;
      const isMissing = message.seq > this.lastSeq + 1;
      this.discard(entry);
      this.take(message);
      if (isNew || isMissing) this.#loadAfresh();
    } catch (error) {
      entry.problem = error instanceof Refusal ? error.code : "unreachable";
      entry.message = error.data?.message ?? "";
      this.#tell("change");
    }
  }

  #hear({ conversation, message }) {
    if (conversation !== this.conversation) return;
    const isMissing = message.seq > this.lastSeq + 1;
    if (isMissing) this.#loadAfresh();
    else this.take(message);
  }

  #keepRun(run) {
    this.runs.set(run.id, run);
  }

  #takeRun(run) {
    this.#keepRun(run);
    this.#tell("change");
  }

  #tell(type) {
    this.dispatchEvent(new Event(type));
  }
}
