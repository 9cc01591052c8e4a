/** Questions in a window of their own: the browser keeps the focus inside, Escape leaves. */

import { element } from "../chat/element.js";
import { icon } from "./icons.js";
import { say } from "./words.js";

let count = 0;

/**
 * Open a window with content of the caller's.
 * @param {{title: string, className: string, isBare: boolean}} options a bare one shows no title
 * @returns {{node: HTMLDialogElement, close: function(*), closed: Promise<*>}} `closed` is what `close` was told
 */
export function openDialog({ title, className = "", isBare = false }, ...content) {
  const id = `dialog-${(count += 1)}`;
  const heading = element("h2", { id, class: isBare ? "unseen" : "" }, title);
  const leave = element("button", { type: "button", class: "icon-button", "aria-label": say("close") }, icon("close"));
  const node = element(
    "dialog",
    { class: `dialog ${className}`, "aria-labelledby": id },
    element("div", { class: "dialog-head" }, heading, isBare ? null : leave),
    ...content,
  );
  const before = document.activeElement;
  let result;
  const close = (value) => {
    result = value;
    node.close();
  };
  const closed = new Promise((resolve) => {
    node.addEventListener("close", () => {
      node.remove();
      if (before?.isConnected) before.focus({ preventScroll: true });
      resolve(result);
    });
  });
  leave.addEventListener("click", () => close());
  // The ground behind the window belongs to it, as an event's target.
  node.addEventListener("pointerdown", (event) => event.target === node && close());
  document.body.append(node);
  node.showModal();
  return { node, close, closed };
}

/** Ask for yes or no; false if the window is left. */
export async function confirm({ title, text, yes, no = say("cancel") }) {
  const buttons = element("div", { class: "dialog-foot" });
  const { close, closed } = openDialog({ title, className: "is-small" }, element("p", {}, text), buttons);
  buttons.append(
    element("button", { type: "button", class: "quiet", click: () => close(false) }, no),
    element("button", { type: "button", class: "primary", click: () => close(true) }, yes),
  );
  buttons.firstChild.focus();
  return Boolean(await closed);
}

/** Ask for what a form holds; undefined if the window is left. */
export async function askForm({ title, yes, read, className = "" }, ...fields) {
  const submit = (event) => {
    event.preventDefault();
    const value = read();
    if (value !== undefined) close(value);
  };
  const form = element(
    "form",
    { class: "dialog-form", submit },
    ...fields,
    element(
      "div",
      { class: "dialog-foot" },
      element("button", { type: "button", class: "quiet", click: () => close() }, say("cancel")),
      element("button", { type: "submit", class: "primary" }, yes),
    ),
  );
  const { close, closed } = openDialog({ title, className }, form);
  form.querySelector("input, textarea, select")?.focus();
  return closed;
}

/** Return a labelled field. */
export function field(label, control, hint = null) {
  return element(
    "label",
    { class: "field" },
    element("span", { class: "field-label" }, label),
    control,
    hint ? element("small", {}, hint) : null,
  );
}
