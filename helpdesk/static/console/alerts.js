/** Calls an agent who looks elsewhere: the title, the icon, the desktop, a soft sound. */

import { element } from "../chat/element.js";
import { lasting } from "../chat/storage.js";
import { contactName } from "./names.js";
import { say } from "./words.js";

const NOTIFIES = "console.notifies";
const SOUNDS = "console.sounds";
const ICON_PX = 64;
// What concerns this agent now; the rest is only shown.
const LOUD = new Set(["handoff", "returned", "transferred", "mention", "reply", "awake", "approval"]);

/** Tells `open` with the id of a conversation. */
export class Alerts extends EventTarget {
  #desk;
  #title = document.title;
  #link = document.querySelector("link[rel=icon]");
  #dotted = null;

  constructor(desk) {
    super();
    this.#desk = desk;
    desk.addEventListener("counts", () => this.#count());
    desk.addEventListener("notice", ({ detail }) => this.#call(detail));
  }

  /** Return the switches for the agent's menu. */
  get switches() {
    const notify = this.#makeSwitch("notify", NOTIFIES, () => this.#allow());
    const sound = this.#makeSwitch("sound", SOUNDS, () => this.#play());
    return "Notification" in window ? [notify, sound] : [sound];
  }

  #makeSwitch(name, key, prepare) {
    const node = element(
      "button",
      { type: "button", role: "switch", class: "switch", "aria-checked": String(this.#isOn(key)) },
      say(name),
      element("span", { class: "switch-track", "aria-hidden": "true" }),
    );
    node.addEventListener("click", async () => {
      const isOn = !this.#isOn(key) && (await prepare()) !== false;
      lasting.set(key, isOn ? "yes" : "no");
      node.setAttribute("aria-checked", String(isOn));
    });
    return node;
  }

  #isOn(key) {
    const isAllowed = key !== NOTIFIES || window.Notification?.permission === "granted";
    return lasting.get(key) === "yes" && isAllowed;
  }

  async #allow() {
    const isGranted = (await Notification.requestPermission()) === "granted";
    if (!isGranted) this.dispatchEvent(new CustomEvent("news", { detail: say("notifyDenied") }));
    return isGranted;
  }

  #count() {
    const { queue = 0 } = this.#desk.counts;
    document.title = queue ? `(${queue}) ${this.#title}` : this.#title;
    this.#dot(queue > 0);
  }

  /** Put a dot on the icon in the tab. */
  async #dot(isOn) {
    if (isOn === this.#dotted) return;
    this.#dotted = isOn;
    const picture = new Image(ICON_PX, ICON_PX);
    picture.src = "/favicon.svg";
    await picture.decode().catch(() => {});
    const canvas = element("canvas", { width: ICON_PX, height: ICON_PX });
    const pen = canvas.getContext("2d");
    if (!pen || !picture.naturalWidth || isOn !== this.#dotted) return;
    pen.drawImage(picture, 0, 0, ICON_PX, ICON_PX);
    if (isOn) {
      pen.fillStyle = "#c8321f";
      pen.arc(ICON_PX * 0.76, ICON_PX * 0.24, ICON_PX * 0.22, 0, Math.PI * 2);
      pen.fill();
    }
    this.#link.type = "image/png";
    this.#link.href = canvas.toDataURL();
  }

  #call({ kind, conversation, text }) {
    if (!LOUD.has(kind) || this.#desk.directory.me.is_away) return;
    if (this.#isOn(SOUNDS)) this.#play();
    if (!document.hidden || !this.#isOn(NOTIFIES)) return;
    const title = kind === "approval" ? say("approvals") : say(`notice_${kind}`, { name: contactName(conversation) });
    const note = new Notification(title, { body: text, tag: conversation?.id ?? kind, icon: "/favicon.svg" });
    note.onclick = () => {
      window.focus();
      if (kind !== "approval") this.dispatchEvent(new CustomEvent("open", { detail: conversation.id }));
      note.close();
    };
  }

  /** Two soft tones, made on the spot. */
  #play() {
    const room = new AudioContext();
    [523.25, 659.25].forEach((pitch, at) => {
      const tone = room.createOscillator();
      const volume = room.createGain();
      const start = room.currentTime + at * 0.13;
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0.0001, start);
      volume.gain.exponentialRampToValueAtTime(0.05, start + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.0001, start + 0.35);
      tone.connect(volume).connect(room.destination);
      tone.start(start);
      tone.stop(start + 0.4);
    });
    setTimeout(() => room.close(), 1_000);
  }
}
