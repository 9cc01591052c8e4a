/** Where leads write the canned responses. */

import { element } from "../chat/element.js";
import { confirm, field, openDialog } from "./dialog.js";
import { tame } from "./names.js";
import { Refusal } from "./requests.js";
import { say, sayAny } from "./words.js";

const EMPTY = { id: null, short_code: "", title: "", text: "" };

export async function openCannedEditor(canned) {
  const list = element("ul", { class: "canned-list", "aria-label": say("cannedResponses") });
  const form = element("form", { class: "canned-form" });
  const add = element("button", { type: "button", class: "quiet", click: () => edit(EMPTY) }, say("cannedNew"));
  const content = element("div", { class: "canned-editor" }, element("div", { class: "canned-side" }, list, add), form);
  openDialog({ title: say("cannedResponses"), className: "is-wide" }, content);

  const load = async (chosen) => {
    const responses = await canned.all().catch(() => null);
    if (!responses) return form.replaceChildren(element("p", {}, say("cannedFailed")));
    list.replaceChildren(...responses.map(renderItem));
    edit(responses.find(({ short_code: code }) => code === chosen) ?? responses[0] ?? EMPTY);
  };
  const renderItem = (response) =>
    element(
      "li",
      {},
      element(
        "button",
        { type: "button", class: "canned-item", click: () => edit(response) },
        element("b", { dir: "auto" }, `/${response.short_code}`),
        element("small", { dir: "auto" }, tame(response.title)),
      ),
    );
  const edit = (response) => {
    const code = element("input", { value: response.short_code, required: true, maxlength: 40, pattern: "[a-z0-9_\\-]+", autocomplete: "off" });
    const title = element("input", { value: response.title, required: true, maxlength: 100, dir: "auto" });
    const text = element("textarea", { rows: 8, required: true, maxlength: 4000, dir: "auto" });
    text.value = response.text;
    const problem = element("p", { class: "problem", role: "alert" });
    const remove = response.id
      ? element("button", { type: "button", class: "quiet is-bad", click: () => discard(response) }, say("remove"))
      : null;
    form.onsubmit = (event) => {
      event.preventDefault();
      const fields = { short_code: code.value.trim(), title: title.value.trim(), text: text.value.trim() };
      attempt(() => canned.save({ id: response.id, ...fields }), fields.short_code, problem);
    };
    form.replaceChildren(
      field(say("cannedCode"), code, say("cannedCodeHint")),
      field(say("cannedTitle"), title),
      field(say("cannedText"), text, variableHint()),
      problem,
      element("div", { class: "dialog-foot" }, ...[remove].filter(Boolean), element("button", { type: "submit", class: "primary" }, say("save"))),
    );
    for (const item of list.querySelectorAll("button")) {
      item.setAttribute("aria-pressed", String(item.firstChild.textContent === `/${response.short_code}`));
    }
  };
  const variableHint = () =>
    say("cannedVariables", { names: canned.variables.map(({ name }) => `{${name}}`).join(" ") });
  const discard = async (response) => {
    const isSure = await confirm({ title: say("cannedRemove"), text: `/${response.short_code}`, yes: say("remove") });
    if (isSure) attempt(() => canned.remove(response.id), null, form.querySelector(".problem"));
  };
  const attempt = async (work, chosen, problem) => {
    try {
      await work();
      await load(chosen);
    } catch (error) {
      const isKnown = error instanceof Refusal && error.data.message;
      problem.textContent = isKnown ? error.data.message : sayAny("trouble", error.code ?? "unreachable");
    }
  };
  await load();
}
