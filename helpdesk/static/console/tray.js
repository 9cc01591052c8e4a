/** The files that go with the next message: being sent, arrived, or refused. */

import { element } from "../chat/element.js";
import { icon } from "./icons.js";
import { sizeOf, tame } from "./names.js";
import { Refusal } from "./requests.js";
import { say, sayAny } from "./words.js";

/** Tells `change`. */
export class Tray extends EventTarget {
  #desk;
  #files = [];
  #input;

  constructor(desk) {
    super();
    this.#desk = desk;
    this.node = element("ul", { class: "tray", "aria-label": say("files") });
    this.#input = element("input", {
      type: "file",
      multiple: true,
      hidden: true,
      change: () => {
        this.add(this.#input.files);
        this.#input.value = "";
      },
    });
    this.#render();
  }

  /** The files that have arrived, as the protocol has them. */
  get attachments() {
    return this.#files.map(({ attachment }) => attachment).filter(Boolean);
  }

  get isBusy() {
    return this.#files.some(({ attachment, problem }) => !attachment && !problem);
  }

  get isEmpty() {
    return this.#files.length === 0;
  }

  pick() {
    this.#input.accept = this.#limits.attachment_types.join(",");
    this.#input.click();
  }

  add(files) {
    const { thread } = this.#desk;
    for (const file of files) {
      const entry = { file, part: 0, thread, attachment: null, problem: this.#refuse(file) };
      this.#files.push(entry);
      if (!entry.problem) this.#upload(entry);
    }
    this.#render();
  }

  clear() {
    this.#files = [];
    this.#render();
  }

  /** Put back what belonged to a message that was not sent. */
  restore(attachments) {
    this.#files = attachments.map((attachment) => ({ file: attachment, attachment, part: 1, problem: null }));
    this.#render();
  }

  get #limits() {
    return this.#desk.directory.limits;
  }

  #refuse({ size, type }) {
    const { attachment_bytes: most, attachment_types: types } = this.#limits;
    if (size > most) return say("file_too_large", { size: sizeOf(most) });
    return types.includes(type) ? null : say("file_bad_file");
  }

  async #upload(entry) {
    const path = `${entry.thread.path}/attachments?name=${encodeURIComponent(entry.file.name)}`;
    const progress = (part) => {
      entry.part = part;
      entry.node?.querySelector("progress")?.setAttribute("value", part);
    };
    try {
      entry.attachment = await this.#desk.requests.upload(path, entry.file, progress);
    } catch (error) {
      const code = error instanceof Refusal ? error.code : "unreachable";
      entry.problem = sayAny("file", code, { size: sizeOf(this.#limits.attachment_bytes) });
    }
    this.#render();
  }

  #render() {
    this.node.replaceChildren(...this.#files.map((entry) => this.#show(entry)));
    this.node.hidden = this.isEmpty;
    this.dispatchEvent(new Event("change"));
  }

  #show(entry) {
    const { file, part, attachment, problem } = entry;
    const name = tame(file.name || say("pastedPicture"));
    const state = problem
      ? element("span", { class: "tray-problem" }, problem)
      : attachment
        ? element("span", { class: "file-size" }, sizeOf(file.size))
        : element("progress", { value: part, max: 1, "aria-label": say("sendingFile", { name }) });
    const remove = () => {
      this.#files = this.#files.filter((each) => each !== entry);
      this.#render();
    };
    entry.node = element(
      "li",
      { class: problem ? "tray-file is-failed" : "tray-file" },
      icon("file"),
      element("span", { class: "file-name", dir: "auto" }, name),
      state,
      element("button", { type: "button", class: "icon-button", "aria-label": say("removeFile", { name }), click: remove }, icon("close")),
    );
    return entry.node;
  }
}
