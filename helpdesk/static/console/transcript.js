/** The messages of the open conversation, and where its reader is. */

import { element } from "../chat/element.js";
import { icon } from "./icons.js";
import { announcementOf, renderMessage, renderOutgoing } from "./message_rows.js";
import { contactName } from "./names.js";
import { withReceipt } from "./receipts.js";
import { say, words } from "./words.js";

const NEAR_PX = 80;
const EARLY_PX = 300;
const FLASH_MS = 2_000;

/** Tells `use` with a ghost, `edit` and `command` with an entry that was not sent, `news` with words. */
export class Transcript extends EventTarget {
  #desk;
  #thread = null;
  #rows = new Map();
  #announced = 0;
  #isFetching = false;
  #body = element("div", { class: "transcript-body" });
  #earlier = element(
    "button",
    { type: "button", class: "quiet earlier", click: () => this.#fetchEarlier() },
    say("earlierMessages"),
  );
  #typing = element("p", { class: "contact-types", "data-part": "contact-types" });
  #below = element("button", { type: "button", class: "below", click: () => this.toEnd() });

  constructor(desk) {
    super();
    this.#desk = desk;
    this.scroller = element(
      "div",
      {
        class: "transcript",
        role: "log",
        "aria-live": "off",
        "aria-label": say("transcript"),
        tabindex: 0,
        scroll: () => this.#scrolled(),
      },
      this.#earlier,
      this.#body,
      this.#typing,
    );
    this.node = element("div", { class: "transcript-frame" }, this.scroller, this.#below);
    this.#below.hidden = true;
    new ResizeObserver(() => this.#wasAtEnd && this.toEnd()).observe(this.scroller);
    desk.outgoing.addEventListener("change", () => this.#thread?.isLoaded && this.#render());
  }

  #wasAtEnd = true;

  /** Show another conversation. */
  show(thread) {
    this.#thread = thread;
    this.#rows.clear();
    this.#body.replaceChildren();
    this.#announced = 0;
    this.#wasAtEnd = true;
    this.#below.hidden = true;
    thread.addEventListener("messages", () => thread === this.#thread && this.#render());
    thread.addEventListener("change", () => thread === this.#thread && this.#showTyping());
    if (thread.isLoaded) this.#render();
  }

  focus() {
    this.scroller.focus({ preventScroll: true });
  }

  toEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.#below.hidden = true;
  }

  /** Bring one message into sight, however old it is. */
  async reveal(seq) {
    await this.#thread.reach(seq);
    const row = this.#rows.get(seq)?.node;
    if (!row) return;
    this.#wasAtEnd = false;
    row.scrollIntoView({ block: "center" });
    row.focus({ preventScroll: true });
    row.classList.add("is-revealed");
    setTimeout(() => row.classList.remove("is-revealed"), FLASH_MS);
  }

  #render() {
    const { messages, hasMore } = this.#thread;
    const { scrollHeight, scrollTop } = this.scroller;
    const fromEnd = scrollHeight - scrollTop;
    const wasAtEnd = this.#wasAtEnd;
    const firstBefore = this.#first;
    this.#first = messages[0]?.seq;
    this.#earlier.hidden = !hasMore;
    this.#place([...this.#messageNodes(messages), ...this.#outgoingNodes()]);
    this.#showTyping();
    if (wasAtEnd) this.toEnd();
    else if (firstBefore > this.#first) this.scroller.scrollTop = this.scroller.scrollHeight - fromEnd;
    this.#announce(messages, wasAtEnd);
  }

  #first = undefined;

  *#messageNodes(messages) {
    let day = "";
    let speaker = "";
    const seen = messages.findLast(({ seq, kind }) => kind === "outgoing" && seq <= this.#thread.seenSeq);
    for (const message of messages) {
      const on = new Date(message.created_at);
      if (on.toDateString() !== day) {
        day = on.toDateString();
        speaker = "";
        yield this.#row(`day ${day}`, day, () => element("p", { class: "day" }, words.day(on)));
      }
      const { node } = this.#messageRow(message);
      const who = `${message.sender} ${message.kind} ${message.agent?.id}`;
      node.classList.toggle("is-first", who !== speaker);
      node.classList.toggle("is-seen", message === seen);
      speaker = who;
      yield node;
    }
  }

  #messageRow(message) {
    const { ghosts, summary } = this.#thread;
    const ghost = ghosts.get(message.seq);
    const mayUse = Boolean(ghost) && this.#thread.allows("reply");
    const known = this.#rows.get(message.seq);
    if (known?.message === message && known.ghost === ghost && known.mayUse === mayUse) return known;
    const isOpen = Boolean(known?.node.querySelector(".understood")?.open);
    const use = mayUse ? () => this.#tell("use", ghost) : null;
    const { directory } = this.#desk;
    const withdraw = (receipt) => this.#withdraw(message.seq, receipt);
    const around = { thread: this.#thread, directory, summary, ghost, use, isOpen, withdraw };
    const row = { message, ghost, mayUse, node: renderMessage(message, around) };
    const hadFocus = known?.node.contains(document.activeElement);
    known?.node.replaceWith(row.node);
    if (hadFocus) row.node.focus({ preventScroll: true });
    this.#rows.set(message.seq, row);
    return row;
  }

  async #withdraw(seq, receipt) {
    const thread = this.#thread;
    const changed = await this.#desk.withdraw(receipt);
    // The message itself may have been told anew meanwhile.
    const message = thread.messages.find((each) => each.seq === seq);
    if (changed && message) thread.take(withReceipt(message, changed));
  }

  *#outgoingNodes() {
    const { outgoing } = this.#desk;
    const actions = {
      retry: (id) => outgoing.retry(id, this.#thread.summary.epoch),
      remove: (id) => outgoing.remove(id),
      edit: (entry) => this.#tell("edit", entry),
      command: (entry) => this.#tell("command", entry),
    };
    const sent = new Set(this.#thread.messages.map(({ client_id: id }) => id));
    for (const entry of outgoing.of(this.#thread.id)) {
      if (sent.has(entry.client_id)) continue;
      const state = `${entry.client_id} ${entry.problem}`;
      yield this.#row(`out ${entry.client_id}`, state, () => renderOutgoing(entry, actions));
    }
  }

  #row(key, state, make) {
    const known = this.#rows.get(key);
    if (known?.state === state) return known.node;
    const row = { state, node: make() };
    this.#rows.set(key, row);
    return row.node;
  }

  /** Put the nodes in order and touch only those that are not where they belong. */
  #place(nodes) {
    let next = this.#body.firstChild;
    for (const node of nodes) {
      if (node === next) next = next.nextSibling;
      else this.#body.insertBefore(node, next);
    }
    while (next) {
      const gone = next;
      next = next.nextSibling;
      gone.remove();
    }
  }

  #announce(messages, wasAtEnd) {
    const last = this.#thread.lastSeq;
    const fresh = this.#announced ? messages.filter(({ seq }) => seq > this.#announced) : [];
    this.#announced = last;
    const others = fresh.filter(({ agent }) => !this.#desk.directory.isMe(agent));
    const around = { thread: this.#thread, directory: this.#desk.directory };
    for (const message of others) this.#tell("news", announcementOf(message, around));
    if (wasAtEnd || !others.length) return;
    this.#below.replaceChildren(icon("down"), say("newBelow"));
    this.#below.hidden = false;
  }

  #showTyping() {
    const { summary, isTyping } = this.#thread;
    const text = isTyping && summary ? say("contactTypes", { name: contactName(summary) }) : "";
    if (this.#typing.textContent === text) return;
    const wasAtEnd = this.#wasAtEnd;
    this.#typing.textContent = text;
    if (wasAtEnd) this.toEnd();
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    this.#wasAtEnd = scrollHeight - scrollTop - clientHeight < NEAR_PX;
    if (this.#wasAtEnd) this.#below.hidden = true;
    if (scrollTop < EARLY_PX && this.#thread?.hasMore) this.#fetchEarlier();
  }

  async #fetchEarlier() {
    if (this.#isFetching) return;
    this.#isFetching = true;
    try {
      await this.#thread.loadEarlier();
    } catch (error) {
      this.#desk.explain(error);
    } finally {
      this.#isFetching = false;
    }
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
