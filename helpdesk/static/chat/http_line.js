/**
 * The same conversation over plain requests, where something on the way breaks WebSockets.
 * It speaks in the socket's frames, so that nobody else has to know the difference.
 */

import { Refusal } from "./visit.js";

const POLL_S = 25;
const POLL_PATIENCE_MS = 40_000;

export class HttpLine {
  #visit;
  #listener;
  #gone = new AbortController();
  #poll = new AbortController();
  #conversation = null;
  #after = 0;
  #standing = "";

  constructor(visit, listener) {
    this.#visit = visit;
    this.#listener = listener;
  }

  /** Take an operation as a frame; its answer comes to the listener as a frame. */
  send(type, data) {
    const operation = {
      join: () => this.#join(data),
      message: () => this.#say(data),
      history: () => this.#fetchHistory(data),
      start_over: () => this.#startOver(data),
      seen: () => this.#request("PUT", "/seen", data),
      typing: () => this.#request("PUT", "/typing", data),
      rate: () => this.#request("PUT", "/rating", data),
    }[type];
    operation?.().catch((error) => this.#fail(error, type, data));
  }

  /** A poll shows by itself whether the line is good. */
  check() {}

  close() {
    this.#listener = null;
    this.#gone.abort();
    this.#poll.abort();
  }

  async #join({ conversation, after = 0 }) {
    const answer = conversation
      ? await this.#get(`/conversations/${conversation}/messages?after=${after}&wait=0`)
      : await this.#get(`/conversation?after=${after}`);
    this.#take(answer);
  }

  #take(answer) {
    this.#conversation = answer.conversation.id;
    this.#after = answer.last_seq;
    this.#standing = answer.standing;
    this.#frame("joined", answer);
    this.#poll.abort();
    this.#poll = new AbortController();
    this.#keepPolling(this.#poll.signal);
  }

  async #keepPolling(signal) {
    while (!signal.aborted) {
      try {
        const path = `/conversations/${this.#conversation}/messages`;
        const known = `after=${this.#after}&standing=${this.#standing}`;
        const answer = await this.#get(`${path}?${known}&wait=${POLL_S}`, signal);
        if (signal.aborted) return;
        this.#after = Math.max(this.#after, answer.last_seq);
        this.#standing = answer.standing;
        this.#frame("joined", answer);
        if (answer.typing) this.#frame("typing", answer.typing);
      } catch (error) {
        if (!signal.aborted) this.#fail(error, "poll", {});
        return;
      }
    }
  }

  async #say(data) {
    const answer = await this.#request("POST", "/messages", data);
    this.#frame("ack", answer);
  }

  async #fetchHistory({ before }) {
    this.#frame("history", await this.#request("GET", `/messages?before=${before}`));
  }

  async #startOver(data) {
    this.#take(await this.#visit.request("POST", "/conversations", data));
  }

  #get(path, signal = this.#gone.signal) {
    return this.#visit.request("GET", path, undefined, { signal, waitMs: POLL_PATIENCE_MS });
  }

  #request(method, path, body) {
    const address = `/conversations/${this.#conversation}${path}`;
    return this.#visit.request(method, address, body, { signal: this.#gone.signal });
  }

  #fail(error, type, data) {
    if (this.#gone.signal.aborted) return;
    if (error instanceof Refusal && error.code !== "unauthorized" && type !== "poll") {
      const { code, message, retryInMs } = error;
      const client_id = data.client_id;
      this.#frame("error", { code, message, client_id, retry_in_ms: retryInMs });
      return;
    }
    const listener = this.#listener;
    this.close();
    listener?.closed(error instanceof Refusal && error.status === 401 ? 4401 : 1006);
  }

  #frame(type, data) {
    this.#listener?.frame({ type, data });
  }
}
