/**
 * One WebSocket, from opening to its end. It notices a dead line by itself: a phone that
 * changes networks leaves sockets that look open for minutes.
 */

const OPEN_PATIENCE_MS = 8_000;
const PING_MS = 20_000;
const DEAD_MS = 45_000;
const CHECK_MS = 4_000;

export class SocketLine {
  #socket;
  #listener;
  #timers = [];
  #heardAt = 0;

  /**
   * @param {string} address
   * @param {{opened: function(), frame: function(Object), closed: function(number)}} listener
   */
  constructor(address, listener) {
    this.#listener = listener;
    this.#socket = new WebSocket(address);
    this.#socket.onopen = () => this.#begin();
    this.#socket.onmessage = (event) => this.#read(event.data);
    this.#socket.onclose = (event) => this.#end(event.code);
    this.#timers.push(setTimeout(() => this.#giveUp(), OPEN_PATIENCE_MS));
  }

  /** When the other side gave its last sign of life, on the browser's own clock. */
  get heardAt() {
    return this.#heardAt;
  }

  send(type, data) {
    if (this.#socket.readyState === WebSocket.OPEN) {
      this.#socket.send(JSON.stringify({ type, data }));
    }
  }

  /** Ask for a sign of life and give up soon if there is none. */
  check() {
    const askedAt = performance.now();
    this.send("ping", {});
    this.#timers.push(
      setTimeout(() => this.#heardAt < askedAt && this.#giveUp(), CHECK_MS),
    );
  }

  /** Close it; the listener hears nothing any more. */
  close() {
    this.#listener = null;
    this.#end(1000);
  }

  #begin() {
    this.#heardAt = performance.now();
    this.#stopTimers();
    this.#timers.push(setInterval(() => this.#beat(), PING_MS));
    this.#listener?.opened();
  }

  #beat() {
    if (performance.now() - this.#heardAt > DEAD_MS) this.#giveUp();
    else this.send("ping", {});
  }

  #read(text) {
    this.#heardAt = performance.now();
    let frame = null;
    try {
      frame = JSON.parse(text);
    } catch {
      console.error("The help desk sent something that is no frame.");
    }
    if (frame && frame.type !== "pong") this.#listener?.frame(frame);
  }

  /** Do not wait for the closing handshake of a line that is dead. */
  #giveUp() {
    this.#end(1006);
  }

  #end(code) {
    this.#stopTimers();
    const socket = this.#socket;
    socket.onopen = socket.onmessage = socket.onclose = null;
    if (socket.readyState <= WebSocket.OPEN) socket.close();
    const listener = this.#listener;
    this.#listener = null;
    listener?.closed(code);
  }

  #stopTimers() {
    this.#timers.forEach(clearTimeout);
    this.#timers = [];
  }
}
