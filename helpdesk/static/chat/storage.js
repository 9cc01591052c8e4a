/**
 * What the browser keeps for us. A browser may refuse (private window, sandboxed frame);
 * then it is kept for as long as the page lives, and nobody else has to care.
 */

const PREFIX = "latchkey.";

class Storage {
  #place;
  #instead = new Map();

  constructor(find) {
    try {
      this.#place = find();
      this.#place.getItem(PREFIX);
    } catch {
      this.#place = null;
    }
  }

  get(key) {
    return this.#place
      ? this.#place.getItem(PREFIX + key)
      : (this.#instead.get(key) ?? null);
  }

  set(key, value) {
    try {
      if (this.#place) return void this.#place.setItem(PREFIX + key, value);
    } catch {
      // Full: better forgotten on reload than not said.
      this.#place = null;
    }
    this.#instead.set(key, value);
  }

  remove(key) {
    this.#place?.removeItem(PREFIX + key);
    this.#instead.delete(key);
  }

  /** Return the keys that begin with `start`. */
  keys(start) {
    const all = this.#place
      ? Object.keys(this.#place)
          .filter((key) => key.startsWith(PREFIX))
          .map((key) => key.slice(PREFIX.length))
      : [...this.#instead.keys()];
    return all.filter((key) => key.startsWith(start));
  }
}

/** Shared by the tabs of a site, kept when the browser is closed. */
export const lasting = new Storage(() => window.localStorage);
/** This tab's own, kept over reloads. */
export const passing = new Storage(() => window.sessionStorage);

/** Call `tell` with the new value when another tab changes `key`. */
export function watch(key, tell) {
  window.addEventListener("storage", (event) => {
    if (event.key === PREFIX + key && event.newValue !== null) tell(event.newValue);
  });
}
