/** What people, files and conversations are called. */

import { say } from "./words.js";

// They could turn the words around them: “exe.gpj” for “jpg.exe”.
const TURNS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Return a name that stays within its place. */
export function tame(text) {
  return text.replace(TURNS, "");
}

export function contactName({ contact, number }) {
  const known = tame(contact.name || contact.email || "").trim();
  return known || say("visitor", { number: number.slice(0, 4) });
}

/** Return who has a conversation, in a word or two. */
export function ownerName({ owner, agent, team, status }, directory) {
  if (agent) return directory.isMe(agent) ? say("you") : tame(agent.name);
  if (owner === "assistant") return say("assistant");
  if (status === "resolved") return say("nobody");
  return team ? tame(team.name) : say("inTheQueue");
}

export function initialsOf(name) {
  const parts = tame(name).trim().split(/\s+/);
  const letters = parts.length > 1 ? [parts[0], parts.at(-1)] : parts;
  return letters.map((part) => [...part][0] ?? "").join("").toUpperCase();
}

export function sizeOf(bytes) {
  if (bytes < 1024 * 1024) return say("kilobytes", { count: Math.max(1, Math.round(bytes / 1024)) });
  return say("megabytes", { count: Math.round((bytes / 1024 / 1024) * 10) / 10 });
}
