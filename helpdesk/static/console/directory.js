/** Who works here: this agent, the colleagues, the teams, and what the desk allows. */

/** Tells `change`. */
export class Directory extends EventTarget {
  #requests;

  constructor(requests) {
    super();
    this.#requests = requests;
    this.me = null;
    this.agents = [];
    this.teams = [];
    this.hours = { is_open: true, opens_at: null };
    this.limits = { text: 4000, attachment_bytes: 0, attachment_types: [] };
  }

  async load() {
    const { agent, agents, teams, hours, limits, counts } = await this.#requests.get("/me");
    Object.assign(this, { me: agent, agents, teams, hours, limits });
    this.#tell();
    return counts;
  }

  get leads() {
    return ["lead", "admin"].includes(this.me.role);
  }

  /** An auditor reads, and changes nothing. */
  get mayChange() {
    return this.me.role !== "auditor";
  }

  /** Who reads the audit record. */
  get mayAudit() {
    return ["auditor", "admin"].includes(this.me.role);
  }

  /** Admins take back any mail, the others what they sent themselves. */
  mayWithdraw({ may_undo: isPossible, by }) {
    return isPossible && this.mayChange && (this.me.role === "admin" || this.isMe(by));
  }

  /** Whose queue is that of every team. */
  get seesAll() {
    return this.leads || !this.mayChange;
  }

  get colleagues() {
    return this.agents.filter(({ id }) => id !== this.me.id);
  }

  isMe(agent) {
    return Boolean(agent) && agent.id === this.me?.id;
  }

  find(id) {
    return this.agents.find((agent) => agent.id === id);
  }

  /** Take the list as the help desk has it now. */
  take(agents) {
    this.agents = agents;
    this.me = this.find(this.me.id) ?? this.me;
    this.#tell();
  }

  async setAway(isAway) {
    await this.#requests.put("/me/away", { is_away: isAway });
    this.me = { ...this.me, is_away: isAway };
    this.#tell();
  }

  #tell() {
    this.dispatchEvent(new Event("change"));
  }
}
