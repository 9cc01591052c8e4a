/**
 * `<latchkey-chat>`: the chat as one element, with its own look and nothing of the page's.
 * As `launcher` it is a button that opens a window, as `page` it is part of the page.
 */

import { Announcer } from "./announcer.js";
import { ChatSession } from "./chat_session.js";
import { element, icon } from "./element.js";
import { Panel } from "./panel.js";
import { passing } from "./storage.js";
import { styleSheet } from "./style.js";
import { loadWords } from "./words.js";

const SERVER = new URL(import.meta.url).origin;
const PHONE = window.matchMedia("(max-width: 30rem), (max-height: 26rem)");
const TOUCH = window.matchMedia("(pointer: coarse)");
const OPEN = "open";
const OFFER = /^(?:offer\.)?([\w-]+\.[\w-]+)$/;

class LatchkeyChat extends HTMLElement {
  #session;
  #words;
  #panel;
  #dialog = null;
  #launcher = null;
  #badge = null;
  #announcer = new Announcer();
  #root = element("div", { class: "root" });

  get isPage() {
    return this.getAttribute("mode") === "page";
  }

  get isOpen() {
    return this.isPage || Boolean(this.#dialog?.open);
  }

  /** Build everything once; moving the element later changes nothing. */
  async begin({ identity = null } = {}) {
    this.#words = await loadWords(this.dataset.locale || document.documentElement.lang);
    this.#session = new ChatSession(SERVER, identity);
    const shadow = this.attachShadow({ mode: "open" });
    shadow.adoptedStyleSheets = [styleSheet()];
    shadow.append(this.#root);
    this.#root.setAttribute("lang", this.#words.locale);
    this.#root.setAttribute("dir", this.#words.direction);
    this.#root.classList.add(this.isPage ? "as-page" : "as-launcher");
    this.#panel = new Panel(this.#session, this.#words, {
      server: SERVER,
      close: this.isPage ? null : () => this.close(),
      reachedEnd: () => this.#look(),
    });
    if (this.isPage) this.#buildPage();
    else this.#buildLauncher();
    this.#listen();
    if (this.isPage || this.#session.isKnown) this.#session.start();
    this.dataset.ready = "";
    return this;
  }

  /** Open the window and go into it. */
  open({ focus = true } = {}) {
    this.#session.start();
    if (!this.isPage && !this.#dialog.open) {
      if (PHONE.matches) this.#dialog.showModal();
      else this.#dialog.show();
      this.#announcer.moveTo(this.#dialog);
      this.#launcher.hidden = true;
      passing.set(OPEN, "1");
      this.#panel.transcript.goToEnd();
      this.#panel.composer.fit();
    }
    if (focus) this.#panel.focus({ canType: !TOUCH.matches });
    this.#look();
  }

  /** Close the window and go back to where it was opened. */
  close() {
    if (this.isPage || !this.#dialog.open) return;
    this.#dialog.close();
  }

  /** Press an action that an article offers: `<article>.<action>`. */
  press(offer, label) {
    const [, name] = OFFER.exec(offer) ?? [];
    if (!name) return;
    this.open();
    this.#session.press(`offer.${name}`, label || this.#words.say("pressed"));
  }

  /** Say who is signed in on this site, by a signed JWT; null when nobody is any more. */
  async identify(identity) {
    await this.#session.identify(identity);
  }

  #buildPage() {
    const panel = element("section", { class: "panel", "aria-labelledby": "title" }, ...this.#panel.nodes);
    this.#root.append(panel);
    this.#announcer.moveTo(this.#root);
    this.#panel.transcript.goToEnd();
    this.#panel.composer.fit();
  }

  #buildLauncher() {
    this.#badge = element("span", { class: "badge", "aria-hidden": "true", hidden: true });
    this.#launcher = element(
      "button",
      { type: "button", class: "launcher", "aria-haspopup": "dialog", click: () => this.open() },
      icon("chat"),
      this.#badge,
    );
    this.#dialog = element(
      "dialog",
      {
        class: "panel",
        "aria-labelledby": "title",
        close: () => this.#closed(),
        keydown: (event) => {
          if (event.key === "Escape" && !event.defaultPrevented) this.close();
        },
        // Escape came as a key already.
        cancel: (event) => event.preventDefault(),
      },
      ...this.#panel.nodes,
    );
    this.#root.append(this.#launcher, this.#dialog);
    this.#announcer.moveTo(this.#root);
    PHONE.addEventListener("change", () => this.#changeSize());
    if (passing.get(OPEN) && !PHONE.matches) this.open({ focus: false });
  }

  #closed() {
    passing.remove(OPEN);
    this.#launcher.hidden = false;
    this.#announcer.moveTo(this.#root);
    this.#launcher.focus();
    this.#count();
  }

  /** A full screen must hold the focus, a window beside the page must not. */
  #changeSize() {
    if (!this.#dialog.open) return;
    const held = this.shadowRoot.activeElement;
    this.#dialog.removeAttribute("open");
    this.#dialog[PHONE.matches ? "showModal" : "show"]();
    held?.focus();
  }

  #listen() {
    const { conversation } = this.#session;
    conversation.addEventListener("added", ({ detail }) => this.#announce(detail));
    for (const type of ["added", "seen", "reset"]) {
      conversation.addEventListener(type, () => this.#count());
    }
    this.#session.addEventListener("state", () => (this.dataset.state = this.#session.state));
    document.addEventListener("visibilitychange", () => this.#look());
    document.addEventListener("click", (event) => this.#intercept(event));
    this.#count();
    this.#takeOfferFromAddress();
  }

  #announce({ messages, isNew }) {
    if (!isNew) return;
    for (const { seq, sender } of messages) {
      if (sender !== "contact") this.#announcer.announce(this.#panel.transcript.viewOf(seq).announcement);
    }
  }

  /** What is on the screen of somebody who looks at it has been seen. */
  #look() {
    if (!this.isOpen || document.hidden || !this.#panel.transcript.isAtEnd) return;
    if (this.#session.conversation.lastSeq) this.#session.noteSeen();
  }

  #count() {
    const count = this.#session.conversation.unread;
    const title = document.title.replace(/^\(\d+\) /, "");
    const wanted = count ? `(${count}) ${title}` : title;
    if (document.title !== wanted) document.title = wanted;
    if (!this.#launcher) return;
    this.#badge.hidden = count === 0;
    this.#badge.textContent = count > 9 ? "9+" : String(count);
    const label = count ? this.#words.say("openUnread", { count }) : this.#words.say("open");
    this.#launcher.setAttribute("aria-label", label);
  }

  /** A link that leads to the chat's own page opens the chat here instead. */
  #intercept(event) {
    const link = event.target.closest?.("[data-chat-offer], [data-chat-open]");
    const isPlain = !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
    if (!link || !isPlain || event.button !== 0 || event.defaultPrevented) return;
    event.preventDefault();
    const { chatOffer } = link.dataset;
    if (chatOffer) this.press(chatOffer, link.textContent.trim());
    else this.open();
  }

  /** `/chat?offer=…` presses once; a reload must not press again. */
  #takeOfferFromAddress() {
    const address = new URL(window.location.href);
    const offer = address.searchParams.get("offer");
    if (!this.isPage || !offer) return;
    address.searchParams.delete("offer");
    window.history.replaceState(window.history.state, "", address);
    this.press(offer);
  }
}

/**
 * Put the chat on the page, or bring the one to life that the page has.
 * @param {{locale?: string, theme?: string, side?: string, identity?: string}} options
 */
export async function mount({ identity, locale, theme, side } = {}) {
  if (!customElements.get("latchkey-chat")) customElements.define("latchkey-chat", LatchkeyChat);
  if (document.readyState === "loading") {
    await new Promise((go) => document.addEventListener("DOMContentLoaded", go, { once: true }));
  }
  const chat = document.querySelector("latchkey-chat") ?? element("latchkey-chat");
  if (chat.dataset.ready !== undefined) return chat;
  for (const [name, value] of Object.entries({ locale, theme, side })) {
    if (value) chat.dataset[name] ??= value;
  }
  if (!chat.isConnected) document.body.append(chat);
  return chat.begin({ identity: identity ?? chat.dataset.identity });
}
