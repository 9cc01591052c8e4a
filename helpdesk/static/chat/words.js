/** The words people read, in their language; English where a language lacks one. */

import english from "./strings/en.js";

const WEEK_MS = 6 * 24 * 3600 * 1000;
const OTHERS = { ar: () => import("./strings/ar.js") };

/** Return the words for a locale such as `ar-EG`. */
export async function loadWords(locale) {
  const language = (locale || "en").split("-")[0].toLowerCase();
  const load = OTHERS[language];
  if (!load) return new Words(language === "en" ? locale || "en" : "en", english);
  const strings = await load().then((module) => module.default, () => null);
  return strings ? new Words(locale, { ...english, ...strings }) : new Words("en", english);
}

export class Words {
  #strings;
  #plurals;
  #times;
  #days;

  constructor(locale, strings) {
    this.locale = locale;
    this.direction = strings.direction;
    this.starts = strings.starts;
    this.#strings = strings;
    this.#plurals = new Intl.PluralRules(locale);
    this.#times = new Intl.DateTimeFormat(locale, { timeStyle: "short" });
    this.#days = new Intl.DateTimeFormat(locale, { dateStyle: "long" });
  }

  get rates() {
    return this.#strings.rates;
  }

  /** Take on more words, where there are none yet. */
  fallBackOn(strings) {
    this.#strings = { ...strings, ...this.#strings };
  }

  /** Return a sentence with its {gaps} filled; a `count` chooses between plural forms. */
  say(key, values = {}) {
    const known = this.#strings[key];
    const text =
      typeof known === "object"
        ? (known[this.#plurals.select(values.count)] ?? known.other)
        : known;
    return text.replace(/\{(\w+)\}/g, (_gap, name) => values[name] ?? "");
  }

  /** Return the sentence for one of a family, as in `problem` and `too_long`. */
  sayAny(family, member, values = {}) {
    const key = `${family}_${member}`;
    return this.say(key in this.#strings ? key : `${family}_other`, values);
  }

  time(moment) {
    return this.#times.format(moment);
  }

  /** Return a moment to come: the time, and the day unless it is today. */
  when(moment) {
    if (moment.toDateString() === new Date().toDateString()) return this.time(moment);
    const isSoon = moment - Date.now() < WEEK_MS;
    const day = isSoon ? { weekday: "long" } : { weekday: "long", day: "numeric", month: "long" };
    const form = { ...day, hour: "numeric", minute: "2-digit" };
    return new Intl.DateTimeFormat(this.locale, form).format(moment);
  }

  day(moment) {
    const isToday = moment.toDateString() === new Date().toDateString();
    return isToday ? this.say("today") : this.#days.format(moment);
  }
}
