/** Requests to the console's API: JSON in, JSON out, refusals as errors. */

const ROOT = "/api/console";
const PATIENCE_MS = 15_000;
const UNAUTHORIZED = 401;

/** The help desk said no, and why: `data` is its whole answer. */
export class Refusal extends Error {
  constructor(status, data) {
    super(data.message ?? data.code);
    this.status = status;
    this.code = data.code ?? "internal_error";
    this.data = data;
  }
}

/** Nobody can tell whether the request arrived. */
export class Unreachable extends Error {}

/** Tells `signed_out` when the session has ended. */
export class Requests extends EventTarget {
  get(path, signal) {
    return this.#request("GET", path, undefined, signal);
  }

  post(path, body = {}) {
    return this.#request("POST", path, body);
  }

  put(path, body) {
    return this.#request("PUT", path, body);
  }

  delete(path) {
    return this.#request("DELETE", path);
  }

  /** Say something for good while the page goes away. */
  leave(path, body) {
    fetch(ROOT + path, { ...sending("PUT", body), keepalive: true }).catch(() => {});
  }

  /**
   * Send a file.
   * @param {function(number)} progress hears what part has gone, 0 to 1
   */
  upload(path, file, progress) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", ROOT + path);
      request.responseType = "json";
      request.upload.onprogress = ({ loaded, total }) => progress(total ? loaded / total : 0);
      request.onload = () => {
        const answer = request.response ?? {};
        if (request.status < 300) resolve(answer);
        else reject(this.#refuse(request.status, answer));
      };
      request.onerror = request.ontimeout = () => reject(new Unreachable());
      request.send(file);
    });
  }

  async #request(method, path, body, signal = undefined) {
    const patience = AbortSignal.timeout(PATIENCE_MS);
    let answer;
    try {
      answer = await fetch(ROOT + path, {
        ...sending(method, body),
        signal: signal ? AbortSignal.any([signal, patience]) : patience,
      });
      if (answer.status === 204) return null;
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new Unreachable();
    }
    const data = await answer.json().catch(() => null);
    // A proxy that answers in the help desk's place does not speak JSON.
    if (data === null && answer.status !== UNAUTHORIZED) throw new Unreachable();
    if (answer.ok) return data;
    throw this.#refuse(answer.status, data ?? {});
  }

  #refuse(status, data) {
    if (status === UNAUTHORIZED) this.dispatchEvent(new Event("signed_out"));
    return new Refusal(status, data);
  }
}

function sending(method, body) {
  const options = { method, credentials: "same-origin", cache: "no-store" };
  if (body === undefined) return options;
  const headers = { "Content-Type": "application/json" };
  return { ...options, headers, body: JSON.stringify(body) };
}
