/** The line that says that the line is down, and until when nothing is lost. */

import { element } from "../chat/element.js";
import { say, words } from "./words.js";

// One lost line is usually back at once.
const PATIENCE_MS = 1_500;

export class ConnectionLine {
  #desk;
  #news;
  #timer = null;

  constructor(desk, news) {
    this.#desk = desk;
    this.#news = news;
    this.node = element("p", { class: "connection-line", "data-part": "connection" });
    this.node.hidden = true;
    desk.live.addEventListener("state", () => this.#follow());
  }

  #follow() {
    const { live } = this.#desk;
    clearTimeout(this.#timer);
    if (!live.isOnline) {
      this.#timer = setTimeout(() => this.#show(), navigator.onLine ? PATIENCE_MS : 0);
      return;
    }
    if (!this.node.hidden) this.#news.announce(say("backOnline"));
    this.node.hidden = true;
  }

  #show() {
    const { live, counts } = this.#desk;
    const until = live.keptUntil;
    const key = !counts.mine ? "reconnecting" : until > new Date() ? "reconnectingKept" : "reconnectingLost";
    this.node.textContent = say(key, { time: words.time(until) });
    this.node.hidden = false;
    this.#news.announce(this.node.textContent);
    // The sentence changes once the time is over.
    if (key === "reconnectingKept") this.#timer = setTimeout(() => this.#show(), until - Date.now() + 500);
  }
}
