/** What the console knows and does, without anything that is seen. */

import { Approvals } from "./approvals.js";
import { Assistant } from "./assistant.js";
import { ConversationList } from "./conversation_list.js";
import { Directory } from "./directory.js";
import { Drafts } from "./drafts.js";
import { Live } from "./live.js";
import { Outgoing } from "./outgoing.js";
import { Refusal, Requests } from "./requests.js";
import { Thread } from "./thread.js";
import { VIEWS } from "./views.js";

/**
 * Tells `counts`, `thread` (another conversation is open), `trouble` with what to say,
 * `notice` as the help desk sends it, and `signed_out`.
 */
export class Desk extends EventTarget {
  #summaries = new Map();
  #wasOffline = false;

  constructor() {
    super();
    this.requests = new Requests();
    this.directory = new Directory(this.requests);
    this.live = new Live(this.requests);
    this.drafts = new Drafts(this.requests);
    this.outgoing = new Outgoing(this.requests);
    this.assistant = new Assistant(this.requests, this.live);
    this.approvals = new Approvals(this.requests, this.live);
    this.lists = new Map();
    this.counts = {};
    this.thread = null;
    for (const view of VIEWS.filter(({ order }) => order)) {
      const newest = (summary) => this.#newest(summary);
      const list = new ConversationList(this.requests, this.directory, view, newest);
      this.lists.set(view.name, list);
    }
    this.#listen();
  }

  async start() {
    this.#count(await this.directory.load());
    this.live.start();
  }

  /** Show one conversation; null shows none. */
  open(id) {
    if (this.thread?.id === id) return this.thread;
    this.drafts.flush();
    this.thread?.close();
    this.thread = id ? new Thread(this.requests, id) : null;
    this.#watch();
    this.#tell("thread");
    if (this.thread) this.thread.loaded = this.#load(this.thread);
    return this.thread;
  }

  /** Try again to fetch the open conversation. */
  reload() {
    this.#load(this.thread);
  }

  /** Do something with the open conversation; true if it was done. */
  async act(verb, body = {}) {
    const { thread } = this;
    const path = `${thread.path}/${verb.path ?? verb.name}`;
    const { epoch } = thread.summary;
    try {
      const { conversation, may } = await this.requests.post(path, { ...body, epoch });
      this.#takeSummary(conversation);
      thread.takeSummary(conversation, may);
      return true;
    } catch (error) {
      this.explain(error, thread);
      return false;
    }
  }

  send(content) {
    this.outgoing.add(this.thread, content);
  }

  /** Take a mail back; return its receipt as it is then, or null. */
  async withdraw({ id }) {
    try {
      const { receipt } = await this.requests.post(`/receipts/${id}/withdraw`);
      return receipt;
    } catch (error) {
      this.explain(error);
      return null;
    }
  }

  /** The open conversation has been looked at. */
  see(thread) {
    const { summary } = thread;
    if (!this.directory.mayChange || !summary.unread || document.hidden) return;
    this.requests.put(`${thread.path}/seen`, { seq: thread.lastSeq }).catch(() => {});
    this.#takeSummary({ ...summary, unread: 0 });
    thread.summary = { ...summary, unread: 0 };
  }

  /** Say what went wrong, and show how the conversation stands now. */
  explain(error, thread = this.thread) {
    const { code = "unreachable", data = {} } = error instanceof Refusal ? error : {};
    if (!(error instanceof Refusal) && error.name === "TypeError") throw error;
    if (code === "unauthorized") return;
    if (data.conversation) thread?.takeSummary(data.conversation, data.may);
    else if (["taken", "not_owner", "not_possible", "forbidden"].includes(code)) thread?.refresh();
    const detail = { code, name: data.agent?.name ?? "", message: data.message ?? "" };
    this.#tell("trouble", detail);
  }

  #listen() {
    const { live, outgoing } = this;
    const on = (type, take) => live.addEventListener(type, ({ detail }) => take(detail));
    const whenOpen = (take) => (data) => {
      if (this.thread?.isLoaded && this.thread.id === data.conversation) take(this.thread, data);
    };
    on("ready", ({ counts }) => this.#takeReady(counts));
    on("conversation", ({ conversation, counts }) => {
      this.#count(counts);
      this.#takeSummary(conversation);
      if (this.thread?.isLoaded && this.thread.id === conversation.id) {
        this.thread.takeSummary(conversation);
      }
    });
    on("message", whenOpen((thread, { message }) => thread.take(message)));
    on("presence", whenOpen((thread, { agents }) => thread.takePresence(agents)));
    on("seen", whenOpen((thread, { seq }) => thread.takeSeen(seq)));
    on("typing", whenOpen((thread, typing) => typing.sender === "contact" && thread.showTyping(typing)));
    on("agents", ({ agents }) => this.directory.take(agents));
    on("notice", (notice) => {
      if (notice.conversation) this.#takeSummary(notice.conversation);
      this.#tell("notice", notice);
    });
    live.addEventListener("state", () => {
      this.#wasOffline ||= live.state === "offline";
    });
    for (const source of [live, this.requests]) {
      source.addEventListener("signed_out", () => this.#tell("signed_out"));
    }
    outgoing.addEventListener("sent", ({ detail }) => {
      if (this.thread?.id === detail.conversation) this.thread.take(detail.message);
    });
    outgoing.addEventListener("refused", ({ detail: { entry, error } }) => {
      if (entry.problem !== "unreachable") this.explain(error);
    });
  }

  #takeReady(counts) {
    this.#count(counts);
    this.#watch();
    if (!this.#wasOffline) return;
    this.#wasOffline = false;
    for (const list of this.lists.values()) if (list.items.length || list.isShown) list.load();
    if (this.thread) this.#load(this.thread);
  }

  async #load(thread) {
    try {
      if (thread.isLoaded) await thread.catchUp();
      await thread.load();
      this.outgoing.resume(thread);
    } catch (error) {
      thread.problem = error instanceof Refusal ? error.code : "unreachable";
      if (this.thread === thread && !thread.isLoaded) this.#tell("thread");
    }
  }

  #watch() {
    this.live.send("watch", { conversation: this.thread?.id ?? null });
  }

  #takeSummary(summary) {
    const newest = this.#newest(summary);
    this.#summaries.set(summary.id, newest);
    for (const list of this.lists.values()) list.take(newest);
  }

  #newest(summary) {
    const known = this.#summaries.get(summary.id);
    const isOlder =
      known &&
      (known.epoch > summary.epoch || Date.parse(known.updated_at) > Date.parse(summary.updated_at));
    return isOlder ? known : summary;
  }

  #count(counts) {
    this.counts = counts;
    this.#tell("counts");
  }

  #tell(type, detail = undefined) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
