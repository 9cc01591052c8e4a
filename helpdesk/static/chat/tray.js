/**
 * The files that will go with the message that is being written. Each is uploaded as soon
 * as there is a line, and the message only names it. What cannot be taken says so and stays
 * until it is removed.
 */

import { element, icon } from "./element.js";
import { prepare } from "./late.js";

const MOST = 10;
const LARGEST_BYTES = 5 * 1024 * 1024;
const LONGEST_SIDE = 4_096;
const PICTURES = ["image/png", "image/jpeg", "image/gif", "image/webp"];
const TYPES = [...PICTURES, "application/pdf"];
const FOR_GOOD = ["bad_file", "too_large", "too_many"];
const PATIENCE_MS = 120_000;

export class Tray {
  #session;
  #words;
  #changed;
  #files = new Set();

  /**
   * @param {Element} beside something in the chat
   * @param {ChatSession} session
   * @param {Words} words
   * @param {function()} changed called when `ready` or `isBusy` may have changed
   */
  constructor(beside, session, words, changed) {
    this.#session = session;
    this.#words = words;
    this.#changed = changed;
    prepare(beside, words);
    this.node = element("ul", {
      class: "tray",
      "data-part": "tray",
      "aria-label": words.say("attached"),
      hidden: true,
    });
    session.addEventListener("state", () => this.#go());
    // What was uploaded belongs to the conversation that is gone.
    session.conversation.addEventListener("reset", () => this.clear());
  }

  /** The files that a message may carry, as the server described them. */
  get ready() {
    return [...this.#files].map(({ attachment }) => attachment).filter(Boolean);
  }

  /** Whether a file is still on its way. */
  get isBusy() {
    return [...this.#files].some(({ attachment, problem }) => !attachment && !problem);
  }

  add(contents) {
    this.#session.start();
    for (const content of contents) this.#put(content);
    this.#go();
  }

  clear() {
    for (const file of this.#files) file.request?.abort();
    this.#files.clear();
    this.#show();
  }

  #put(content) {
    const taken = [...this.#files].filter(({ problem }) => !problem).length;
    const file = { content, name: content.name, node: element("li"), percent: 0 };
    if (taken >= MOST) file.problem = "too_many";
    else if (!TYPES.includes(content.type)) file.problem = "bad_file";
    this.#files.add(file);
    this.node.append(file.node);
    this.#show(file);
  }

  /** Upload one after the other; a phone's line is thin. */
  async #go() {
    const { connection, conversation } = this.#session;
    const waiting = [...this.#files].filter(({ attachment, problem }) => !attachment && !problem);
    if (waiting.some(({ isMoving }) => isMoving)) return;
    const [file] = waiting;
    if (!file || !connection.isOnline || !conversation.id) return waiting.forEach((each) => this.#show(each));
    file.isMoving = true;
    this.#show(file);
    try {
      file.content = await shrink(file.content);
      if (file.content.size > LARGEST_BYTES) throw { code: "too_large" };
      file.attachment = await this.#upload(file, conversation.id);
    } catch ({ code }) {
      // Without a line it waits for the next one; otherwise the contact decides.
      if (code || connection.isOnline) file.problem = code ?? "other";
    }
    file.isMoving = false;
    if (!this.#files.has(file)) return this.#go();
    this.#show(file);
    if (file.attachment || file.problem) this.#go();
  }

  /** Requests of this kind tell how far they are; `fetch` does not. */
  #upload(file, conversation) {
    const { visit } = this.#session;
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      file.request = request;
      const name = encodeURIComponent(file.name);
      request.open("POST", `${visit.server}/api/v1/conversations/${conversation}/attachments?name=${name}`);
      if (visit.token) request.setRequestHeader("Authorization", `Bearer ${visit.token}`);
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.responseType = "json";
      request.timeout = PATIENCE_MS;
      request.upload.onprogress = ({ loaded, total }) => {
        file.percent = Math.floor((99 * loaded) / (total || 1));
        this.#show(file);
      };
      request.onload = () => (request.status === 201 ? resolve(request.response) : reject(request.response ?? {}));
      request.onerror = request.ontimeout = request.onabort = () => reject({});
      request.send(file.content);
    });
  }

  #remove(file) {
    file.request?.abort();
    this.#files.delete(file);
    file.node.remove();
    this.#show();
    this.node.parentNode.querySelector("textarea").focus();
  }

  #retry(file) {
    file.problem = null;
    this.#show(file);
    this.#go();
  }

  #show(file) {
    this.node.hidden = this.#files.size === 0;
    if (!this.#files.size) this.node.replaceChildren();
    if (file) this.#showOne(file);
    this.#changed();
  }

  #showOne(file) {
    const words = this.#words;
    const { attachment, isMoving, name, node, percent, problem } = file;
    node.className = problem ? "is-refused" : "";
    const state = problem
      ? words.sayAny("file", problem)
      : attachment
        ? words.say("fileReady")
        : isMoving
          ? words.say("fileUploading", { percent })
          : words.say("fileWaiting");
    const canRetry = problem && !FOR_GOOD.includes(problem);
    const button = (given, act, ...content) =>
      element("button", { type: "button", ...given, click: act }, ...content);
    // A region that is built anew is not heard; its words are exchanged instead.
    file.how ??= element("span", { class: "how", role: "status" });
    // Every percent would be too much to listen to.
    const isMovement = isMoving && !problem && !attachment;
    file.how.setAttribute("aria-live", isMovement ? "off" : "polite");
    if (file.how.textContent !== state) file.how.textContent = state;
    file.what ??= element("span", { class: "what" }, element("span", { class: "name", dir: "auto" }, name), file.how);
    file.bar ??= element("progress", { max: 100, "aria-label": name });
    file.bar.value = percent;
    file.bar.hidden = !isMovement;
    if (!file.bar.isConnected) file.what.append(file.bar);
    file.again ??= button({ class: "again" }, () => this.#retry(file), words.say("retry"));
    file.again.hidden = !canRetry;
    file.gone ??= button({ class: "tool", "aria-label": words.say("fileRemove", { name }) }, () => this.#remove(file), icon("close"));
    if (!node.childElementCount) node.append(file.what, file.again, file.gone);
  }
}

/** Return a photo that is too large as a smaller one; everything else as it is. */
async function shrink(content) {
  if (content.size <= LARGEST_BYTES || !PICTURES.includes(content.type)) return content;
  try {
    const whole = await createImageBitmap(content);
    const scale = Math.min(1, LONGEST_SIDE / whole.width, LONGEST_SIDE / whole.height);
    const width = Math.round(whole.width * scale);
    const height = Math.round(whole.height * scale);
    const canvas = element("canvas", { width, height });
    canvas.getContext("2d").drawImage(whole, 0, 0, width, height);
    return await new Promise((resolve) => canvas.toBlob((blob) => resolve(blob ?? content), "image/jpeg", 0.85));
  } catch {
    // The server says what is wrong with it.
    return content;
  }
}
