/** The one socket of this tab: kept open, opened again when it breaks. */

import { SocketLine } from "../chat/socket_line.js";
import { Refusal } from "./requests.js";

const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 15_000;
const RESTARTING = 1012;
const UNAUTHORIZED = 4401;
// The claim lasts two minutes, and its last renewal may be one ping older than we know.
const SURE_MS = 100_000;

/** Tells `state`, `signed_out`, and each frame as an event of its type. */
export class Live extends EventTarget {
  #address;
  #requests;
  #line = null;
  #timer = null;
  #failures = 0;
  #heardAt = 0;

  constructor(requests) {
    super();
    this.#requests = requests;
    this.#address = `${location.origin.replace(/^http/, "ws")}/api/console/socket`;
    // Then online or offline.
    this.state = "connecting";
    window.addEventListener("online", () => this.#wake());
    window.addEventListener("offline", () => this.#line?.check());
    document.addEventListener("visibilitychange", () => document.hidden || this.#wake());
  }

  get isOnline() {
    return this.state === "online";
  }

  /** Until when this agent's conversations are surely kept, should the line stay away. */
  get keptUntil() {
    return new Date(Date.now() - (performance.now() - this.#heardAt) + SURE_MS);
  }

  start() {
    this.#open();
  }

  send(type, data) {
    if (this.isOnline) this.#line?.send(type, data);
  }

  #open() {
    this.#timer = null;
    let isOpen = false;
    this.#line = new SocketLine(this.#address, {
      opened: () => {
        isOpen = true;
      },
      frame: (frame) => this.#read(frame),
      closed: (code) => this.#lose(code, isOpen),
    });
  }

  #read({ type, data }) {
    this.#heardAt = performance.now();
    if (type === "ready") {
      this.#failures = 0;
      this.#become("online");
    }
    this.dispatchEvent(new CustomEvent(type, { detail: data }));
  }

  #lose(code, wasOpen) {
    if (this.#line) this.#heardAt = Math.max(this.#heardAt, this.#line.heardAt);
    this.#line = null;
    if (code === UNAUTHORIZED) return this.dispatchEvent(new Event("signed_out"));
    this.#become("offline");
    this.#later(code === RESTARTING ? Math.random() * 1_000 : undefined, !wasOpen);
  }

  #later(waitMs, asksFirst) {
    const longest = Math.min(FIRST_WAIT_MS * 2 ** this.#failures, LONGEST_WAIT_MS);
    this.#failures += 1;
    const wait = waitMs ?? longest * (0.5 + Math.random() / 2);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (asksFirst ? this.#ask() : this.#open()), wait);
  }

  /** A refused handshake does not say why; a request does. */
  async #ask() {
    this.#timer = null;
    try {
      await this.#requests.get("/me");
    } catch (error) {
      if (!(error instanceof Refusal && error.status === 401)) this.#later(undefined, true);
      return;
    }
    if (!this.#line && !this.#timer) this.#open();
  }

  #wake() {
    if (this.isOnline) this.#line?.check();
    else if (this.#timer) {
      clearTimeout(this.#timer);
      this.#open();
    }
  }

  #become(state) {
    if (state === this.state) return;
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }
}
