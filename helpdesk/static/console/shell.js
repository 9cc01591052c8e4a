/** The page: its panes side by side, or one at a time where there is no room. */

import { element } from "../chat/element.js";
import { lasting } from "../chat/storage.js";
import { AssistantDrawer } from "./assistant_drawer.js";
import { ConnectionLine } from "./connection_line.js";
import { ConversationPane } from "./conversation_pane.js";
import { ListPane } from "./list_pane.js";
import { Navigation } from "./navigation.js";
import { News } from "./news.js";
import { PersonPanel } from "./person_panel.js";
import { say, sayAny } from "./words.js";
import { contactName, tame } from "./names.js";

const PANEL = "console.panel";
const NARROW = window.matchMedia("(max-width: 47.99rem)");
const WIDE = window.matchMedia("(min-width: 88rem)");
const ROOMY = window.matchMedia("(min-width: 75rem)");

/** Tells `verb` and `choose`, with a name. */
export class Shell extends EventTarget {
  #desk;
  #routes;
  #root;
  #wantsPanel = false;

  constructor(desk, routes, canned, root) {
    super();
    this.#desk = desk;
    this.#routes = routes;
    this.#root = root;
    this.news = new News(document.body);
    this.navigation = new Navigation(desk, root.dataset.product);
    this.list = new ListPane(desk);
    this.conversation = new ConversationPane(desk, canned);
    this.panel = new PersonPanel(desk);
    this.assistant = new AssistantDrawer(desk);
    const line = new ConnectionLine(desk, this.news);
    const title = element("header", { class: "unseen" }, element("h1", {}, say("console")));
    const panes = element("main", { class: "panes" }, this.list.node, this.conversation.node, this.panel.node);
    root.replaceChildren(title, line.node, this.navigation.node, panes, this.assistant.scrim, this.assistant.node);
    this.#listen();
    this.#showPanel(ROOMY.matches && lasting.get(PANEL) !== "no");
  }

  /** Follow the address. */
  follow() {
    this.#showView(this.#routes.view);
    this.#open(this.#routes.conversation);
  }

  showView(name) {
    this.#showView(name);
    this.#routes.go(name, NARROW.matches ? null : this.#routes.conversation);
    if (NARROW.matches) this.#open(null);
    this.list.focus();
  }

  async open(id, seq = undefined) {
    this.#routes.go(this.list.view, id);
    this.#open(id);
    const { thread } = this.#desk;
    await thread.loaded;
    if (thread !== this.#desk.thread) return;
    if (seq) this.conversation.transcript.reveal(seq);
    else this.conversation.focus();
  }

  /** Go one step out: from the panel, from the conversation, to the list. */
  leave() {
    if (this.#root.dataset.pane === "person") return this.#showPanel(false);
    if (NARROW.matches && this.#desk.thread) return this.#back();
    this.list.focus();
  }

  move(by) {
    this.list.focus();
    this.list.move(by);
  }

  choose() {
    this.list.choose();
  }

  search() {
    if (NARROW.matches) this.#back();
    this.list.search();
  }

  write(kind) {
    this.conversation.composer.write(kind);
  }

  tell(text) {
    this.news.show(text);
  }

  togglePanel() {
    if (!this.#desk.thread) return;
    const isOpen = this.panel.node.hidden;
    this.#showPanel(isOpen);
    if (ROOMY.matches) lasting.set(PANEL, isOpen ? "yes" : "no");
    if (isOpen) this.panel.node.focus();
  }

  /** Open the chat with the assistant; an auditor has none. */
  openAssistant(text = "") {
    if (this.#desk.directory.mayChange && !document.querySelector("dialog[open]")) this.assistant.open(text);
  }

  toggleAssistant() {
    if (this.assistant.isOpen) this.assistant.toggle();
    else this.openAssistant();
  }

  #listen() {
    this.navigation.addEventListener("view", ({ detail }) => this.showView(detail));
    this.navigation.addEventListener("choose", ({ detail }) => this.#tell("choose", detail));
    this.list.addEventListener("open", ({ detail: { id, seq } }) => this.open(id, seq));
    this.conversation.addEventListener("verb", ({ detail }) => this.#tell("verb", detail));
    this.conversation.addEventListener("back", () => this.#back());
    this.conversation.addEventListener("panel", () => this.togglePanel());
    this.conversation.addEventListener("news", ({ detail }) => this.news.announce(detail));
    this.conversation.addEventListener("command", ({ detail }) => this.openAssistant(detail));
    this.assistant.addEventListener("change", () => this.#showAssistant());
    this.assistant.addEventListener("news", ({ detail }) => this.tell(detail));
    this.assistant.addEventListener("said", ({ detail }) => this.news.announce(detail));
    this.panel.addEventListener("open", ({ detail }) => this.open(detail));
    this.panel.addEventListener("close", () => this.togglePanel());
    this.panel.addEventListener("news", ({ detail }) => this.tell(detail));
    this.#routes.addEventListener("change", () => this.follow());
    this.#desk.addEventListener("trouble", ({ detail }) => this.tell(troubleOf(detail)));
    this.#desk.addEventListener("notice", ({ detail }) => this.#notice(detail));
    ROOMY.addEventListener("change", () => ROOMY.matches || this.#showPanel(false));
    WIDE.addEventListener("change", () => this.#showAssistant());
  }

  /** Where the drawer lies over the page, nothing behind it can be reached. */
  #showAssistant() {
    const { isOpen } = this.assistant;
    this.navigation.isAssistantOpen = isOpen;
    this.#root.classList.toggle("has-drawer", isOpen);
    const panes = [...this.#root.querySelectorAll(":scope > :not(.drawer, .drawer-scrim, .panes), .panes > *")];
    for (const part of panes) part.inert = isOpen && !WIDE.matches;
    // Beside the page it has the person's place.
    this.panel.node.inert = isOpen;
  }

  #showView(name) {
    this.list.show(name);
    this.navigation.mark(name);
  }

  #open(id) {
    this.#desk.open(id);
    this.#showPanel(ROOMY.matches && this.#wantsPanel);
  }

  #back() {
    this.#routes.go(this.list.view, null);
    this.#open(null);
    this.list.focus();
  }

  /** The panel belongs to a conversation; without one it waits. */
  #showPanel(isWanted) {
    this.#wantsPanel = isWanted;
    const isOpen = isWanted && Boolean(this.#desk.thread);
    this.panel.isOpen = isOpen;
    this.#root.classList.toggle("has-panel", isOpen);
    this.#root.dataset.pane = isOpen && !ROOMY.matches ? "person" : this.#desk.thread ? "conversation" : "list";
    this.conversation.isPanelOpen = isOpen;
  }

  #notice({ kind, conversation, text }) {
    if (kind === "approval") return this.news.show(text, () => this.#tell("choose", "approvals"));
    if (kind === "reply" && this.#desk.thread?.id === conversation.id) return;
    const what = sayAny("notice", kind, { name: contactName(conversation) });
    this.news.show(what, () => this.open(conversation.id));
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

function troubleOf({ code, name, message }) {
  if (code === "account_trouble" && message) return message;
  return sayAny("trouble", code, { name: tame(name) || say("somebody") });
}
