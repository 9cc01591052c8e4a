/** One key for what is done all day. They never fire while somebody types. */

const PAUSE_MS = 1_200;
const EDITABLE = "input, textarea, select, [contenteditable]";

export class Shortcuts {
  #keys;
  #prefix = null;
  #timer = null;

  /** @param {Object<string, function>} keys what a key does; `g q` is one after the other */
  constructor(keys) {
    this.#keys = keys;
    document.addEventListener("keydown", (event) => this.#press(event));
  }

  #press(event) {
    if (event.defaultPrevented || event.isComposing) return;
    const isCommand = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
    const letter = event.key.toLowerCase();
    if (isCommand && (letter === "k" || letter === "j")) return this.#run(`mod+${letter}`, event);
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) {
      if (!event.repeat || !["j", "k"].includes(event.key)) return;
    }
    if (event.target.closest?.(EDITABLE) || document.querySelector("dialog[open]")) return;
    // Enter and the space bar press what has the focus.
    if (event.key === "Enter" && event.target.closest?.("button, a, summary")) return;
    const key = this.#prefix ? `${this.#prefix} ${event.key}` : event.key;
    this.#forget();
    if (event.key === "g" && key === "g") return this.#wait("g");
    this.#run(key, event);
  }

  #run(key, event) {
    const run = this.#keys[key];
    if (!run) return;
    event.preventDefault();
    run();
  }

  #wait(prefix) {
    this.#prefix = prefix;
    this.#timer = setTimeout(() => this.#forget(), PAUSE_MS);
  }

  #forget() {
    clearTimeout(this.#timer);
    this.#prefix = null;
  }
}
