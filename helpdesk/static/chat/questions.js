/** What is asked before something happens: a secret to be sent, a conversation to be ended. */

import { element, icon } from "./element.js";
import { prepare } from "./late.js";

/**
 * Return a question with its answers as buttons; Escape is the last answer.
 * @param {{kind: string, drawing: string, title: string, body: string}} words
 * @param {Array<{title: string, act: function()}>} answers the first is the recommended one
 */
function ask({ kind, drawing, title, body }, answers) {
  const buttons = answers.map(({ title: label, act }, place) =>
    element("button", { type: "button", class: place ? "quiet" : "strong", click: act }, label),
  );
  return element(
    "div",
    {
      class: "question",
      role: "alertdialog",
      "data-part": kind,
      "aria-labelledby": `${kind}-title`,
      "aria-describedby": `${kind}-body`,
      keydown: (event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        event.stopPropagation();
        answers.at(-1).act();
      },
    },
    element("span", { class: "sign" }, icon(drawing)),
    element("h3", { id: `${kind}-title` }, title),
    element("p", { id: `${kind}-body` }, body),
    element("div", { class: "answers" }, ...buttons),
  );
}

/** Ask what to do about a secret; a password is not sent, whatever is pressed. */
export function askAboutSecret(beside, words, kind, { sendWithout, edit, sendAnyway }) {
  prepare(beside, words);
  const answers = [{ title: words.say("sendWithout"), act: sendWithout }];
  if (kind !== "password") answers.push({ title: words.say("sendAnyway"), act: sendAnyway });
  answers.push({ title: words.say("edit"), act: edit });
  const title = words.say(`secretTitle_${kind}`);
  const body = words.say(`secretBody_${kind}`);
  return ask({ kind: "secret", drawing: "shield", title, body }, answers);
}

/** Ask whether the conversation shall really end. */
export function askToStartOver(beside, words, { yes, no }) {
  prepare(beside, words);
  const title = words.say("startOverTitle");
  const body = words.say("startOverBody");
  return ask({ kind: "start-over", drawing: "again", title, body }, [
    { title: words.say("startOver"), act: yes },
    { title: words.say("startOverNo"), act: no },
  ]);
}
