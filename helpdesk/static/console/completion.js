/** Choices that open above a field while a word is typed: `/short_code`, `@name`, a command. */

import { element } from "../chat/element.js";

const MOST = 8;

/** Tells `choose` with `{source, item, from, to}`: what to put in the place of which text. */
export class Completion extends EventTarget {
  #field;
  #sources;
  #id;
  #found = null;
  // Which one is chosen by Enter; none is -1.
  #at = 0;

  /**
   * @param {HTMLTextAreaElement} field
   * @param {Object[]} sources each with `pattern` (its first group is the word), `label`, `find(word)` and `show(item)`;
   *   `isSure(word)`, if there is one, tells whether Enter already chooses the first
   * @param {string} id of the list
   */
  constructor(field, sources, id = "completion") {
    super();
    this.#field = field;
    this.#sources = sources;
    this.#id = id;
    this.node = element("ul", { class: "completion", id, role: "listbox" });
    this.node.hidden = true;
    field.setAttribute("aria-autocomplete", "list");
    field.addEventListener("blur", () => this.close());
  }

  get isOpen() {
    return this.#found !== null;
  }

  get #before() {
    return this.#field.value.slice(0, this.#field.selectionStart);
  }

  /** Look at what stands before the cursor. */
  async update() {
    const upTo = this.#before;
    for (const source of this.#sources) {
      const match = source.isOn() && source.pattern.exec(upTo);
      if (!match) continue;
      const items = (await source.find(match[1])).slice(0, MOST);
      // What was typed meanwhile looks for itself.
      if (this.#before !== upTo) return;
      if (!items.length || document.activeElement !== this.#field) continue;
      this.#found = { source, items, upTo, from: upTo.length - match[1].length - 1, to: upTo.length };
      this.#at = source.isSure?.(match[1]) === false ? -1 : 0;
      return this.#show();
    }
    this.close();
  }

  /** Take a key if it is meant for the choices. */
  press(event) {
    // Choices for what stood there a moment ago choose nothing.
    if (!this.isOpen || this.#before !== this.#found.upTo) return false;
    const { length } = this.#found.items;
    if (event.key === "ArrowDown") this.#at = (this.#at + 1) % length;
    else if (event.key === "ArrowUp") this.#at = (Math.max(this.#at, 0) + length - 1) % length;
    else if (event.key === "Tab" && !event.shiftKey) this.#choose(Math.max(this.#at, 0));
    else if (event.key === "Enter" && this.#at >= 0) this.#choose(this.#at);
    else if (event.key === "Escape") this.close();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    if (this.isOpen) this.#show();
    return true;
  }

  close() {
    this.#found = null;
    this.node.hidden = true;
    this.#field.removeAttribute("aria-activedescendant");
    this.#field.removeAttribute("aria-controls");
  }

  #choose(at) {
    const { source, items, from, to } = this.#found;
    this.close();
    this.dispatchEvent(new CustomEvent("choose", { detail: { source, item: items[at], from, to } }));
  }

  #show() {
    const { source, items } = this.#found;
    const options = items.map((item, at) =>
      element(
        "li",
        {
          id: `${this.#id}-${at}`,
          role: "option",
          "aria-selected": String(at === this.#at),
          // Before the field loses its focus.
          pointerdown: (event) => {
            event.preventDefault();
            this.#choose(at);
          },
        },
        ...source.show(item),
      ),
    );
    this.node.setAttribute("aria-label", source.label);
    this.node.replaceChildren(...options);
    this.node.hidden = false;
    this.#field.setAttribute("aria-controls", this.#id);
    this.#field.removeAttribute("aria-activedescendant");
    if (this.#at < 0) return;
    this.#field.setAttribute("aria-activedescendant", `${this.#id}-${this.#at}`);
    options[this.#at].scrollIntoView({ block: "nearest" });
  }
}
