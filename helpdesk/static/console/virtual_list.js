/** A list of any length with only those rows on the page that can be seen. */

import { element } from "../chat/element.js";

const AROUND = 6;
// So many rows before its end, the list asks for more.
const EARLY = 20;

/** Tells `open` with the item that was chosen, and `near_end`. */
export class VirtualList extends EventTarget {
  #rowHeight;
  #makeRow;
  #keyOf;
  #floor = element("div", { class: "list-floor", role: "presentation" });
  #rows = new Map();
  #items = [];
  #hasMore = false;
  #cursor = null;
  #open = null;
  #isDue = false;

  /**
   * @param {string} label
   * @param {number} rowHeight in pixels
   * @param {function(): {node: Element, show: function(Object)}} makeRow
   * @param {function(Object): string} keyOf
   */
  constructor(label, rowHeight, makeRow, keyOf) {
    super();
    this.#rowHeight = rowHeight;
    this.#makeRow = makeRow;
    this.#keyOf = keyOf;
    this.node = element(
      "div",
      {
        class: "list",
        role: "listbox",
        tabindex: 0,
        "aria-label": label,
        scroll: () => this.#later(),
        click: (event) => this.#click(event),
        keydown: (event) => this.#press(event),
      },
      this.#floor,
    );
    new ResizeObserver(() => this.#render()).observe(this.node);
  }

  get length() {
    return this.#items.length;
  }

  set label(label) {
    this.node.setAttribute("aria-label", label);
  }

  /** Show these items; whoever reads further down keeps their place. */
  show(items, hasMore) {
    const anchor = this.node.scrollTop > 0 ? this.#anchor() : null;
    this.#items = items;
    this.#hasMore = hasMore;
    this.#floor.style.height = `${items.length * this.#rowHeight}px`;
    if (anchor) {
      const index = this.#indexOf(anchor.key);
      if (index >= 0) this.node.scrollTop = index * this.#rowHeight + anchor.offset;
    }
    this.#render();
  }

  /** Go to the beginning, as for another list. */
  reset() {
    this.node.scrollTop = 0;
    this.#cursor = null;
  }

  /** Mark the item that is open elsewhere on the page. */
  markOpen(key) {
    this.#open = key;
    if (key !== null) this.#cursor = key;
    this.#render();
  }

  /** Move the cursor and bring it into sight. */
  move(by) {
    if (!this.#items.length) return;
    const from = this.#indexOf(this.#cursor);
    const to = from < 0 ? 0 : Math.min(Math.max(from + by, 0), this.#items.length - 1);
    this.#cursor = this.#keyOf(this.#items[to]);
    const top = to * this.#rowHeight;
    const { scrollTop, clientHeight } = this.node;
    if (top < scrollTop) this.node.scrollTop = top;
    else if (top + this.#rowHeight > scrollTop + clientHeight) {
      this.node.scrollTop = top + this.#rowHeight - clientHeight;
    }
    this.#render();
  }

  /** Choose what the cursor is on. */
  choose() {
    const item = this.#items[Math.max(this.#indexOf(this.#cursor), 0)];
    if (item) this.dispatchEvent(new CustomEvent("open", { detail: item }));
  }

  #press(event) {
    const moves = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: 8,
      PageUp: -8,
      Home: -Infinity,
      End: Infinity,
    };
    if (event.key in moves) this.move(moves[event.key]);
    else if (event.key === "Enter" || event.key === " ") this.choose();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #click(event) {
    const key = event.target.closest("[role=option]")?.dataset.key;
    if (key === undefined) return;
    this.#cursor = key;
    this.choose();
  }

  #anchor() {
    const index = Math.floor(this.node.scrollTop / this.#rowHeight);
    const item = this.#items[index];
    const offset = this.node.scrollTop - index * this.#rowHeight;
    return item ? { key: this.#keyOf(item), offset } : null;
  }

  #indexOf(key) {
    return this.#items.findIndex((item) => this.#keyOf(item) === key);
  }

  #later() {
    if (this.#isDue) return;
    this.#isDue = true;
    requestAnimationFrame(() => {
      this.#isDue = false;
      this.#render();
    });
  }

  #render() {
    const { scrollTop, clientHeight } = this.node;
    const first = Math.max(0, Math.floor(scrollTop / this.#rowHeight) - AROUND);
    const seen = Math.ceil((scrollTop + clientHeight) / this.#rowHeight);
    const last = Math.min(this.#items.length, seen + AROUND);
    const wanted = new Set();
    for (let index = first; index < last; index++) wanted.add(this.#keyOf(this.#items[index]));
    const spare = [...this.#rows.keys()].filter((key) => !wanted.has(key));
    for (let index = first; index < last; index++) this.#place(index, spare);
    for (const key of spare) this.#drop(key);
    const active = wanted.has(this.#cursor) ? this.#rows.get(this.#cursor).node.id : "";
    if (active) this.node.setAttribute("aria-activedescendant", active);
    else this.node.removeAttribute("aria-activedescendant");
    if (this.#hasMore && seen + EARLY >= this.#items.length) {
      this.dispatchEvent(new Event("near_end"));
    }
  }

  #place(index, spare) {
    const item = this.#items[index];
    const key = this.#keyOf(item);
    let row = this.#rows.get(key);
    if (!row) {
      const from = spare.pop();
      row = from === undefined ? this.#begin() : this.#rows.get(from);
      this.#rows.delete(from);
      this.#rows.set(key, row);
    }
    if (row.item !== item) row.show(item);
    row.item = item;
    const { node } = row;
    node.dataset.key = key;
    node.id = `row-${key}`;
    node.style.transform = `translateY(${index * this.#rowHeight}px)`;
    node.setAttribute("aria-posinset", index + 1);
    node.setAttribute("aria-setsize", this.#hasMore ? -1 : this.#items.length);
    node.setAttribute("aria-selected", String(key === this.#open));
    node.classList.toggle("is-cursor", key === this.#cursor);
  }

  #begin() {
    const row = this.#makeRow();
    row.node.setAttribute("role", "option");
    row.node.style.height = `${this.#rowHeight}px`;
    this.#floor.append(row.node);
    return row;
  }

  #drop(key) {
    this.#rows.get(key).node.remove();
    this.#rows.delete(key);
  }
}
