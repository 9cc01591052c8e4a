/** The sheet that shows every key. */

import { element } from "../chat/element.js";
import { openDialog } from "./dialog.js";
import { VERBS } from "./verbs.js";
import { VIEWS } from "./views.js";
import { say } from "./words.js";

const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
const MOD = isMac ? "⌘" : "Ctrl";

const GROUPS = [
  ["keysMoving", [["j k", "keyMove"], ["Enter", "keyOpen"], ["Esc", "keyLeave"], ["f", "keySearch"], ["/", "keyCommand"], [`${MOD} K`, "keyAssistant"], [`${MOD} J`, "keyCommands"], ["p", "keyPanel"], ["?", "keySheet"]]],
  ["keysWriting", [["Enter", "keySend"], ["Shift Enter", "keyLine"], ["/", "keyCanned"], ["@", "keyMention"]]],
];

export function openKeySheet() {
  const verbs = VERBS.filter(({ name }) => name !== "take_over");
  const groups = [
    GROUPS[0],
    ["keysVerbs", verbs.map(({ key, name }) => [key, `verb_${name}`])],
    ["keysViews", VIEWS.map(({ key, name }) => [`g ${key}`, `view_${name}`])],
    GROUPS[1],
  ];
  const columns = groups.map(([title, keys]) =>
    element("section", {}, element("h3", {}, say(title)), element("dl", {}, ...keys.flatMap(row))),
  );
  openDialog({ title: say("shortcuts"), className: "key-sheet" }, element("div", { class: "keys" }, ...columns));
}

function row([keys, name]) {
  const caps = keys.split(" ").flatMap((key, at) => [at ? " " : "", element("kbd", {}, key)]);
  return [element("dt", {}, ...caps), element("dd", {}, say(name))];
}
