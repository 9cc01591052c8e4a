/**
 * What this agent has begun to write, kept on the server for each conversation. What has
 * not arrived there stays in the tab. A secret rests nowhere.
 */

import { findSecret } from "../chat/secrets.js";
import { passing } from "../chat/storage.js";

const KEY = "console.draft.";
const PAUSE_MS = 600;
// A note must never come back as a reply, so its draft says what it is.
const NOTE = "/note ";

export class Drafts {
  #requests;
  #timer = null;
  #waiting = null;

  constructor(requests) {
    this.#requests = requests;
    window.addEventListener("pagehide", () => this.#leave());
    document.addEventListener("visibilitychange", () => document.hidden && this.flush());
  }

  /** Return `{text, kind}` of the draft: what this tab still has, else the server's. */
  read(thread) {
    const kept = passing.get(KEY + thread.id) ?? thread.draft;
    return kept.startsWith(NOTE)
      ? { kind: "note", text: kept.slice(NOTE.length) }
      : { kind: "reply", text: kept };
  }

  keep(thread, text, kind) {
    const draft = text && kind === "note" ? NOTE + text : text;
    const safe = findSecret(draft) ? "" : draft;
    if (this.#waiting && this.#waiting.thread !== thread) this.flush();
    thread.draft = safe;
    passing.set(KEY + thread.id, safe);
    this.#waiting = { thread, text: safe };
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), PAUSE_MS);
  }

  /** Bring it to the server now. */
  async flush() {
    const waiting = this.#take();
    if (!waiting) return;
    const { thread, text } = waiting;
    try {
      await this.#requests.put(`${thread.path}/draft`, { text });
      if (passing.get(KEY + thread.id) === text) passing.remove(KEY + thread.id);
    } catch {
      // It stays in the tab, and goes with the next letter.
    }
  }

  #leave() {
    const waiting = this.#take();
    if (waiting) this.#requests.leave(`${waiting.thread.path}/draft`, { text: waiting.text });
  }

  #take() {
    clearTimeout(this.#timer);
    const waiting = this.#waiting;
    this.#waiting = null;
    return waiting;
  }
}
