/** Where an agent writes: a reply to the contact, or a note for colleagues. */

import { element } from "../chat/element.js";
import { findSecret } from "../chat/secrets.js";
import { Completion } from "./completion.js";
import { confirm } from "./dialog.js";
import { icon } from "./icons.js";
import { tame } from "./names.js";
import { Suggestions } from "./suggestions.js";
import { Tray } from "./tray.js";
import { say, sayAny } from "./words.js";

const QUIET_MS = 4_000;
const AGAIN_MS = 3_000;
const KINDS = ["reply", "note"];

/** Tells `leave` when Escape is pressed, and `verb` with the name of one that would help. */
export class Composer extends EventTarget {
  #desk;
  #canned;
  #thread = null;
  #kind = "reply";
  #ghost = null;
  // Where nobody may reply, the field stays away until a note is wanted.
  #isNoting = false;
  #quietTimer = null;
  #typedAt = 0;
  #field;
  #tabs = new Map();
  #reason = element("div", { class: "composer-reason", "data-part": "reason" });
  #length = element("span", { class: "composer-length", role: "status" });
  #attach;
  #send;
  #box;

  constructor(desk, canned) {
    super();
    this.#desk = desk;
    this.#canned = canned;
    this.#field = element("textarea", {
      class: "composer-field",
      rows: 1,
      dir: "auto",
      input: () => this.#typed(),
      keydown: (event) => this.#press(event),
      paste: (event) => this.#take(event, event.clipboardData.files),
      blur: () => this.#stopTyping(),
    });
    this.suggestions = new Suggestions(desk);
    this.tray = new Tray(desk);
    this.#send = element("button", { type: "submit", class: "send" });
    this.#attach = this.#tool("attach", () => this.tray.pick());
    const tabs = element("div", { class: "kinds", role: "group", "aria-label": say("kind") });
    for (const kind of KINDS) tabs.append(this.#makeTab(kind));
    this.completion = new Completion(this.#field, this.#sources());
    this.#box = element(
      "form",
      { class: "composer-box", submit: (event) => this.#submit(event) },
      tabs,
      this.#field,
      this.tray.node,
      element(
        "div",
        { class: "composer-foot" },
        this.#attach,
        this.#tool("canned", () => this.#insertSlash()),
        this.#length,
        this.#send,
      ),
      this.completion.node,
    );
    this.node = element("div", { class: "composer" }, this.#reason, this.suggestions.node, this.#box);
    this.#listen();
  }

  /** Show what was begun in a conversation. */
  show(thread) {
    this.#stopTyping();
    this.#thread = thread;
    this.#ghost = null;
    this.#isNoting = false;
    this.tray.clear();
    const { text, kind } = this.#desk.drafts.read(thread);
    this.#field.value = text;
    this.#choose(kind);
    this.refresh();
  }

  /** Follow what may be done now. */
  refresh() {
    const mayReply = this.#thread.allows("reply");
    const mayNote = this.#thread.allows("note");
    this.#tabs.get("reply").disabled = !mayReply;
    this.#tabs.get("note").disabled = !mayNote;
    // Whoever had not begun to write goes where they may; a begun text stays what it was.
    if (!this.#field.value && !this.#isNoting) this.#choose(mayReply ? "reply" : "note");
    this.#box.hidden = !mayReply && !this.#field.value && !(mayNote && this.#isNoting);
    if (mayReply) this.suggestions.show(this.#thread);
    else this.suggestions.hide();
    this.#explain(mayReply);
    this.#update();
  }

  /** Write as one kind, if that is allowed. */
  write(kind) {
    if (!this.#thread?.allows(kind)) return;
    this.#choose(kind);
    this.#isNoting = kind === "note";
    this.refresh();
    this.#field.focus();
  }

  /** Put a text where the cursor is. */
  insert(text) {
    const { value, selectionStart: from, selectionEnd: to } = this.#field;
    const before = from && !/\s$/.test(value.slice(0, from)) ? "\n" : "";
    this.#replace(from, to, before + text);
  }

  /** Take back what was not sent. */
  edit({ text, kind, attachments, client_id: id }) {
    // It stays what it was, also where only a note is possible now.
    this.#choose(kind);
    if (this.#field.value.trim()) this.insert(text);
    else this.#replace(0, this.#field.value.length, text);
    this.tray.restore(attachments);
    this.#desk.outgoing.remove(id);
    this.refresh();
    this.#field.focus();
  }

  /** Begin from what the assistant would have said. */
  useGhost(ghost) {
    this.write("reply");
    this.insert(ghost.text);
    this.#ghost = ghost.seq;
  }

  #listen() {
    this.suggestions.addEventListener("choose", ({ detail: { title, answer, url } }) => {
      this.write("reply");
      const isWhole = /^https?:/.test(url ?? "");
      this.insert(isWhole ? `${answer}\n\n[${tame(title)}](${url})` : answer);
    });
    this.tray.addEventListener("change", () => this.#thread && this.#update());
    this.completion.addEventListener("choose", ({ detail: { source, item, from, to } }) => {
      this.#replace(from, to, source.text(item));
    });
    this.#box.addEventListener("dragover", (event) => {
      event.preventDefault();
      this.#box.classList.add("is-dropping");
    });
    this.#box.addEventListener("dragleave", () => this.#box.classList.remove("is-dropping"));
    this.#box.addEventListener("drop", (event) => {
      this.#box.classList.remove("is-dropping");
      this.#take(event, event.dataTransfer.files);
    });
  }

  #sources() {
    return [
      {
        label: say("cannedResponses"),
        pattern: /(?:^|\s)\/([\w-]*)$/,
        isOn: () => true,
        find: (word) => this.#canned.find(word),
        show: ({ short_code: code, title, text }) => [
          element("b", { dir: "auto" }, `/${code}`),
          element("span", { dir: "auto" }, tame(title)),
          element("small", { dir: "auto" }, text),
        ],
        text: ({ text }) => this.#canned.fill(text, { summary: this.#thread.summary, me: this.#desk.directory.me }),
      },
      {
        label: say("colleagues"),
        pattern: /(?:^|\s)@([\p{L}\p{N}._-]*)$/u,
        isOn: () => this.#kind === "note",
        find: async (word) => this.#desk.directory.colleagues.filter(({ name }) => isNamed(name, word)),
        show: ({ name, is_online: isOnline, is_away: isAway }) => [
          element("b", { dir: "auto" }, tame(name)),
          element("small", {}, say(isAway ? "isAway" : isOnline ? "isHere" : "isNotHere")),
        ],
        text: ({ name }) => `@${name} `,
      },
    ];
  }

  #makeTab(kind) {
    const choose = () => {
      this.write(kind);
      this.#keep();
    };
    const tab = element("button", { type: "button", class: "kind", click: choose }, say(`kind_${kind}`));
    this.#tabs.set(kind, tab);
    return tab;
  }

  #tool(name, press) {
    return element(
      "button",
      { type: "button", class: "icon-button", "aria-label": say(`tool_${name}`), title: say(`tool_${name}`), click: press },
      icon(name),
    );
  }

  #choose(kind) {
    this.#kind = kind;
    const isNote = kind === "note";
    if (isNote) this.#stopTyping();
    for (const [name, tab] of this.#tabs) tab.setAttribute("aria-pressed", String(name === kind));
    this.#box.classList.toggle("is-note", isNote);
    const label = say(isNote ? "noteHint" : "replyHint");
    this.#field.setAttribute("aria-label", label);
    this.#field.setAttribute("placeholder", label);
    this.#send.textContent = say(isNote ? "addNote" : "send");
    if (this.#thread) this.#update();
  }

  #explain(mayReply) {
    const { summary } = this.#thread;
    const name = tame(summary.agent?.name ?? "");
    const helping = ["claim", "take_over", "reopen"].find((verb) => this.#thread.allows(verb));
    const key = !this.#desk.directory.mayChange
      ? "auditor"
      : summary.status === "resolved"
        ? "resolved"
        : name
          ? "colleague"
          : summary.owner;
    this.#reason.hidden = mayReply;
    if (mayReply) return;
    const help = () => this.dispatchEvent(new CustomEvent("verb", { detail: helping }));
    const note = () => this.write("note");
    const mayNote = this.#thread.allows("note") && this.#box.hidden;
    this.#reason.replaceChildren(
      element("span", {}, sayAny("reason", key, { name })),
      ...(mayNote ? [element("button", { type: "button", class: "quiet", click: note }, say("verb_note"))] : []),
      ...(helping ? [element("button", { type: "button", class: "primary", click: help }, say(`verb_${helping}`))] : []),
    );
  }

  #typed() {
    const { value } = this.#field;
    if (value.startsWith("/note ") && this.#thread.allows("note")) {
      this.#field.value = value.slice("/note ".length);
      this.#choose("note");
    }
    this.#keep();
    this.#update();
    this.completion.update();
    if (this.#kind === "reply" && this.#thread.allows("reply")) this.#tellTyping();
  }

  #keep() {
    if (!this.#field.value) this.#ghost = null;
    this.#desk.drafts.keep(this.#thread, this.#field.value, this.#kind);
  }

  #tellTyping() {
    clearTimeout(this.#quietTimer);
    if (!this.#field.value.trim()) return this.#stopTyping();
    this.#quietTimer = setTimeout(() => this.#stopTyping(), QUIET_MS);
    if (Date.now() - this.#typedAt < AGAIN_MS) return;
    this.#typedAt = Date.now();
    this.#desk.live.send("typing", { on: true });
  }

  #stopTyping() {
    clearTimeout(this.#quietTimer);
    if (!this.#typedAt) return;
    this.#typedAt = 0;
    this.#desk.live.send("typing", { on: false });
  }

  #press(event) {
    // While an input method composes, Enter chooses a word; 229 is what Safari calls that.
    if (event.isComposing || event.keyCode === 229) return;
    if (this.completion.press(event)) return;
    if (event.key === "Enter" && !event.shiftKey && !event.altKey) this.#submit(event);
    if (event.key === "Escape") this.dispatchEvent(new Event("leave"));
  }

  #take(event, files) {
    if (!files.length) return;
    event.preventDefault();
    this.tray.add(files);
  }

  #insertSlash() {
    this.#field.focus();
    const { value, selectionStart: at } = this.#field;
    this.#replace(at, at, at && !/\s$/.test(value.slice(0, at)) ? " /" : "/");
    this.completion.update();
  }

  #replace(from, to, text) {
    this.#field.setRangeText(text, from, to, "end");
    this.#keep();
    this.#update();
  }

  get #text() {
    // Half an emoji and control characters would never arrive.
    return this.#field.value.replace(/(?!\s)[\p{Cs}\p{Cc}]/gu, "").trim();
  }

  #excess() {
    return [...this.#text].length - this.#desk.directory.limits.text;
  }

  #update() {
    const excess = this.#excess();
    const isEmpty = !this.#text && !this.tray.attachments.length;
    const isAllowed = this.#thread.allows(this.#kind);
    this.#send.disabled = !isAllowed || isEmpty || excess > 0 || this.tray.isBusy;
    const warning = excess > 0 ? say("tooLong", { count: excess }) : "";
    if (this.#length.textContent !== warning) this.#length.textContent = warning;
    this.#field.style.height = "auto";
    if (this.#field.scrollHeight) this.#field.style.height = `${this.#field.scrollHeight}px`;
  }

  async #submit(event) {
    event.preventDefault();
    if (this.#send.disabled) return;
    const thread = this.#thread;
    const text = this.#text;
    const secret = findSecret(text);
    if (secret && !(await this.#confirmSecret(secret.kind))) return this.#field.focus();
    if (this.#thread !== thread || this.#text !== text) return;
    const named = this.#kind === "note" ? this.#desk.directory.agents : [];
    this.#desk.send({
      text,
      kind: this.#kind,
      attachments: this.tray.attachments,
      mentions: named.filter(({ name }) => text.includes(`@${name}`)).map(({ id }) => id),
      ghost_seq: this.#kind === "reply" ? this.#ghost : null,
    });
    this.#field.value = "";
    this.tray.clear();
    this.#keep();
    this.#desk.drafts.flush();
    this.#stopTyping();
    this.refresh();
  }

  #confirmSecret(kind) {
    return confirm({
      title: sayAny("secretTitle", kind),
      text: say("secretBody"),
      yes: say("sendAnyway"),
      no: say("edit"),
    });
  }
}

function isNamed(name, word) {
  const wanted = word.toLowerCase();
  return name.toLowerCase().split(/\s+/).some((part) => part.startsWith(wanted));
}
