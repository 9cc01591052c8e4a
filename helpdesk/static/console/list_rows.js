/** The rows of lists: a conversation, something found, a mention. */

import { element } from "../chat/element.js";
import { contactName, ownerName, tame } from "./names.js";
import { runFrom, shortly, ticking, wholly } from "./times.js";
import { say } from "./words.js";

export const ROW_HEIGHT = 92;

/** Return what makes rows for conversations. */
export function conversationRows(directory, viewName) {
  return () => new ConversationRow(directory, viewName);
}

class ConversationRow {
  #directory;
  #viewName;
  #name = element("span", { class: "row-name", dir: "auto" });
  #when = element("span", { class: "row-when" });
  #text = element("span", { class: "row-text", dir: "auto" });
  #meta = element("span", { class: "row-meta" });

  constructor(directory, viewName) {
    this.#directory = directory;
    this.#viewName = viewName;
    this.node = element("div", { class: "row" }, this.#name, this.#when, this.#text, this.#meta);
  }

  show(summary) {
    const { unread, is_returned: isReturned, topic } = summary;
    this.node.classList.toggle("is-unread", unread > 0);
    this.node.classList.toggle("is-returned", isReturned);
    this.#name.textContent = contactName(summary);
    this.#showTime(summary);
    this.#text.textContent = said(summary);
    const viewName = this.#viewName();
    const owner = viewName === "mine" || viewName === "queue" ? null : summary;
    this.#meta.replaceChildren(
      ...[
        isReturned && tag("returned", say("returned")),
        topic && element("span", { class: "row-topic", dir: "auto" }, tame(topic.title)),
        summary.team && viewName === "queue" && tag("team", tame(summary.team.name)),
        owner && element("span", { class: "row-owner" }, ownerName(owner, this.#directory)),
        unread > 0 && element("span", { class: "row-unread" }, unreadWords(unread)),
      ].filter(Boolean),
    );
  }

  #showTime({ waiting_since: since, owner, status, snoozed_until: until, updated_at: at }) {
    const waits = since && owner !== "agent" && status === "open";
    this.#when.classList.toggle("is-waiting", Boolean(waits));
    if (waits) {
      const time = this.#when.querySelector("time[data-since]");
      if (time) runFrom(time, since);
      else this.#when.replaceChildren(element("span", { class: "unseen" }, say("waitsFor")), ticking(since));
      return;
    }
    const moment = status === "snoozed" && until ? until : at;
    const words = status === "snoozed" && until ? say("until", { time: shortly(until) }) : shortly(at);
    this.#when.replaceChildren(element("time", { datetime: moment, title: wholly(moment) }, words));
  }
}

function said({ last_text: text, last_sender: sender }) {
  const who = { agent: "saidAgent", assistant: "saidAssistant" }[sender];
  return who ? say(who, { text: text ?? "" }) : (text ?? "");
}

function tag(kind, text) {
  return element("span", { class: `tag tag-${kind}`, dir: "auto" }, text);
}

function unreadWords(count) {
  return [
    element("span", { "aria-hidden": "true" }, String(count)),
    element("span", { class: "unseen" }, say("unread", { count })),
  ].reduce((parent, child) => (parent.append(child), parent), document.createDocumentFragment());
}

/** Makes rows for what a search found, or for mentions: `passage` are pieces with hits. */
export class PassageRow {
  #name = element("span", { class: "row-name", dir: "auto" });
  #when = element("span", { class: "row-when" });
  #text = element("span", { class: "row-text row-passage", dir: "auto" });
  #meta = element("span", { class: "row-meta" });

  constructor() {
    this.node = element("div", { class: "row" }, this.#name, this.#when, this.#text, this.#meta);
  }

  show({ conversation, passage, created_at: at, by, isNew }) {
    this.node.classList.toggle("is-unread", Boolean(isNew));
    this.#name.textContent = contactName(conversation);
    this.#when.replaceChildren(element("time", { datetime: at, title: wholly(at) }, shortly(at)));
    const pieces = passage.map(({ text, hit }) => (hit ? element("mark", {}, text) : text));
    this.#text.replaceChildren(...pieces);
    this.#meta.replaceChildren(element("span", { class: "row-owner", dir: "auto" }, by));
  }
}
