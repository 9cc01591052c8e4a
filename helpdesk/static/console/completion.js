/** Choices that open above the composer while a word is typed: `/short_code` and `@name`. */

import { element } from "../chat/element.js";

const MOST = 8;

/** Tells `choose` with `{source, item, from, to}`: what to put in the place of which text. */
export class Completion extends EventTarget {
  #field;
  #sources;
  #found = null;
  #at = 0;

  /**
   * @param {HTMLTextAreaElement} field
   * @param {Object[]} sources each with `pattern` (its first group is the word), `label`, `find(word)` and `show(item)`
   */
  constructor(field, sources) {
    super();
    this.#field = field;
    this.#sources = sources;
    this.node = element("ul", { class: "completion", id: "completion", role: "listbox" });
    this.node.hidden = true;
    field.setAttribute("aria-autocomplete", "list");
    field.addEventListener("blur", () => this.close());
  }

  get isOpen() {
    return this.#found !== null;
  }

  /** Look at what stands before the cursor. */
  async update() {
    const upTo = this.#field.value.slice(0, this.#field.selectionStart);
    for (const source of this.#sources) {
      const match = source.isOn() && source.pattern.exec(upTo);
      if (!match) continue;
      const items = (await source.find(match[1])).slice(0, MOST);
      const isCurrent = this.#field.value.slice(0, this.#field.selectionStart) === upTo;
      if (!isCurrent || !items.length) continue;
      this.#found = { source, items, from: upTo.length - match[1].length - 1, to: upTo.length };
      this.#at = 0;
      return this.#show();
    }
    this.close();
  }

  /** Take a key if it is meant for the choices. */
  press(event) {
    if (!this.isOpen) return false;
    const { length } = this.#found.items;
    if (event.key === "ArrowDown") this.#at = (this.#at + 1) % length;
    else if (event.key === "ArrowUp") this.#at = (this.#at + length - 1) % length;
    else if (event.key === "Enter" || event.key === "Tab") this.#choose(this.#at);
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
          id: `completion-${at}`,
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
    this.#field.setAttribute("aria-controls", "completion");
    this.#field.setAttribute("aria-activedescendant", `completion-${this.#at}`);
    options[this.#at].scrollIntoView({ block: "nearest" });
  }
}
