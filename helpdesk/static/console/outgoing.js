/**
 * What this agent sent and the help desk has not confirmed. It stays in the tab over
 * reloads and keeps its client id, so that sending it again never doubles it.
 */

import { newClientId } from "../chat/outbox.js";
import { passing } from "../chat/storage.js";
import { Refusal } from "./requests.js";

const KEY = "console.outgoing";
// After that, what it answers may be over: a person decides.
const FRESH_MS = 120_000;

/** Tells `change`; `sent` with the message; `refused` with entry and error. */
export class Outgoing extends EventTarget {
  #requests;
  #entries;
  #busy = new Set();

  constructor(requests) {
    super();
    this.#requests = requests;
    this.#entries = read();
  }

  of(conversation) {
    return this.#entries.filter((entry) => entry.conversation === conversation);
  }

  /**
   * Send something.
   * @param {Thread} thread
   * @param {{text: string, kind: string, attachments: Object[], mentions: string[], ghost_seq: number|null}} content
   */
  add(thread, content) {
    this.#entries.push({
      ...content,
      client_id: newClientId(),
      conversation: thread.id,
      epoch: thread.summary.epoch,
      created_at: Date.now(),
      problem: null,
    });
    this.#changed();
    this.#flush(thread.id);
  }

  /** Send it again: whoever presses sees the conversation as it stands. */
  retry(clientId, epoch) {
    const entry = this.#entries.find((each) => each.client_id === clientId);
    Object.assign(entry, { problem: null, epoch });
    this.#changed();
    this.#flush(entry.conversation);
  }

  remove(clientId) {
    this.#entries = this.#entries.filter((entry) => entry.client_id !== clientId);
    this.#changed();
  }

  /** The line is back: send again what is still meant for the conversation as it is. */
  resume(thread) {
    for (const entry of this.of(thread.id)) {
      const arrived = thread.messages.find(({ client_id: id }) => id === entry.client_id);
      if (arrived) this.remove(entry.client_id);
      const isFresh = Date.now() - entry.created_at < FRESH_MS;
      const isMeant = entry.kind === "note" || entry.epoch === thread.summary.epoch;
      if (entry.problem === "unreachable" && isFresh && isMeant) entry.problem = null;
    }
    this.#changed();
    this.#flush(thread.id);
  }

  /** One after the other, in the order in which they were written. */
  async #flush(conversation) {
    if (this.#busy.has(conversation)) return;
    this.#busy.add(conversation);
    try {
      let entry;
      while ((entry = this.of(conversation).find(({ problem }) => !problem))) {
        await this.#send(entry);
      }
    } finally {
      this.#busy.delete(conversation);
    }
  }

  async #send(entry) {
    const { client_id, text, kind, attachments, mentions, ghost_seq } = entry;
    const body = { client_id, text, kind, ...(kind === "reply" ? { epoch: entry.epoch } : {}) };
    if (attachments.length) body.attachments = attachments.map(({ id }) => id);
    if (mentions.length) body.mentions = mentions;
    if (ghost_seq) body.ghost_seq = ghost_seq;
    const path = `/conversations/${entry.conversation}/messages`;
    try {
      const { message } = await this.#requests.post(path, body);
      this.remove(client_id);
      const detail = { conversation: entry.conversation, message };
      this.dispatchEvent(new CustomEvent("sent", { detail }));
    } catch (error) {
      entry.problem = error instanceof Refusal ? error.code : "unreachable";
      entry.agent = error.data?.agent?.name ?? null;
      this.#changed();
      this.dispatchEvent(new CustomEvent("refused", { detail: { entry, error } }));
    }
  }

  #changed() {
    passing.set(KEY, JSON.stringify(this.#entries));
    this.dispatchEvent(new Event("change"));
  }
}

/** Return what the tab kept; nobody knows whether it had arrived. */
function read() {
  try {
    const kept = JSON.parse(passing.get(KEY) ?? "[]");
    return kept.map((entry) => ({ ...entry, problem: entry.problem ?? "unreachable" }));
  } catch {
    return [];
  }
}
