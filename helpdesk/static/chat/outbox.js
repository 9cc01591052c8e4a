/**
 * What the contact said and the server has not acknowledged. Kept in the browser, one
 * entry per key, so that tabs do not overwrite each other's; that two tabs may both send
 * an entry is harmless because its client id is the same.
 */

import { lasting } from "./storage.js";

const KEY = "outbox.";
const OLD_MS = 24 * 3600 * 1000;

export class Outbox {
  #entries = new Map();

  constructor() {
    const kept = lasting.keys(KEY).flatMap(read);
    kept.sort((one, other) => one.created_at - other.created_at);
    for (const entry of kept) {
      // Sending by itself what somebody wrote days ago would surprise them.
      if (Date.now() - entry.created_at > OLD_MS) entry.problem = "old";
      this.#entries.set(entry.client_id, entry);
    }
  }

  get entries() {
    return [...this.#entries.values()];
  }

  get(clientId) {
    return this.#entries.get(clientId);
  }

  /** Keep something to be sent: `{text}` or `{button, label}`. */
  add(content) {
    const entry = { client_id: newClientId(), created_at: Date.now(), ...content };
    this.#put(entry);
    return entry;
  }

  /** Return the oldest entry that may be sent. */
  next() {
    return this.entries.find((entry) => !entry.problem);
  }

  /** Note why an entry was refused; it stays until the contact decides. */
  fail(clientId, problem) {
    const entry = this.#entries.get(clientId);
    if (entry) this.#put({ ...entry, problem });
  }

  /** Let an entry be sent again: the same id, unless the server knows another by it. */
  retry(clientId) {
    const { problem, ...entry } = this.#entries.get(clientId);
    this.remove(clientId);
    const client_id = problem === "client_id_taken" ? newClientId() : clientId;
    this.#put({ ...entry, client_id, created_at: Date.now() });
  }

  remove(clientId) {
    lasting.remove(KEY + clientId);
    return this.#entries.delete(clientId);
  }

  clear() {
    for (const clientId of [...this.#entries.keys()]) this.remove(clientId);
  }

  #put(entry) {
    this.#entries.set(entry.client_id, entry);
    lasting.set(KEY + entry.client_id, JSON.stringify(entry));
  }
}

/** Return a list of the kept entry; of none if it cannot be read, and then it is dropped. */
function read(key) {
  try {
    const entry = JSON.parse(lasting.get(key));
    if (KEY + entry.client_id === key) return [entry];
  } catch {
    // Not ours, or cut short.
  }
  lasting.remove(key);
  return [];
}

/** Return a uuid; `crypto.randomUUID` is missing on pages without HTTPS. */
export function newClientId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
