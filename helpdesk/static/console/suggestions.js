/** Answers from the help centre that fit the contact's last message. */

import { element } from "../chat/element.js";
import { icon } from "./icons.js";
import { tame } from "./names.js";
import { say } from "./words.js";

/** Tells `choose` with the suggestion. */
export class Suggestions extends EventTarget {
  #desk;
  #of = null;
  #list = element("ul", { "aria-label": say("suggestions") });

  constructor(desk) {
    super();
    this.#desk = desk;
    this.node = element("div", { class: "suggestions" }, icon("spark"), this.#list);
    this.hide();
  }

  hide() {
    this.node.hidden = true;
  }

  /** Fetch them, once for each message of the contact. */
  async show(thread) {
    const last = thread.messages.findLast(({ sender }) => sender === "contact")?.seq;
    const of = `${thread.id} ${last}`;
    if (!last || of === this.#of) {
      this.node.hidden = !last || !this.#list.hasChildNodes();
      return;
    }
    this.#of = of;
    this.#list.replaceChildren();
    this.hide();
    const answer = await this.#desk.requests.get(`${thread.path}/suggestions`).catch(() => null);
    if (of !== this.#of || !answer) return;
    this.#list.replaceChildren(...answer.suggestions.map((each) => this.#render(each)));
    this.node.hidden = !answer.suggestions.length || !thread.allows("reply");
  }

  #render(suggestion) {
    const choose = () => this.dispatchEvent(new CustomEvent("choose", { detail: suggestion }));
    const title = tame(suggestion.title);
    const sure = suggestion.confidence;
    return element(
      "li",
      {},
      element(
        "button",
        { type: "button", class: "suggestion", title: suggestion.answer, click: choose },
        element("span", { dir: "auto" }, title),
        sure ? element("small", {}, say("percent", { count: Math.round(sure * 100) })) : null,
      ),
    );
  }
}
