/** What waits for a second person: for this agent's word, or for a colleague's. */

/** Tells `change`. */
export class Approvals extends EventTarget {
  #requests;

  constructor(requests, live) {
    super();
    this.#requests = requests;
    this.items = [];
    live.addEventListener("approval", ({ detail }) => this.take(detail.approval));
    live.addEventListener("ready", () => this.load());
  }

  /** How many wait for this agent's word. */
  get waiting() {
    return this.items.filter(({ state, may_decide: may }) => state === "waiting" && may).length;
  }

  get isEmpty() {
    return !this.items.some(({ state }) => state === "waiting");
  }

  async load() {
    const answer = await this.#requests.get("/approvals").catch(() => null);
    if (!answer) return;
    this.items = [...answer.approvals].sort(byAge);
    this.dispatchEvent(new Event("change"));
  }

  /** Take one as it stands now. */
  take(approval) {
    this.items = [approval, ...this.items.filter(({ id }) => id !== approval.id)].sort(byAge);
    this.dispatchEvent(new Event("change"));
  }

  /** Say yes or no. */
  async decide({ id }, isApproved) {
    const path = `/approvals/${id}/${isApproved ? "approve" : "refuse"}`;
    const { approval } = await this.#requests.post(path);
    this.take(approval);
  }
}

/** What waits for this agent stands in front, then what waits for others. */
function byAge(one, other) {
  const waits = ({ state, may_decide: may }) => (state === "waiting" ? 1 + Number(may) : 0);
  return waits(other) - waits(one) || Date.parse(other.requested_at) - Date.parse(one.requested_at);
}
