/** Everything by a few letters: what can be done, views, conversations, colleagues. */

import { element } from "../chat/element.js";
import { openDialog } from "./dialog.js";
import { best } from "./fuzzy.js";
import { say } from "./words.js";

const MOST = 9;

/**
 * Open the bar and do what is chosen.
 * @param {function(): {label: string, hint: string, key: string, run: function}[]} commands what there is now
 * @param {EventTarget} more tells `change` when there is more
 */
export async function openCommandBar(commands, more) {
  let found = [];
  let at = 0;
  const list = element("ul", { class: "commands", id: "commands", role: "listbox", "aria-label": say("commands") });
  const none = element("p", { class: "soft", role: "status" });
  const field = element("input", {
    class: "command-field",
    role: "combobox",
    "aria-expanded": "true",
    "aria-controls": "commands",
    "aria-autocomplete": "list",
    "aria-label": say("commandHint"),
    placeholder: say("commandHint"),
    autocomplete: "off",
    spellcheck: "false",
    input: () => show(0),
    keydown: (event) => press(event),
  });

  const show = (to) => {
    found = best(field.value, commands(), ({ label, hint }) => `${label} ${hint ?? ""}`, MOST);
    at = found.length ? (to + found.length) % found.length : 0;
    list.replaceChildren(...found.map((command, index) => render(command, index)));
    none.textContent = found.length ? "" : say("commandNone");
    list.hidden = !found.length;
    if (found.length) field.setAttribute("aria-activedescendant", `command-${at}`);
    else field.removeAttribute("aria-activedescendant");
  };
  const render = ({ label, hint, key }, index) =>
    element(
      "li",
      { id: `command-${index}`, role: "option", "aria-selected": String(index === at), click: () => close(found[index]) },
      element("span", { dir: "auto" }, label),
      hint ? element("small", { dir: "auto" }, hint) : null,
      key ? element("kbd", {}, key) : null,
    );
  const press = (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown") show(at + 1);
    else if (event.key === "ArrowUp") show(at - 1);
    else if (event.key === "Enter" && found.length) close(found[at]);
    else return;
    event.preventDefault();
  };

  const { close, closed } = openDialog({ title: say("commands"), className: "command-bar", isBare: true }, field, list, none);
  const refresh = () => show(at);
  more.addEventListener("change", refresh);
  show(0);
  field.focus();
  const chosen = await closed;
  more.removeEventListener("change", refresh);
  chosen?.run();
}
