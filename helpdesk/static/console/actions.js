/** What keys, buttons and the command bar set off. */

import { openApprovals } from "./approval_list.js";
import { openCannedEditor } from "./canned_editor.js";
import { openCommandBar } from "./command_bar.js";
import { openGhostReport } from "./ghost_report.js";
import { openKeySheet } from "./key_sheet.js";
import { contactName, tame } from "./names.js";
import { askSnooze } from "./snooze.js";
import { askTransfer } from "./transfer.js";
import { allowedVerbs, VERBS } from "./verbs.js";
import { VIEWS } from "./views.js";
import { say } from "./words.js";

export class Actions {
  #desk;
  #shell;
  #canned;

  /** @param {Shell} shell what moves between the panes */
  constructor(desk, shell, canned) {
    this.#desk = desk;
    this.#shell = shell;
    this.#canned = canned;
  }

  /** Return what each key does. */
  get keys() {
    const shell = this.#shell;
    const keys = {
      j: () => shell.move(1),
      k: () => shell.move(-1),
      Enter: () => shell.choose(),
      Escape: () => shell.leave(),
      f: () => shell.search(),
      "/": () => shell.openAssistant("/"),
      p: () => shell.togglePanel(),
      "?": () => openKeySheet(),
      "mod+k": () => shell.toggleAssistant(),
      "mod+j": () => this.openBar(),
    };
    for (const { key } of VERBS) keys[key] = () => this.#runKey(key);
    for (const { key, name } of VIEWS) keys[`g ${key}`] = () => shell.showView(name);
    return keys;
  }

  /** Do what an entry of the menu says. */
  choose(name) {
    const entries = {
      shortcuts: () => openKeySheet(),
      report: () => openGhostReport(this.#desk),
      cannedResponses: () => openCannedEditor(this.#canned),
      assistant: () => this.#shell.toggleAssistant(),
      approvals: () => openApprovals(this.#desk, (id) => this.#shell.open(id)),
    };
    entries[name]();
  }

  /** Do a verb with the open conversation; questions come first. */
  async run(name) {
    const { thread } = this.#desk;
    const verb = VERBS.find((each) => each.name === name);
    if (name === "reply" || name === "note") return this.#shell.write(name);
    const body = await this.#ask(name, thread);
    if (body === undefined || this.#desk.thread !== thread) return;
    if (!(await this.#desk.act(verb, body))) return;
    const target = body.agent ?? body.team;
    const { agents, teams } = this.#desk.directory;
    const to = [...agents, ...teams].find(({ id }) => id === target)?.name ?? "";
    this.#shell.tell(say(`done_${name}`, { name: contactName(thread.summary), to: tame(to) }));
    if (["claim", "take_over", "reopen"].includes(name)) this.#shell.write("reply");
  }

  openBar() {
    if (document.querySelector("dialog[open]")) return;
    const parts = [this.#verbCommands, this.#viewCommands, this.#otherCommands, this.#targets];
    const all = this.#desk.lists.get("all");
    openCommandBar(() => parts.flatMap((part) => part.call(this)), all);
    if (!all.items.length) all.load();
  }

  async #ask(name, { summary }) {
    if (name === "transfer") return askTransfer(this.#desk.directory, summary);
    return name === "snooze" ? askSnooze() : {};
  }

  #runKey(key) {
    const { thread } = this.#desk;
    if (!thread?.isLoaded) return;
    const verb = allowedVerbs(thread).find((each) => each.key === key);
    if (verb) this.run(verb.name);
    else this.#shell.tell(say("notNow", { verb: say(`verb_${VERBS.find((each) => each.key === key).name}`) }));
  }

  #verbCommands() {
    const { thread } = this.#desk;
    if (!thread?.isLoaded) return [];
    const name = contactName(thread.summary);
    return allowedVerbs(thread).map((verb) => ({
      label: say(`verb_${verb.name}`),
      hint: name,
      key: verb.key,
      run: () => this.run(verb.name),
    }));
  }

  #viewCommands() {
    return VIEWS.map(({ name, key }) => ({
      label: say("goTo", { view: say(`view_${name}`) }),
      key: `g ${key}`,
      run: () => this.#shell.showView(name),
    }));
  }

  #otherCommands() {
    const { directory } = this.#desk;
    const away = () => directory.setAway(!directory.me.is_away).catch((error) => this.#desk.explain(error));
    const commands = [
      { label: say("search"), key: "f", run: () => this.#shell.search() },
      { label: say("approvals"), run: () => this.choose("approvals") },
      { label: say("person"), key: "p", run: () => this.#shell.togglePanel() },
      { label: say("shortcuts"), key: "?", run: () => openKeySheet() },
    ];
    if (directory.mayChange) commands.push({ label: say("assistant"), key: "/", run: () => this.#shell.openAssistant("/") });
    if (directory.mayAudit) commands.push({ label: say("audit"), run: () => location.assign("/console/audit") });
    if (directory.mayChange) commands.push({ label: say(directory.me.is_away ? "comeBack" : "goAway"), run: away });
    const entries = directory.leads ? ["cannedResponses", "report"] : [];
    return [...commands, ...entries.map((name) => ({ label: say(name), run: () => this.choose(name) }))];
  }

  /** Conversations that are known here, and colleagues to whom the open one can go. */
  #targets() {
    const known = new Map();
    for (const list of this.#desk.lists.values()) {
      for (const summary of list.items) known.set(summary.id, summary);
    }
    const conversations = [...known.values()].map((summary) => ({
      label: contactName(summary),
      hint: summary.topic ? tame(summary.topic.title) : say("number", { number: summary.number }),
      run: () => this.#shell.open(summary.id),
    }));
    const { thread, directory } = this.#desk;
    if (!thread?.isLoaded || !thread.allows("transfer")) return conversations;
    const verb = VERBS.find(({ name }) => name === "transfer");
    const agents = directory.colleagues
      .filter(({ is_away: isAway, role }) => !isAway && role !== "auditor")
      .map(({ id, name }) => ({
        label: say("transferToAgent", { name: tame(name) }),
        hint: contactName(thread.summary),
        run: () => this.#desk.act(verb, { agent: id }),
      }));
    return [...agents, ...conversations];
  }
}
