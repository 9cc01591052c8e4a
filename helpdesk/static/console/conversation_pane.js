/** The open conversation: who it is, what may be done, what was said, what to say. */

import { element, icon as chatIcon } from "../chat/element.js";
import { Composer } from "./composer.js";
import { icon } from "./icons.js";
import { contactName, ownerName, tame } from "./names.js";
import { ticking, wholly } from "./times.js";
import { Transcript } from "./transcript.js";
import { allowedVerbs } from "./verbs.js";
import { say, sayAny } from "./words.js";

const SKELETONS = 4;

/** Tells `verb` with a verb's name, `back`, `panel`, `command` with a text, and `news` with words. */
export class ConversationPane extends EventTarget {
  #desk;
  #name = element("h2", { class: "conversation-name", dir: "auto", tabindex: -1 });
  #state = element("p", { class: "conversation-state" });
  #verbs = element("div", { class: "verbs", role: "group", "aria-label": say("verbs") });
  #watchers = element("p", { class: "watchers", "data-part": "watchers" });
  #open;
  #placeholder = element("div", { class: "placeholder" });
  #skeleton = element("div", { class: "thread-skeleton", "aria-hidden": "true" });
  #panelButton;

  constructor(desk, canned) {
    super();
    this.#desk = desk;
    this.transcript = new Transcript(desk);
    this.composer = new Composer(desk, canned);
    for (let count = 0; count < SKELETONS; count++) this.#skeleton.append(element("i"));
    const tell = (type) => () => this.#tell(type);
    this.#panelButton = this.#iconButton("panel", "person", tell("panel"));
    const back = this.#iconButton("back", "backToList", tell("back"));
    back.classList.add("back");
    this.#open = element(
      "div",
      { class: "conversation-open" },
      element(
        "header",
        { class: "conversation-head" },
        back,
        element("div", { class: "conversation-who" }, this.#name, this.#state),
        this.#verbs,
        this.#panelButton,
      ),
      this.#watchers,
      this.#skeleton,
      this.transcript.node,
      this.composer.node,
    );
    this.node = element("section", { class: "conversation", "aria-label": say("conversation") }, this.#placeholder, this.#open);
    this.#listen();
    this.#show();
  }

  set isPanelOpen(isOpen) {
    this.#panelButton.setAttribute("aria-expanded", String(isOpen));
  }

  focus() {
    if (this.#desk.thread?.isLoaded) this.transcript.focus();
    else this.#name.focus();
  }

  #listen() {
    this.#desk.addEventListener("thread", () => this.#show());
    this.composer.addEventListener("verb", ({ detail }) => this.#tell("verb", detail));
    this.composer.addEventListener("leave", () => this.transcript.focus());
    this.transcript.addEventListener("use", ({ detail }) => this.composer.useGhost(detail));
    this.transcript.addEventListener("edit", ({ detail }) => this.composer.edit(detail));
    this.transcript.addEventListener("command", ({ detail: { text, client_id: id } }) => {
      this.#desk.outgoing.remove(id);
      this.#tell("command", text);
    });
    this.transcript.addEventListener("news", ({ detail }) => this.#tell("news", detail));
  }

  #show() {
    const { thread } = this.#desk;
    const problem = thread && !thread.isLoaded ? thread.problem : null;
    this.#placeholder.hidden = Boolean(thread) && !problem;
    this.#open.hidden = !this.#placeholder.hidden;
    if (!this.#placeholder.hidden) return this.#explain(problem);
    this.#isShown = false;
    this.#name.textContent = "";
    this.#state.replaceChildren();
    this.#verbs.replaceChildren();
    this.#watchers.textContent = "";
    this.#wait(true);
    thread.addEventListener("change", () => thread === this.#desk.thread && this.#follow(thread));
    this.transcript.show(thread);
  }

  #isShown = false;

  #follow(thread) {
    if (!this.#isShown) {
      this.#isShown = true;
      this.#wait(false);
      this.composer.show(thread);
      this.transcript.toEnd();
    } else this.composer.refresh();
    this.#name.textContent = contactName(thread.summary);
    this.#state.replaceChildren(...this.#stateOf(thread.summary));
    this.#showVerbs(thread);
    const watchers = thread.presence.map(({ agent, is_typing: types }) =>
      say(types ? "typesToo" : "looksToo", { name: tame(agent.name) }),
    );
    this.#watchers.textContent = watchers.join(" ");
    this.#desk.see(thread);
  }

  #wait(isWaiting) {
    this.#skeleton.hidden = !isWaiting;
    this.transcript.node.hidden = isWaiting;
    this.composer.node.hidden = isWaiting;
  }

  #stateOf(summary) {
    const { number, status, waiting_since: since, snoozed_until: until, handoff_reason: reason } = summary;
    const part = (text) => element("span", {}, text);
    const named = element("span", { class: "number" }, say("number", { number }));
    const name = ownerName(summary, this.#desk.directory);
    if (status === "snoozed" && until) return [part(say("stateSnoozed", { time: wholly(until) })), named];
    if (status === "resolved") return [part(say("stateResolved")), named];
    const owned = this.#desk.directory.isMe(summary.agent) ? "stateYours" : "stateAgent";
    if (summary.agent) return [part(say(owned, { name })), named];
    if (!since) return [part(say("stateAssistant")), named];
    const why = reason ? element("span", { class: "why" }, sayAny("handoff", reason)) : "";
        return [element("span", { class: "is-waiting" }, say("waitsFor"), " ", ticking(since)), why, named];
  }

  #showVerbs(thread) {
    const verbs = allowedVerbs(thread).filter(({ name }) => name !== "reply" && name !== "note");
    const main = verbs.find(({ isMain }) => isMain) ?? verbs.find(({ name }) => name === "resolve");
    const nodes = verbs.filter((verb) => verb !== main).map((verb) => this.#verbButton(verb, false));
    if (main) nodes.push(this.#verbButton(main, true));
    const focused = this.#verbs.contains(document.activeElement) ? document.activeElement.dataset.verb : null;
    this.#verbs.replaceChildren(...nodes);
    if (focused) (nodes.find(({ dataset }) => dataset.verb === focused) ?? this.#name).focus();
  }

  #verbButton({ name, key }, isMain) {
    const label = say(`verb_${name}`);
    const title = say("verbKey", { verb: label, key: key.toUpperCase() });
    const press = () => this.#tell("verb", name);
    const inside = isMain ? label : icon(name === "claim" || name === "take_over" ? "mine" : name);
    return element(
      "button",
      { type: "button", class: isMain ? "primary" : "icon-button", "data-verb": name, "aria-label": label, title, click: press },
      inside,
    );
  }

  #iconButton(drawing, label, press) {
    const title = say(label);
    return element("button", { type: "button", class: "icon-button", "aria-label": title, title, click: press }, icon(drawing));
  }

  #explain(problem) {
    const again = element("button", { type: "button", class: "quiet", click: () => this.#retry() }, say("retry"));
    const isGone = problem === "not_found";
    const lines = problem
      ? [chatIcon("again"), element("p", { class: "empty-title" }, say(isGone ? "threadGone" : "threadFailed")), isGone ? "" : again]
      : [icon("key"), element("p", { class: "empty-title" }, say("nothingOpen")), element("p", {}, say("nothingOpenHow"))];
    this.#placeholder.replaceChildren(...lines);
  }

  #retry() {
    this.#desk.thread.problem = null;
    this.#show();
    this.#desk.reload();
  }

  #tell(type, detail = undefined) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
