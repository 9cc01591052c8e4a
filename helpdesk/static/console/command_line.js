/** Where an agent types to the assistant: commands with completion, or plain words. */

import { element } from "../chat/element.js";
import { Completion } from "./completion.js";
import { say } from "./words.js";

/** Tells `send` with the text, and `leave` when Escape is pressed. */
export class CommandLine extends EventTarget {
  #assistant;
  #field;
  #hint = element("p", { class: "command-hint", id: "command-hint" });
  #meant = element("p", { class: "command-meant", role: "status" });
  #send;
  // How many lines back the arrows have gone, and what stood there before.
  #back = 0;
  #begun = "";

  constructor(assistant) {
    super();
    this.#assistant = assistant;
    this.#field = element("textarea", {
      class: "command-text",
      rows: 1,
      maxlength: 4000,
      "aria-label": say("commandLine"),
      "aria-describedby": "command-hint",
      placeholder: say("commandLineHint"),
      autocomplete: "off",
      autocapitalize: "off",
      spellcheck: "false",
      input: () => this.#typed(),
      keydown: (event) => this.#press(event),
    });
    this.#send = element("button", { type: "submit", class: "send" }, say("send"));
    this.completion = new Completion(this.#field, this.#sources(), "command-completion");
    this.completion.addEventListener("choose", ({ detail: { source, item } }) => {
      this.write(source.text(item));
      if (/\s$/.test(this.text)) this.completion.update();
    });
    this.node = element(
      "form",
      { class: "command-form", submit: (event) => this.#submit(event) },
      this.#meant,
      element("div", { class: "composer-box" }, this.#field, this.#send, this.completion.node),
      this.#hint,
    );
    this.#meant.hidden = true;
    assistant.addEventListener("commands", () => {
      this.#explain();
      if (this.text) this.completion.update();
    });
    this.#fit();
  }

  get text() {
    return this.#field.value;
  }

  /** Put a text in the place of what is there. */
  write(text) {
    this.#field.value = text;
    this.#meant.hidden = true;
    this.focus();
    this.#fit();
  }

  /** Begin a command, unless something is begun already. */
  begin(text) {
    if (["", "/"].includes(this.text.trim())) this.write(text);
    else this.focus();
    this.completion.update();
  }

  focus() {
    this.#field.focus();
    this.#field.setSelectionRange(this.text.length, this.text.length);
  }

  #sources() {
    const isName = (word) => !/\s/.test(word);
    return [
      {
        label: say("completions"),
        pattern: /^\/([^\n]*)$/,
        isOn: () => true,
        find: (word) => (isName(word) ? this.#commandsLike(word) : this.#ask(`/${word}`)),
        isSure: (word) => isName(word) && !this.#assistant.commandOf(`/${word}`),
        show: ({ text, title }) => [element("b", {}, text.trim()), element("span", { dir: "auto" }, title)],
        text: ({ text }) => text,
      },
    ];
  }

  async #commandsLike(word) {
    this.#ask(`/${word}`);
    return this.#assistant.commands
      .filter(({ name }) => name.startsWith(word.toLowerCase()))
      .map(({ name, usage, help }) => ({ text: `/${name}${usage ? " " : ""}`, title: help.split("\n")[0] }));
  }

  /** The help desk knows sites and addresses, and what was meant. */
  async #ask(line) {
    const answer = await this.#assistant.complete(line);
    if (!answer || this.text !== line) return [];
    const { completions, did_you_mean: meant } = answer;
    this.#meant.hidden = !meant;
    const take = () => {
      this.write(meant);
      this.completion.update();
    };
    if (meant) {
      const button = element("button", { type: "button", class: "link", click: take }, meant);
      this.#meant.replaceChildren(say("didYouMean"), " ", button);
    }
    return completions;
  }

  #typed() {
    this.#back = 0;
    this.#meant.hidden = true;
    this.#fit();
    this.completion.update();
  }

  #press(event) {
    // While an input method composes, Enter chooses a word; 229 is what Safari calls that.
    if (event.isComposing || event.keyCode === 229) return;
    if (this.completion.press(event)) return;
    const isBare = !event.shiftKey && !event.altKey && !event.ctrlKey && !event.metaKey;
    if (event.key === "Enter" && isBare) this.#submit(event);
    else if (event.key === "Escape") this.#leave(event);
    else if (event.key === "ArrowUp" && isBare && this.#mayLeaf("up")) this.#leaf(1, event);
    else if (event.key === "ArrowDown" && isBare && this.#mayLeaf("down")) this.#leaf(-1, event);
  }

  /** Arrows move within what is written; they leaf only from its edge. */
  #mayLeaf(way) {
    const { selectionStart: at, selectionEnd: end } = this.#field;
    if (at !== end) return false;
    return way === "up" ? !this.text.slice(0, at).includes("\n") : this.#back > 0;
  }

  #leaf(by, event) {
    const lines = [...new Set(this.#assistant.typed.reverse())];
    const back = Math.min(Math.max(this.#back + by, 0), lines.length);
    event.preventDefault();
    if (back === this.#back) return;
    if (this.#back === 0) this.#begun = this.text;
    this.#back = back;
    this.write(back ? lines[back - 1] : this.#begun);
    this.completion.close();
  }

  #leave(event) {
    event.preventDefault();
    event.stopPropagation();
    this.dispatchEvent(new Event("leave"));
  }

  #submit(event) {
    event.preventDefault();
    const text = this.text.trim();
    if (!text) return;
    this.#back = 0;
    this.completion.close();
    this.write("");
    this.dispatchEvent(new CustomEvent("send", { detail: text }));
  }

  #fit() {
    this.#send.disabled = !this.text.trim();
    this.#field.style.height = "auto";
    if (this.#field.scrollHeight) this.#field.style.height = `${this.#field.scrollHeight}px`;
    this.#explain();
  }

  #explain() {
    const known = this.#assistant.commandOf(this.text);
    if (!known) return void (this.#hint.textContent = say("commandKeys"));
    const options = known.options.map(({ name }) => `[${name}]`);
    const usage = [`/${known.name}`, known.usage, ...options].filter(Boolean).join(" ");
    this.#hint.replaceChildren(element("code", {}, usage), " ", known.help.split("\n")[0]);
  }
}
