/** The views of the list: which conversations each of them has, and in which order. */

const byAge = (one, other) =>
  Number(other.is_returned) - Number(one.is_returned) ||
  Date.parse(one.waiting_since) - Date.parse(other.waiting_since) ||
  compare(one.id, other.id);
const byChange = (one, other) =>
  Date.parse(other.updated_at) - Date.parse(one.updated_at) || compare(other.id, one.id);

const isOpen = ({ status }) => status === "open";
const waits = (it) => isOpen(it) && it.owner !== "agent" && it.waiting_since !== null;
const isOfTeam = (it, { me }) =>
  me.team_id !== null && (it.team?.id === me.team_id || it.agent?.team_id === me.team_id);

/** In the order in which they are shown. `key` follows `g`. */
export const VIEWS = [
  {
    name: "queue",
    key: "q",
    order: byAge,
    has: (it, directory) => waits(it) && (!it.team || directory.seesAll || it.team.id === directory.me.team_id),
  },
  {
    name: "mine",
    key: "m",
    order: byChange,
    has: (it, directory) => isOpen(it) && it.owner === "agent" && directory.isMe(it.agent),
  },
  { name: "team", key: "t", order: byChange, has: (it, directory) => isOpen(it) && isOfTeam(it, directory) },
  { name: "all", key: "a", order: byChange, has: ({ last_seq: seq }) => seq > 0 },
  { name: "snoozed", key: "s", order: byChange, has: ({ status }) => status === "snoozed" },
  { name: "resolved", key: "r", order: byChange, has: ({ status }) => status === "resolved" },
  { name: "mentions", key: "n", order: null, has: () => false },
];

export function viewNamed(name) {
  return VIEWS.find((view) => view.name === name);
}

function compare(one, other) {
  return one < other ? -1 : one > other ? 1 : 0;
}
