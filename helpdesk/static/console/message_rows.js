/** One message as nodes. What others wrote never becomes markup. */

import { element } from "../chat/element.js";
import { followable, renderMarkdown } from "../chat/markdown.js";
import { icon } from "./icons.js";
import { contactName, sizeOf, tame } from "./names.js";
import { renderReceipt } from "./receipts.js";
import { wholly } from "./times.js";
import { renderGhost, renderTurn } from "./understanding.js";
import { say, sayAny, words } from "./words.js";

/**
 * Return the node of a message.
 * @param {Object} message as the protocol has it
 * @param {{thread: Thread, directory: Directory, ghost: Object, use: function, isOpen: boolean, withdraw: function}} around
 */
export function renderMessage(message, around) {
  const kind = kindOf(message);
  const isActivity = kind === "activity";
  return element(
    "div",
    { class: `message ${kind}`, "data-seq": message.seq, tabindex: -1 },
    isActivity ? null : renderWho(message, kind, around),
    message.late ? element("p", { class: "late" }, say("late")) : null,
    renderText(message, kind, around),
    ...(message.attachments ?? []).map(renderAttachment),
    renderOffered(message),
    ...(message.receipts ?? []).map((receipt) => renderReceipt(receipt, around)),
    renderRedactions(message),
    renderLink(message),
    kind === "contact" ? renderTurn(message.turn, around.isOpen) : null,
    around.ghost ? renderGhost(around.ghost, around.use) : null,
  );
}

/** Return the node of something that has not been confirmed yet. */
export function renderOutgoing(entry, actions) {
  const { text, kind, problem, attachments, client_id: id, agent } = entry;
  const foot = problem
    ? element(
        "p",
        { class: "not-sent", "data-part": "not-sent" },
        element("span", {}, sayAny("notSent", problem, { name: agent ?? "" })),
        problem === "is_command"
          ? element("button", { type: "button", class: "link", click: () => actions.command(entry) }, say("toAssistant"))
          : null,
        element("button", { type: "button", class: "link", click: () => actions.retry(id) }, say("retry")),
        element("button", { type: "button", class: "link", click: () => actions.edit(entry) }, say("edit")),
        element("button", { type: "button", class: "link", click: () => actions.remove(id) }, say("discard")),
      )
    : element("p", { class: "sending" }, say("sending"));
  return element(
    "div",
    { class: `message ${kind === "note" ? "note" : "agent"} is-outgoing${problem ? " is-failed" : ""}`, "data-client": id },
    element("div", { class: "bubble", dir: "auto" }, ...(kind === "note" ? [text] : renderMarkdown(text))),
    ...attachments.map(renderAttachment),
    foot,
  );
}

/** Return what a screen reader is told of a new message. */
export function announcementOf(message, { thread, directory }) {
  const name = speakerOf(message, kindOf(message), { thread, directory });
  return say("announcement", { name, text: message.text });
}

function kindOf({ kind, sender, late }) {
  if (kind === "note") return late || sender === "assistant" ? "note is-late" : "note";
  return kind === "activity" || sender === "system" ? "activity" : sender;
}

function speakerOf(message, kind, { thread, directory }) {
  if (message.sender === "contact") return contactName(thread.summary);
  if (message.sender === "assistant") return say("assistant");
  if (message.agent) return directory.isMe(message.agent) ? say("you") : tame(message.agent.name);
  return say(message.sender === "agent" ? "anAgent" : "system");
}

function renderWho(message, kind, around) {
  const at = message.created_at;
  const isNote = kind.startsWith("note");
  return element(
    "p",
    { class: "who" },
    element("span", { class: "who-name", dir: "auto" }, speakerOf(message, kind, around)),
    element("time", { datetime: at, title: wholly(at) }, words.time(new Date(at))),
    isNote ? element("span", { class: "private" }, icon("lock"), say("onlyAgents")) : null,
  );
}

function renderText(message, kind, { directory }) {
  const { text, mentions = [], created_at: at } = message;
  if (!text) return null;
  if (kind === "activity") {
    return element(
      "p",
      { class: "activity-text" },
      element("span", { dir: "auto" }, text),
      " ",
      element("time", { datetime: at, title: wholly(at) }, words.time(new Date(at))),
    );
  }
  const isOurs = message.kind === "outgoing";
  const nodes = isOurs ? renderMarkdown(text) : markMentions(text, mentions, directory);
  return element("div", { class: `bubble ${isOurs ? "is-rich" : "is-plain"}`, dir: "auto" }, ...nodes);
}

/** Return a note's text with the names that were meant as mentions set apart. */
function markMentions(text, mentions, directory) {
  let pieces = [text];
  for (const agent of mentions.map((id) => directory.find(id)).filter(Boolean)) {
    const name = `@${agent.name}`;
    pieces = pieces.flatMap((piece) =>
      typeof piece === "string"
        ? piece.split(name).flatMap((part, at) => (at ? [element("strong", { class: "mention" }, name), part] : [part]))
        : [piece],
    );
  }
  return pieces.filter((piece) => piece !== "");
}

function renderAttachment({ name, media_type: type, size, url, width, height }) {
  const href = ownAddress(url);
  const label = tame(name);
  const isPicture = type.startsWith("image/") && href;
  return element(
    href ? "a" : "span",
    { class: isPicture ? "picture" : "file", href, target: "_blank", rel: "noopener", title: label },
    isPicture
      ? element("img", { src: href, alt: say("picture", { name: label }), width, height, loading: "lazy" })
      : icon("file"),
    isPicture ? null : element("span", { class: "file-name", dir: "auto" }, label),
    isPicture ? null : element("span", { class: "file-size" }, sizeOf(size)),
  );
}

/** Files come from us alone. */
function ownAddress(url) {
  const address = followable(url, location.href);
  return address && new URL(address).origin === location.origin ? address : null;
}

function renderOffered({ buttons = [], article = null, results = [] }) {
  const articles = [article, ...results].filter(Boolean);
  if (!buttons.length && !articles.length) return null;
  const links = articles.map(({ title, url }) =>
    element("a", { href: followable(url, location.href), target: "_blank", rel: "noopener" }, icon("article"), tame(title)),
  );
  return element(
    "div",
    { class: "offered" },
    ...links,
    ...buttons.map(({ title }) => element("span", { class: "offered-choice", dir: "auto" }, title)),
  );
}

/** What became of the link that the contact pasted; it was looked up, not opened. */
function renderLink({ link = null }) {
  if (!link) return null;
  const { state, purpose } = link;
  const what = sayAny("linkPurpose", purpose || "other");
  return element("p", { class: "redaction" }, icon("key"), say("linkSeen", { what, state: sayAny("linkState", state) }));
}

function renderRedactions({ redactions = [] }) {
  if (!redactions.length) return null;
  const kinds = [...new Set(redactions.map((kind) => sayAny("redacted", kind)))];
  return element("p", { class: "redaction" }, icon("lock"), say("redacted", { kinds: kinds.join(say("listAnd")) }));
}
