/** The middle column's list: one view's conversations, what was found, or mentions. */

import { element, icon as chatIcon } from "../chat/element.js";
import { icon } from "./icons.js";
import { conversationRows, PassageRow, ROW_HEIGHT } from "./list_rows.js";
import { ownerName, tame } from "./names.js";
import { viewNamed } from "./views.js";
import { VirtualList } from "./virtual_list.js";
import { say } from "./words.js";

const PAUSE_MS = 250;
const SKELETONS = 6;

/** Tells `open` with `{id, seq}`. */
export class ListPane extends EventTarget {
  #desk;
  #view = null;
  #query = "";
  #timer = null;
  #found = { items: [], next: null, state: "ready", asked: 0 };
  #mentions = { items: [], state: "loading" };
  #conversations;
  #passages;
  #heading = element("h2", { class: "list-title" });
  #field;
  #empty = element("div", { class: "empty", "data-part": "empty" });
  #skeleton;

  constructor(desk) {
    super();
    this.#desk = desk;
    this.#conversations = this.#makeList(
      conversationRows(desk.directory, () => this.#view),
      ({ id }) => id,
    );
    this.#passages = this.#makeList(
      () => new PassageRow(),
      ({ conversation, seq }) => `${conversation.id}-${seq}`,
    );
    this.#field = element("input", {
      type: "search",
      class: "search-field",
      placeholder: say("searchHint"),
      "aria-label": say("search"),
      autocomplete: "off",
      maxlength: 200,
      input: () => this.#type(),
      keydown: (event) => this.#press(event),
    });
    this.#skeleton = element("div", { class: "skeletons", "aria-hidden": "true" });
    for (let count = 0; count < SKELETONS; count++) {
      this.#skeleton.append(element("div", { class: "skeleton-row" }, element("i"), element("i"), element("i")));
    }
    this.node = element(
      "section",
      { class: "list-pane", "aria-label": say("conversations") },
      element(
        "header",
        { class: "list-head" },
        this.#heading,
        element("div", { class: "search", role: "search" }, icon("search"), this.#field),
      ),
      this.#skeleton,
      this.#empty,
      this.#conversations.node,
      this.#passages.node,
    );
    for (const list of desk.lists.values()) list.addEventListener("change", () => this.#render());
    desk.addEventListener("thread", () => this.#mark());
    desk.addEventListener("counts", () => this.#countMentions());
  }

  get view() {
    return this.#view;
  }

  /** Show a view; search words end. */
  show(viewName) {
    this.#field.value = this.#query = "";
    if (viewName === this.#view) return this.#render();
    const before = this.#desk.lists.get(this.#view);
    if (before) before.isShown = false;
    this.#view = viewName;
    this.#conversations.reset();
    this.#passages.reset();
    const list = this.#desk.lists.get(viewName);
    if (list) {
      list.isShown = true;
      list.load();
    } else this.#loadMentions();
    this.#render();
    this.#mark();
  }

  focus() {
    this.#shown.node.focus();
  }

  move(by) {
    this.#shown.move(by);
  }

  choose() {
    this.#shown.choose();
  }

  search() {
    this.#field.focus();
    this.#field.select();
  }

  get #isSearching() {
    return this.#query !== "";
  }

  get #shown() {
    return this.#isSearching || this.#view === "mentions" ? this.#passages : this.#conversations;
  }

  #makeList(makeRow, keyOf) {
    const list = new VirtualList(say("conversations"), ROW_HEIGHT, makeRow, keyOf);
    list.addEventListener("near_end", () => this.#more());
    list.addEventListener("open", ({ detail }) => {
      const target = detail.conversation ? { id: detail.conversation.id, seq: detail.seq } : { id: detail.id };
      if (detail.isNew) this.#seeMention(detail);
      this.dispatchEvent(new CustomEvent("open", { detail: target }));
    });
    return list;
  }

  #mark() {
    this.#conversations.markOpen(this.#desk.thread?.id ?? null);
  }

  #more() {
    if (this.#isSearching) this.#fetchFound(this.#found.next);
    else this.#desk.lists.get(this.#view)?.loadMore();
  }

  #type() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#search(), this.#field.value ? PAUSE_MS : 0);
  }

  #press(event) {
    if (event.isComposing) return;
    if (event.key === "Enter") {
      clearTimeout(this.#timer);
      this.#search();
      this.focus();
    } else if (event.key === "ArrowDown") {
      this.focus();
      this.move(0);
    } else if (event.key === "Escape") {
      this.#field.value = "";
      this.#search();
      this.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #search() {
    const query = this.#field.value.trim();
    if (query === this.#query) return;
    this.#query = query;
    this.#passages.reset();
    this.#found = { ...this.#found, items: [], next: null, state: "loading" };
    if (query) this.#fetchFound(null);
    this.#render();
  }

  async #fetchFound(after) {
    const found = this.#found;
    if (found.isAsking && after) return;
    const asked = (found.asked += 1);
    found.isAsking = true;
    const cursor = after ? `&after=${encodeURIComponent(after)}` : "";
    const path = `/search?q=${encodeURIComponent(this.#query)}${cursor}`;
    const answer = await this.#desk.requests.get(path).catch(() => null);
    if (found !== this.#found || asked !== found.asked) return;
    found.isAsking = false;
    found.state = answer || after ? "ready" : "failed";
    const items = (answer?.results ?? []).map((each) => ({ ...each, by: this.#speaker(each) }));
    found.items = [...(after ? found.items : []), ...items];
    found.next = answer?.next ?? null;
    this.#render();
  }

  #speaker({ sender, conversation }) {
    const key = { contact: "saidByContact", assistant: "assistant", agent: "anAgent", system: "system" };
    return `${say(key[sender] ?? "system")} · ${ownerName(conversation, this.#desk.directory)}`;
  }

  async #loadMentions() {
    const answer = await this.#desk.requests.get("/mentions").catch(() => null);
    const items = (answer?.mentions ?? []).map((each) => ({
      ...each,
      by: tame(each.by.name),
      isNew: !each.is_seen,
      passage: [{ text: each.text, hit: false }],
    }));
    this.#mentions = { items, state: answer ? "ready" : "failed" };
    this.#render();
  }

  #seeMention({ conversation, seq }) {
    this.#desk.requests.put("/mentions/seen", { conversation: conversation.id, seq }).catch(() => {});
    this.#mentions.items = this.#mentions.items.map((each) =>
      each.conversation.id === conversation.id && each.seq === seq ? { ...each, isNew: false } : each,
    );
    this.#render();
  }

  #countMentions() {
    if (this.#view === "mentions" && !this.#isSearching) this.#loadMentions();
  }

  #render() {
    const { items, state, hasMore } = this.#content();
    this.#heading.textContent = this.#isSearching ? say("found") : say(`view_${this.#view}`);
    const shown = this.#shown;
    shown.label = this.#heading.textContent;
    this.#conversations.node.hidden = shown !== this.#conversations || !items.length;
    this.#passages.node.hidden = shown !== this.#passages || !items.length;
    this.#skeleton.hidden = state !== "loading" || items.length > 0;
    this.#empty.hidden = state === "loading" || items.length > 0;
    if (!this.#empty.hidden) this.#explain(state);
    shown.show(items, hasMore);
  }

  #content() {
    if (this.#isSearching) return { ...this.#found, hasMore: this.#found.next !== null };
    if (this.#view === "mentions") return { ...this.#mentions, hasMore: false };
    return this.#desk.lists.get(this.#view);
  }

  #explain(state) {
    const key = this.#isSearching ? "found" : this.#view;
    const isFailed = state === "failed";
    const again = element("button", { type: "button", class: "quiet", click: () => this.#again() }, say("retry"));
    this.#empty.replaceChildren(
      isFailed ? chatIcon("again") : icon(key === "found" ? "search" : key),
      element("p", { class: "empty-title" }, isFailed ? say("listFailed") : say(`empty_${key}`, { query: this.#query })),
      element("p", {}, isFailed ? say("listFailedHow") : say(`emptyWhy_${key}`)),
      ...(isFailed ? [again] : []),
    );
  }

  #again() {
    if (this.#isSearching) this.#fetchFound(null);
    else if (viewNamed(this.#view).order) this.#desk.lists.get(this.#view).load();
    else this.#loadMentions();
  }
}
