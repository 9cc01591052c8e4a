/** Who the contact is: their account, their earlier conversations, what was tried. */

import { newClientId } from "../chat/outbox.js";
import { element } from "../chat/element.js";
import { askForm, field, openDialog } from "./dialog.js";
import { icon } from "./icons.js";
import { contactName, ownerName, tame } from "./names.js";
import { dayOf, shortly, wholly } from "./times.js";
import { renderAction } from "./understanding.js";
import { say, sayAny } from "./words.js";

const MAILS = ["invite", "password_reset"];

/** Tells `open` with the id of another conversation, `close`, and `news` with words. */
export class PersonPanel extends EventTarget {
  #desk;
  #thread = null;
  #asked = null;
  #who = element("header", { class: "person-who" });
  #warnings = element("section", { class: "person-warnings", "aria-label": say("warnings") });
  #actions = element("div", { class: "person-actions" });
  #account = section("accountTitle");
  #tried = section("triedTitle");
  #earlier = section("earlier");
  #history = section("history");

  constructor(desk) {
    super();
    this.#desk = desk;
    const close = element(
      "button",
      { type: "button", class: "icon-button person-close", "aria-label": say("closePanel"), click: () => this.#tell("close") },
      icon("close"),
    );
    const parts = [this.#account, this.#tried, this.#earlier, this.#history];
    this.node = element(
      "section",
      { class: "person", "aria-label": say("person"), tabindex: -1 },
      close,
      this.#who,
      this.#warnings,
      this.#actions,
      ...parts.map(({ node }) => node),
    );
    desk.addEventListener("thread", () => this.#follow());
  }

  /** Show it; each look at an account is written down, so nothing is fetched unseen. */
  set isOpen(isOpen) {
    this.node.hidden = !isOpen;
    if (isOpen) this.#follow();
  }

  #follow() {
    const { thread } = this.#desk;
    if (this.node.hidden || !thread) return;
    if (thread !== this.#thread) {
      this.#thread = thread;
      for (const type of ["change", "messages"]) {
        thread.addEventListener(type, () => thread === this.#thread && this.#show());
      }
    }
    this.#show();
  }

  #show() {
    const thread = this.#thread;
    if (this.node.hidden || !thread.isLoaded) return;
    const { person, summary } = thread;
    const known = person.is_verified ? "verified" : "notVerified";
    this.#who.replaceChildren(
      element("h2", { dir: "auto" }, contactName(summary)),
      person.email ? element("p", { class: "person-email", dir: "auto" }, tame(person.email)) : "",
      element("p", { class: `person-known is-${known}` }, icon(person.is_verified ? "verified" : "mine"), say(known)),
      element("p", { class: "person-since" }, say("since", { time: dayOf(person.since) })),
    );
    this.#showTried();
    this.#showHistory();
    if (this.#asked === thread) return;
    this.#asked = thread;
    this.#fetch(thread);
  }

  async #fetch(thread) {
    this.#account.show(element("p", { class: "soft" }, say("loading")));
    this.#earlier.show(element("p", { class: "soft" }, say("loading")));
    this.#actions.replaceChildren();
    this.#warnings.replaceChildren();
    const answer = await this.#desk.requests.get(`${thread.path}/person`).catch(() => null);
    if (thread !== this.#thread) return;
    this.#warnings.replaceChildren(...renderWarnings(answer?.warnings ?? []));
    this.#showActions();
    this.#showAccount(answer);
    this.#showEarlier(answer);
  }

  #showActions() {
    const { person } = this.#thread;
    const email = person.email ?? "";
    const buttons = MAILS.map((kind) =>
      element("button", { type: "button", class: "quiet", "data-mail": kind, click: () => this.#send(kind, email) }, say(`mail_${kind}`)),
    );
    this.#actions.replaceChildren(...(this.#thread.allows("act") ? buttons : []));
  }

  #showAccount(answer) {
    const again = element("button", { type: "button", class: "link", click: () => this.#fetch(this.#thread) }, say("retry"));
    if (!answer) return this.#account.show(element("p", { class: "soft" }, say("accountFailed"), " ", again));
    const { account, deliveries, problem, delivery_note: note } = answer;
    const lines = [];
    if (problem) lines.push(element("p", { class: "soft" }, problem, " ", again));
    else if (!account) lines.push(element("p", { class: "soft" }, say("accountUnknown")));
    else lines.push(renderAccount(account));
    if (note) lines.push(element("p", { class: "delivery-note" }, icon("letter"), element("span", { dir: "auto" }, tame(note))));
    if (deliveries.length) {
      lines.push(element("p", { class: "small-title" }, say("deliveries")));
      lines.push(element("ul", { class: "deliveries" }, ...deliveries.map(renderDelivery)));
    }
    this.#account.show(...lines);
  }

  #showTried() {
    const actions = this.#thread.messages.flatMap(({ turn }) => turn?.actions ?? []);
    this.#tried.show(
      actions.length
        ? element("ul", { class: "actions" }, ...actions.map(renderAction))
        : element("p", { class: "soft" }, say("triedNothing")),
    );
  }

  #showEarlier(answer) {
    const earlier = answer?.earlier ?? [];
    const items = earlier.map((summary) =>
      element(
        "li",
        {},
        element(
          "button",
          { type: "button", class: "earlier-one", click: () => this.#tell("open", summary.id) },
          element("span", { dir: "auto" }, summary.topic ? tame(summary.topic.title) : say("noTopic")),
          element("small", {}, shortly(summary.updated_at), " · ", sayAny("status", summary.status)),
        ),
      ),
    );
    this.#earlier.show(items.length ? element("ul", {}, ...items) : element("p", { class: "soft" }, say("earlierNone")));
  }

  #showHistory() {
    const { stretches, satisfaction } = this.#thread;
    const items = stretches.map(({ owner, agent, reason, began_at: at, end }) => {
      const name = ownerName({ owner, agent, team: null, status: "open" }, this.#desk.directory);
      const why = end ? sayAny("end", end) : reason && owner === "queue" ? sayAny("handoff", reason) : "";
      return element(
        "li",
        {},
        element("span", { dir: "auto" }, name),
        element("small", {}, element("time", { datetime: at, title: wholly(at) }, shortly(at)), why ? ` · ${why}` : ""),
      );
    });
    const rated = satisfaction?.score
      ? element("p", { class: "rated" }, say("rated", { count: satisfaction.score }), satisfaction.comment ? element("q", { dir: "auto" }, satisfaction.comment) : "")
      : "";
    this.#history.show(rated, element("ol", { class: "stretches" }, ...items));
  }

  async #send(kind, known) {
    const thread = this.#thread;
    const address = element("input", { type: "email", required: true, value: known, autocomplete: "off", maxlength: 254 });
    const email = await askForm(
      { title: say(`mail_${kind}`), yes: say("sendMail"), read: () => address.value.trim() || undefined, className: "is-small" },
      element("p", {}, say(`mailWhy_${kind}`)),
      field(say("mailTo"), address),
    );
    if (!email) return;
    try {
      const body = { client_id: newClientId(), kind, email };
      const { message } = await this.#desk.requests.post(`${thread.path}/recoveries`, body);
      thread.take(message);
      this.#tell("news", say(`mailSent_${kind}`));
      if (thread === this.#thread) this.#fetch(thread);
    } catch (error) {
      if (error.code === "needs_second_person") this.#explainSecond(error.data);
      else this.#desk.explain(error, thread);
    }
  }

  /** Nothing was sent; somebody else has to agree first, or nobody can. */
  #explainSecond({ message, approval }) {
    if (approval) this.#desk.approvals.take(approval);
    const reasons = approval?.reasons ?? [];
    const { close } = openDialog(
      { title: say("secondTitle"), className: "is-small" },
      element("p", {}, message || say("secondWhat")),
      reasons.length ? element("p", { class: "small-title" }, say("approvalWhy")) : null,
      reasons.length ? element("ul", { class: "reasons" }, ...reasons.map((text) => element("li", { dir: "auto" }, text))) : null,
      element("div", { class: "dialog-foot" }, element("button", { type: "button", class: "primary", click: () => close() }, say("understoodThat"))),
    );
  }

  #tell(type, detail = undefined) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

function section(name) {
  const body = element("div", {});
  const node = element("section", { class: "person-section", "data-section": name }, element("h3", {}, say(name)), body);
  return { node, show: (...content) => body.replaceChildren(...content) };
}

/** What speaks against doing at once what the contact wants: said in words, each with its sign. */
function renderWarnings(warnings) {
  if (!warnings.length) return [];
  const needsSecond = warnings.some(({ needs_second_person: needs }) => needs);
  return [
    element("h3", {}, icon("warning"), say("warnings")),
    element("ul", {}, ...warnings.map(({ text, kind }) => element("li", { dir: "auto", "data-warning": kind }, text))),
    needsSecond ? element("p", { class: "person-second" }, say("warningsSecond")) : "",
  ];
}

function renderAccount(account) {
  const { state, role, site, invitation } = account;
  const moments = [
    ["accountCreated", account.created_at],
    ["accountConfirmed", account.confirmed_at],
    ["accountSignedIn", account.last_login_at],
  ];
  return element(
    "dl",
    { class: "facts" },
    ...pair(say("accountState"), element("b", { class: `account-${state}` }, sayAny("account", state, { state }))),
    ...(invitation ? pair(say("invitation"), renderInvitation(invitation)) : []),
    ...(role ? pair(say("accountRole"), sayAny("role", role, { role })) : []),
    ...(site ? pair(say("accountSite"), tame(site)) : []),
    ...moments.filter(([, at]) => at).flatMap(([name, at]) => pair(say(name), wholly(at))),
  );
}

function renderInvitation({ state, expires_at: at }) {
  const text = sayAny("invitation", state, { state, time: wholly(at) });
  return element("span", { class: `invitation-${state}` }, text);
}

function pair(name, value) {
  return [element("dt", {}, name), element("dd", { dir: "auto" }, value)];
}

function renderDelivery({ kind, at, state }) {
  return element(
    "li",
    { class: `delivery is-${state}` },
    element("span", {}, sayAny("delivery", kind, { kind })),
    element("small", {}, sayAny("deliveryState", state, { state }), " · ", element("time", { datetime: at, title: wholly(at) }, shortly(at))),
  );
}
