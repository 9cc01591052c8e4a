/**
 * Who we are to the server. On the help desk's own site that is a cookie which scripts
 * cannot read; on another site it is a token that we keep and send ourselves.
 */

import { lasting, passing } from "./storage.js";

const PATIENCE_MS = 15_000;
const BARRED_TRIES = 3;
const BARRED_MS = 60_000;
const TOKEN = "visit";
const OWNER = "owner";
// Before the one whose identity was refused: the visit is nobody's, but begun in their page.
const REFUSED = "!";

/** An answer of the server that says no, with one of the protocol's codes. */
export class Refusal extends Error {
  constructor(status, { code = "internal_error", message = "", retry_in_ms } = {}) {
    super(message || code);
    this.status = status;
    this.code = code;
    this.retryInMs = retry_in_ms;
  }
}

/** Return whom a JWT speaks of. It proves nothing, but it tells two people apart. */
function ownerOf(identity) {
  if (!identity) return "";
  try {
    const claims = identity.split(".")[1].replace(/-/g, "+").replace(/_/g, "/");
    const { iss, sub } = JSON.parse(atob(claims));
    return `${iss}|${sub}`;
  } catch {
    return "?";
  }
}

export class Visit {
  #server;
  #identity;
  #owner;
  #store;
  #usesCookie;
  #token = null;
  #hasOthersCookie = false;
  #barred = 0;
  #beginning = null;

  /**
   * @param {string} server origin of the help desk
   * @param {string|null} identity a JWT by which the site says who is signed in
   */
  constructor(server, identity = null) {
    this.#server = server;
    const isOurs = server === window.location.origin;
    // A frame in another site gets no cookie, not even ours.
    this.#usesCookie = isOurs && window.top === window;
    this.#store = isOurs ? passing : lasting;
    this.site = null;
    this.#be(identity);
  }

  /** What `join` carries; nothing where the cookie counts. */
  get token() {
    return this.#token;
  }

  get server() {
    return this.#server;
  }

  get hasBegun() {
    return this.site !== null;
  }

  get socketAddress() {
    return `${this.#server.replace(/^http/, "ws")}/api/v1/socket`;
  }

  /** Begin a visit or go on with it. Callers at the same time share one request. */
  begin() {
    this.#beginning ??= this.#begin().finally(() => (this.#beginning = null));
    return this.#beginning;
  }

  /** Forget that the visit was good; the next `begin` asks the server again. */
  expire() {
    this.site = this.#token = null;
    this.#store.remove(TOKEN);
  }

  /** Become somebody else: the JWT of who signed in, or null after signing out. */
  async identify(identity) {
    // An answer that is on its way is for who we were.
    await this.#beginning?.catch(() => {});
    if (!identity && this.site) await this.#end();
    this.expire();
    this.#be(identity);
  }

  /** Take on an identity, and let go of whatever another one left behind. */
  #be(identity) {
    this.#identity = identity;
    this.#owner = ownerOf(identity);
    if ([this.#owner, REFUSED + this.#owner].includes(this.#keptOwner)) return;
    this.#forget();
    lasting.keys("outbox.").forEach((key) => lasting.remove(key));
    passing.remove("draft");
  }

  get #keptOwner() {
    return lasting.get(OWNER) ?? "";
  }

  /** Let go of the visit and the conversation of who was here before. */
  #forget() {
    this.expire();
    this.#hasOthersCookie = this.#usesCookie;
    lasting.remove("conversation");
    lasting.set(OWNER, this.#owner);
  }

  #end() {
    return this.request("DELETE", "/visits/current").catch(() => {});
  }

  async #begin() {
    if (this.#hasOthersCookie) await this.#end();
    // Another tab may have begun meanwhile.
    if (this.#keptOwner === this.#owner) this.#token ??= this.#usesCookie ? null : this.#store.get(TOKEN);
    const body = this.#identity ? { identity: this.#identity } : {};
    let answer;
    try {
      answer = await this.request("POST", "/visits", body);
    } catch (error) {
      if (!this.#identity || error.status !== 401) throw this.#judge(error);
      // A site that signs wrongly must not lock its people out of help.
      console.warn("The help desk refused the identity; going on without it.");
      this.#identity = null;
      this.#owner = REFUSED + this.#owner;
      // What they wrote just now is theirs; a conversation is not until they prove it.
      if (this.#keptOwner !== this.#owner) this.#forget();
      return this.#begin();
    }
    this.#hasOthersCookie = false;
    lasting.set(OWNER, this.#owner);
    if (!this.#usesCookie) this.#store.set(TOKEN, (this.#token = answer.token));
    this.site = answer.site;
  }

  /** A site that is not listed cannot read our answers; it looks like a dead line. */
  #judge(error) {
    const isBarred = error instanceof TypeError || error.status === 403;
    if (!this.#usesCookie && !this.#token && isBarred && navigator.onLine) {
      this.#barred += 1;
      if (this.#barred === BARRED_TRIES) {
        console.warn(`No answer. Is ${window.location.origin} in the help desk's LATCHKEY_EMBED_ORIGINS?`);
      }
      if (this.#barred >= BARRED_TRIES) error.retryInMs = BARRED_MS;
    }
    return error;
  }

  /** Return the answer's JSON; throws a Refusal, or a TypeError when nobody answers. */
  async request(method, path, body = undefined, { signal, waitMs = PATIENCE_MS } = {}) {
    const response = await this.fetch(method, path, body, { signal, waitMs });
    return response.status === 204 ? {} : response.json();
  }

  async fetch(method, path, body = undefined, { signal, waitMs = PATIENCE_MS } = {}) {
    const headers = body === undefined ? {} : { "Content-Type": "application/json" };
    if (this.#token) headers.Authorization = `Bearer ${this.#token}`;
    const limit = AbortSignal.timeout(waitMs);
    const response = await fetch(`${this.#server}/api/v1${path}`, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: this.#usesCookie ? "same-origin" : "omit",
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
    if (response.ok) return response;
    const retry_in_ms = response.headers.get("Retry-After") * 1000 || undefined;
    const said = await response.json().catch(() => ({}));
    throw new Refusal(response.status, { retry_in_ms, ...said });
  }
}
