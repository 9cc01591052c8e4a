/** The words of the console. */

import { Words } from "../chat/words.js";
import english from "./strings/en.js";
import acting from "./strings/en_acting.js";

const locale = navigator.languages.find((language) => /^en\b/i.test(language)) ?? "en";

export const words = new Words(locale, { ...english, ...acting });

export function say(key, values) {
  return words.say(key, values);
}

export function sayAny(family, member, values) {
  return words.sayAny(family, member, values);
}
