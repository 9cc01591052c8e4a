/**
 * Keeps one line to the help desk: opens it, joins, opens it again when it breaks, and
 * changes to plain requests when sockets do not get through but requests do.
 */

import { SocketLine } from "./socket_line.js";

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;
const RESTART_SPREAD_MS = 1_000;
const SOCKET_TRIES = 2;
const RESTARTING = 1012;
const UNAUTHORIZED = 4401;

export class Connection extends EventTarget {
  #visit;
  #joinData;
  #line = null;
  #timer = null;
  #failures = 0;
  #closedUnopened = 0;
  #isRunning = false;

  /**
   * @param {Visit} visit
   * @param {function(): Object} joinData what `join` says: where we are and what we have
   */
  constructor(visit, joinData) {
    super();
    this.#visit = visit;
    this.#joinData = joinData;
    // Then connecting, online or offline.
    this.state = "idle";
    window.addEventListener("online", () => this.wake());
    window.addEventListener("offline", () => this.#line?.check());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.wake();
    });
  }

  get isOnline() {
    return this.state === "online";
  }

  start() {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#attempt();
  }

  stop() {
    this.#isRunning = false;
    this.#drop();
    this.#become("idle");
  }

  /** The line is suspect or we are somebody else now: begin afresh. */
  restart() {
    if (!this.#isRunning) return;
    this.#drop();
    this.#attempt();
  }

  /** The machine woke up or has a network again: no waiting, no trust in an old line. */
  wake() {
    if (!this.#isRunning) return;
    if (this.isOnline) this.#line.check();
    else if (this.#timer) this.restart();
  }

  send(type, data) {
    this.#line?.send(type, data);
  }

  /** Join once more on the same line, to fetch what is missing. */
  join() {
    this.send("join", this.#joinData());
  }

  async #attempt() {
    this.#timer = null;
    if (this.state !== "offline") this.#become("connecting");
    const begun = this.#visit.hasBegun || (await this.#beginVisit());
    if (!begun || !this.#isRunning || this.#line) return;
    if (this.#closedUnopened >= SOCKET_TRIES) await this.#openHttp();
    else this.#openSocket();
  }

  async #beginVisit() {
    try {
      await this.#visit.begin();
      return true;
    } catch (error) {
      this.#retry(error.retryInMs);
      return false;
    }
  }

  #openSocket() {
    let isOpen = false;
    this.#line = new SocketLine(this.#visit.socketAddress, {
      opened: () => {
        isOpen = true;
        this.join();
      },
      frame: (frame) => this.#read(frame),
      closed: (code) => {
        this.#closedUnopened = isOpen ? 0 : this.#closedUnopened + 1;
        this.#lose(code);
      },
    });
  }

  async #openHttp() {
    // Few need it.
    const load = import("./http_line.js");
    const { HttpLine } = await load.catch(() => ({}));
    if (!this.#isRunning || this.#line) return;
    if (!HttpLine) return this.#retry();
    this.#line = new HttpLine(this.#visit, {
      frame: (frame) => this.#read(frame),
      closed: (code) => {
        // Perhaps the network changed: try sockets again.
        this.#closedUnopened = 0;
        this.#lose(code);
      },
    });
    this.join();
  }

  #read({ type, data }) {
    if (type === "joined") {
      this.#failures = 0;
      this.dispatchEvent(new CustomEvent("frame", { detail: { type, data } }));
      this.#become("online");
      return;
    }
    if (type === "error" && !this.isOnline && data.code !== "not_found") {
      // `join` itself was refused; there is nothing to go on with.
      this.#drop();
      if (data.code === "unauthorized") this.#visit.expire();
      this.#retry(data.retry_in_ms);
      return;
    }
    this.dispatchEvent(new CustomEvent("frame", { detail: { type, data } }));
  }

  #lose(code) {
    this.#line = null;
    if (code === UNAUTHORIZED) this.#visit.expire();
    if (!this.#isRunning) return;
    this.#retry(code === RESTARTING ? Math.random() * RESTART_SPREAD_MS : undefined);
  }

  /** Try again later, each time later, and not at the same moment as everybody else. */
  #retry(waitMs) {
    if (!this.#isRunning) return;
    const longest = Math.min(FIRST_WAIT_MS * 2 ** this.#failures, LONGEST_WAIT_MS);
    const wait = waitMs ?? longest * (0.5 + Math.random() / 2);
    // One lost line is usually back at once; say "offline" only when it is not.
    const isLost = this.#failures > 0 || !navigator.onLine;
    this.#failures += 1;
    this.#become(isLost ? "offline" : "connecting");
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#attempt(), wait);
  }

  #drop() {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#line?.close();
    this.#line = null;
  }

  #become(state) {
    if (state === this.state) return;
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }
}
