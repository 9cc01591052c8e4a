/** The drawer beside the page: this agent's own chat with the assistant. */

import { element } from "../chat/element.js";
import { renderLine, renderSending } from "./assistant_rows.js";
import { CommandLine } from "./command_line.js";
import { icon } from "./icons.js";
import { contactName } from "./names.js";
import { withReceipt } from "./receipts.js";
import { say, sayAny } from "./words.js";

const NEAR_PX = 80;

/** Tells `news` with words, to be shown, and `said` with what only a screen reader needs. */
export class AssistantDrawer extends EventTarget {
  #desk;
  #assistant;
  #line;
  #before = null;
  #announced = 0;
  #list = element("div", { class: "lines" });
  #begin = element("div", { class: "drawer-begin", "data-part": "assistant-begin" });
  #thinking = element("p", { class: "contact-types", "data-part": "assistant-thinks" });
  #about = element("p", { class: "drawer-about" });
  #earlier;
  #scroller;

  constructor(desk) {
    super();
    this.#desk = desk;
    this.#assistant = desk.assistant;
    this.#line = new CommandLine(desk.assistant);
    const close = () => this.close();
    this.#earlier = element("button", { type: "button", class: "quiet earlier", click: () => this.#showEarlier() }, say("earlierMessages"));
    this.#scroller = element(
      "div",
      { class: "drawer-body", role: "log", "aria-live": "off", "aria-label": say("assistantChat"), tabindex: 0 },
      this.#earlier,
      this.#begin,
      this.#list,
      this.#thinking,
    );
    this.node = element(
      "aside",
      { class: "drawer", id: "assistant", "aria-label": say("assistantDrawer"), "data-part": "assistant", keydown: (event) => this.#press(event) },
      element(
        "header",
        { class: "drawer-head" },
        icon("spark"),
        element("h2", {}, say("assistant")),
        element("button", { type: "button", class: "icon-button", "aria-label": say("closeAssistant"), title: say("closeAssistant"), click: close }, icon("close")),
      ),
      this.#scroller,
      this.#about,
      this.#line.node,
    );
    // The page behind it, where there is no room beside it.
    this.scrim = element("div", { class: "drawer-scrim", click: close });
    this.node.hidden = this.scrim.hidden = true;
    this.#listen();
  }

  get isOpen() {
    return !this.node.hidden;
  }

  /** Open it and go into its line; perhaps with a text begun. */
  open(text = "") {
    if (!this.isOpen) this.#before = document.activeElement;
    this.node.hidden = this.scrim.hidden = false;
    this.#assistant.load();
    this.#render();
    this.#toEnd();
    this.#line.begin(text);
    this.dispatchEvent(new Event("change"));
  }

  /** Close it and go back to where the agent was. */
  close() {
    if (!this.isOpen) return;
    this.node.hidden = this.scrim.hidden = true;
    // First what lay behind it can be reached again.
    this.dispatchEvent(new Event("change"));
    if (this.#before?.isConnected) this.#before.focus({ preventScroll: true });
  }

  toggle() {
    if (this.isOpen && this.node.contains(document.activeElement)) this.close();
    else this.open();
  }

  #listen() {
    this.#assistant.addEventListener("change", () => this.isOpen && this.#render());
    this.#assistant.addEventListener("commands", () => this.isOpen && this.#render());
    this.#desk.addEventListener("thread", () => this.#showAbout());
    this.#line.addEventListener("leave", () => this.close());
    this.#line.addEventListener("send", ({ detail }) => {
      this.#assistant.send(detail, this.#desk.thread?.id);
      this.#toEnd();
    });
  }

  #render() {
    const { messages, sending, isThinking, problem, hasMore } = this.#assistant;
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    const wasAtEnd = scrollHeight - scrollTop - clientHeight < NEAR_PX;
    // A run is shown once: where it was spoken of last.
    const lasts = new Map(messages.filter(({ run }) => run).map(({ run, seq }) => [run.id, seq]));
    const newest = messages.findLast(({ sender }) => sender !== "contact");
    const isOver = messages.at(-1)?.sender === "contact" || sending.length > 0;
    const focused = this.#focusKey();
    this.#list.replaceChildren(
      ...messages.map((message) => renderLine(message, this.#around(message, message === newest && !isOver, lasts))),
      ...sending.map((entry) => renderSending(entry, this.#retrying)),
    );
    this.#refocus(focused);
    this.#earlier.hidden = !hasMore;
    this.#thinking.textContent = isThinking ? say("assistantThinks") : "";
    this.#showBeginning(messages.length + sending.length === 0, problem);
    this.#showAbout();
    if (wasAtEnd) this.#toEnd();
    this.#announce(messages);
  }

  #around({ seq, run }, isNewest, lasts) {
    return {
      isNewest,
      showsRun: lasts.get(run?.id) === seq,
      directory: this.#desk.directory,
      runs: this.#assistant.runs,
      press: (button) => this.#assistant.press(button),
      stop: ({ number }) => this.#assistant.send(`/stop ${number}`),
      withdraw: (message, receipt) => this.#withdraw(message, receipt),
      copied: () => this.#tell("news", say("copied")),
    };
  }

  get #retrying() {
    return {
      retry: (entry) => this.#assistant.retry(entry),
      discard: (entry) => this.#assistant.discard(entry),
    };
  }

  async #withdraw(message, receipt) {
    const changed = await this.#desk.withdraw(receipt);
    if (changed) this.#assistant.take(withReceipt(message, changed));
  }

  /** What can be typed here, until something was. */
  #showBeginning(isEmpty, problem) {
    const again = element("button", { type: "button", class: "quiet", click: () => this.#assistant.load() }, say("retry"));
    this.#begin.hidden = !isEmpty && !problem;
    if (problem) return this.#begin.replaceChildren(element("p", { class: "soft" }, sayAny("assistantProblem", problem)), again);
    const commands = this.#assistant.commands.map(({ name, usage, help }) =>
      element(
        "li",
        {},
        element(
          "button",
          { type: "button", class: "drawer-command", click: () => this.#line.begin(`/${name}${usage ? " " : ""}`) },
          element("code", {}, `/${name} ${usage}`.trim()),
          element("span", {}, help.split("\n")[0]),
        ),
      ),
    );
    this.#begin.replaceChildren(
      element("p", { class: "drawer-hello" }, say("assistantHello")),
      element("ul", { "aria-label": say("completions") }, ...commands),
    );
  }

  #showAbout() {
    const { thread } = this.#desk;
    const name = thread?.isLoaded ? contactName(thread.summary) : "";
    this.#about.hidden = !name;
    this.#about.textContent = name ? say("assistantAbout", { name }) : "";
  }

  #announce(messages) {
    const last = this.#assistant.lastSeq;
    const fresh = this.#announced ? messages.filter(({ seq, sender }) => seq > this.#announced && sender !== "contact") : [];
    this.#announced = last;
    for (const { text } of fresh) this.#tell("said", say("announcement", { name: say("assistant"), text }));
  }

  /** Rows are made anew; whoever was in one stays there. */
  #focusKey() {
    const { activeElement: at } = document;
    const row = at?.closest?.(".line[data-seq]");
    if (!row || !this.#list.contains(at)) return null;
    return { seq: row.dataset.seq, text: at.textContent, isRow: at === row };
  }

  #refocus(key) {
    if (!key) return;
    const row = this.#list.querySelector(`.line[data-seq="${key.seq}"]`);
    const inside = [...(row?.querySelectorAll("button, pre") ?? [])].find(({ textContent }) => textContent === key.text);
    (key.isRow ? row : (inside ?? row))?.focus({ preventScroll: true });
  }

  async #showEarlier() {
    const { scrollHeight, scrollTop } = this.#scroller;
    await this.#assistant.loadEarlier().catch((error) => this.#desk.explain(error));
    this.#scroller.scrollTop = this.#scroller.scrollHeight - scrollHeight + scrollTop;
  }

  #toEnd() {
    // Until something was said, what can be typed is read from its beginning.
    this.#scroller.scrollTop = this.#list.hasChildNodes() ? this.#scroller.scrollHeight : 0;
  }

  #press(event) {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.preventDefault();
    event.stopPropagation();
    this.close();
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
