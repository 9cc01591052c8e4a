/**
 * Receipts: what was asked for, for which address, and how long its link works. They say
 * the same whatever the address: what became of the mail is in the mail.
 */

import { element, icon } from "./element.js";
import { prepare } from "./late.js";
import { countDown } from "./time_left.js";

/**
 * Fill a list with receipts.
 * @param {Element} place
 * @param {Object[]} receipts as the protocol has them
 * @param {ChatSession} _session
 * @param {Words} words
 */
export function show(place, receipts, _session, words) {
  prepare(place, words);
  place.replaceChildren(...receipts.map((receipt) => render(receipt, words)));
}

function render({ kind, target, at, expires_at: until }, words) {
  const life = until && element("time", { class: "life", datetime: until });
  if (life) {
    const say = (left) => words.say(left ? "receiptWorks" : "receiptOver", { left });
    countDown(life, until, say, words.locale);
  }
  const when = element("time", { datetime: at }, words.time(new Date(at)));
  const to = target ? element("bdi", {}, target) : words.say("receiptOnFile");
  return element(
    "li",
    {},
    icon("key"),
    element(
      "div",
      {},
      element("strong", {}, words.sayAny("receipt", kind)),
      element("small", {}, to, " · ", when),
      life,
    ),
  );
}
