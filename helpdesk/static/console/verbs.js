/** What an agent may do with a conversation: name, key, and where it is asked for. */

/**
 * In the order in which they are offered. `may` is the help desk's word for it; `asks`
 * means that a question comes first; `path` is missing where nothing is sent at once.
 */
export const VERBS = [
  { name: "claim", key: "c", may: "claim", path: "claim", isMain: true },
  { name: "take_over", key: "c", may: "take_over", path: "claim", isMain: true },
  { name: "reopen", key: "o", may: "reopen", path: "reopen", isMain: true },
  { name: "reply", key: "r", may: "reply" },
  { name: "note", key: "n", may: "note" },
  { name: "transfer", key: "t", may: "transfer", asks: true },
  { name: "snooze", key: "s", may: "snooze", asks: true },
  { name: "hand_back", key: "h", may: "hand_back", path: "hand_back" },
  { name: "release", key: "u", may: "release", path: "release" },
  { name: "resolve", key: "e", may: "resolve", path: "resolve" },
];

/** Return the verbs that are allowed now; a lead who may claim from a colleague, too. */
export function allowedVerbs(thread) {
  return VERBS.filter(({ may }) => thread.allows(may));
}
