/** How often the assistant would have said what the agents said. */

import { element } from "../chat/element.js";
import { openDialog } from "./dialog.js";
import { tame } from "./names.js";
import { say } from "./words.js";

const DAYS = [7, 30, 90];

export async function openGhostReport(desk) {
  const body = element("div", { class: "report-body" });
  const choose = element(
    "select",
    { "aria-label": say("reportDays"), change: () => load() },
    ...DAYS.map((count) => element("option", { value: count, selected: count === 30 }, say("lastDays", { count }))),
  );
  const load = async () => {
    body.replaceChildren(element("p", { class: "soft" }, say("loading")));
    const report = await desk.requests.get(`/reports/ghost?days=${choose.value}`).catch(() => null);
    body.replaceChildren(...(report ? render(report) : [element("p", {}, say("reportFailed"))]));
  };
  openDialog({ title: say("report"), className: "report" }, element("p", {}, say("reportWhat")), choose, body);
  await load();
}

function render({ compared, agreed, rate, low, high, by_topic: topics }) {
  if (!compared) return [element("p", {}, say("reportNone"))];
  const whole = (part) => Math.round(part * 100);
  return [
    element("p", { class: "report-rate" }, say("percent", { count: whole(rate) })),
    element("p", { class: "soft" }, say("reportOf", { agreed, count: compared, low: whole(low), high: whole(high) })),
    element(
      "table",
      {},
      element("thead", {}, element("tr", {}, ...["reportTopic", "reportCompared", "reportAgreed"].map((key) => element("th", { scope: "col" }, say(key))))),
      element("tbody", {}, ...topics.map(renderTopic)),
    ),
  ];
}

function renderTopic({ topic, compared, agreed }) {
  return element(
    "tr",
    {},
    element("th", { scope: "row", dir: "auto" }, topic ? tame(topic) : say("noTopic")),
    element("td", {}, String(compared)),
    element("td", {}, say("percent", { count: Math.round((agreed / compared) * 100) })),
  );
}
