/** The window with what waits for a second person. */

import { element } from "../chat/element.js";
import { countDown } from "../chat/time_left.js";
import { openDialog } from "./dialog.js";
import { tame } from "./names.js";
import { wholly } from "./times.js";
import { say, sayAny, words } from "./words.js";

/** Open the window; `open` goes to a conversation. */
export async function openApprovals(desk, open) {
  const { approvals } = desk;
  const list = element("ul", { class: "approvals", "aria-label": say("approvals") });
  const none = element("p", { class: "soft" }, say("approvalsNone"));
  const problem = element("p", { class: "problem", role: "alert" });
  const decide = async (approval, isApproved) => {
    problem.textContent = "";
    try {
      await approvals.decide(approval, isApproved);
    } catch (error) {
      problem.textContent = error.data?.message || sayAny("trouble", error.code ?? "unreachable");
      approvals.load();
    }
  };
  const show = () => {
    const held = document.activeElement?.closest?.("[data-approval]")?.dataset.approval;
    list.replaceChildren(...approvals.items.map((approval) => render(approval, desk.directory, { decide, go })));
    none.hidden = approvals.items.length > 0;
    const row = held && list.querySelector(`[data-approval="${held}"]`);
    (row?.querySelector("button") ?? row)?.focus();
  };
  const dialog = openDialog({ title: say("approvals"), className: "is-wide" }, element("p", { class: "soft" }, say("approvalsWhat")), problem, none, list);
  const go = (conversation) => {
    dialog.close();
    open(conversation);
  };
  approvals.addEventListener("change", show);
  show();
  approvals.load();
  await dialog.closed;
  approvals.removeEventListener("change", show);
}

function render(approval, directory, { decide, go }) {
  const { id, requested_by: by, requested_at: at, summary, reasons, state, conversation, number, command } = approval;
  const isMine = directory.isMe(by);
  const time = words.time(new Date(at));
  const asked = isMine ? say("askedByYou", { time }) : say("askedBy", { name: tame(by.name), time });
  const open = () => go(conversation);
  return element(
    "li",
    { class: `approval is-${state}`, "data-approval": id, tabindex: -1 },
    element(
      "p",
      { class: "approval-head" },
      element("b", { dir: "auto" }, tame(summary)),
      element("span", { class: "number" }, say("number", { number })),
    ),
    element("p", { class: "approval-who", title: wholly(at) }, asked),
    reasons.length ? element("p", { class: "small-title" }, say("approvalWhy")) : null,
    reasons.length ? element("ul", { class: "reasons" }, ...reasons.map((text) => element("li", { dir: "auto" }, text))) : null,
    element("p", { class: "approval-state", role: "status" }, ...stateOf(approval, isMine)),
    element(
      "p",
      { class: "approval-foot" },
      // What was typed was typed in the colleague's own chat, which is nobody else's to read.
      command === "recovery" ? element("button", { type: "button", class: "link", click: open }, say("approvalOpen")) : null,
      ...(approval.may_decide && state === "waiting" ? decisions(approval, decide) : []),
    ),
  );
}

function stateOf({ state, expires_at: until, decided_by: by }, isMine) {
  if (state !== "waiting") {
    const what = sayAny("approvalState", state, { state });
    return [by ? say("approvalBy", { state: what, name: tame(by.name) }) : what];
  }
  const node = element("time", { datetime: until });
  countDown(node, until, (left) => say(left ? "approvalLeft" : "approvalOver", { left }), words.locale);
  return [say(isMine ? "approvalWaitsYours" : "approvalWaits"), " ", node];
}

function decisions(approval, decide) {
  return [
    element("button", { type: "button", class: "quiet is-bad", click: () => decide(approval, false) }, say("refuse")),
    element("button", { type: "button", class: "primary", click: () => decide(approval, true) }, say("approve")),
  ];
}
