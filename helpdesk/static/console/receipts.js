/** Receipts: what was done for whom, what became of it, and how to take it back. */

import { element } from "../chat/element.js";
import { countDown } from "../chat/time_left.js";
import { confirm } from "./dialog.js";
import { icon } from "./icons.js";
import { tame } from "./names.js";
import { wholly } from "./times.js";
import { say, sayAny, words } from "./words.js";

// After these no link is on its way, or none that works.
const OVER = new Set(["refused", "bounced", "suppressed", "undone"]);
const BAD = new Set(["bounced", "suppressed", "refused", "unknown"]);

/**
 * Return the card of a receipt.
 * @param {Object} receipt as the protocol has it
 * @param {{directory: Directory, withdraw: function(Object)}} around who may take it back, and how
 */
export function renderReceipt(receipt, { directory, withdraw }) {
  const { number, action, kind, target, by, at, state } = receipt;
  const isWithdrawal = action === "recovery.withdrawn";
  const title = isWithdrawal ? say("receiptWithdrawal") : sayAny("receipt", kind, { kind });
  return element(
    "div",
    { class: `receipt is-${BAD.has(state) ? "bad" : state}`, role: "group", "aria-label": title, "data-receipt": receipt.id },
    icon("receipt"),
    element(
      "div",
      { class: "receipt-body" },
      element(
        "p",
        { class: "receipt-what" },
        element("b", {}, title),
        element("bdi", {}, target ? tame(target) : say("receiptOnFile")),
      ),
      element(
        "p",
        { class: "receipt-when" },
        element("time", { datetime: at, title: wholly(at) }, words.time(new Date(at))),
        element("span", { class: "number" }, say("number", { number })),
        by && !directory.isMe(by) ? element("span", { dir: "auto" }, say("receiptBy", { name: tame(by.name) })) : null,
      ),
      isWithdrawal ? null : renderState(receipt),
      isWithdrawal ? null : renderLife(receipt),
    ),
    directory.mayWithdraw(receipt) ? withdrawButton(receipt, withdraw) : null,
  );
}

function renderState({ state, reason, undone_at: undone }) {
  const time = undone ? wholly(undone) : "";
  return element(
    "p",
    { class: "receipt-state" },
    element("span", { class: "receipt-dot", "aria-hidden": "true" }),
    element("span", {}, sayAny("receiptState", state, { state, time })),
    reason ? element("q", { dir: "auto" }, tame(reason)) : null,
  );
}

function renderLife({ state, expires_at: until }) {
  if (!until || OVER.has(state)) return null;
  const node = element("time", { class: "receipt-life", datetime: until, title: wholly(until) });
  countDown(node, until, (left) => say(left ? "linkWorks" : "linkOver", { left }), words.locale);
  return node;
}

function withdrawButton(receipt, withdraw) {
  const press = async () => {
    const target = receipt.target ? tame(receipt.target) : say("receiptOnFile");
    const isSure = await confirm({
      title: say("withdrawTitle"),
      text: say("withdrawWhat", { target }),
      yes: say("withdraw"),
      no: say("withdrawNot"),
    });
    if (isSure) withdraw(receipt);
  };
  return element("button", { type: "button", class: "quiet is-bad", click: press }, say("withdraw"));
}

/** Return the message as it is once one of its receipts has changed. */
export function withReceipt(message, receipt) {
  const receipts = message.receipts.map((each) => (each.id === receipt.id ? receipt : each));
  return { ...message, receipts };
}
