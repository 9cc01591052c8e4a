/** Puts the console together. */

import { Actions } from "./actions.js";
import { Alerts } from "./alerts.js";
import { CannedResponses } from "./canned_responses.js";
import { Desk } from "./desk.js";
import { Routes } from "./routes.js";
import { Shell } from "./shell.js";
import { Shortcuts } from "./shortcuts.js";
import { startTicking } from "./times.js";
import { say } from "./words.js";

const AGAIN_MS = 3_000;

function begin(root) {
  const { product, supportTeam, supportEmail } = root.dataset;
  const desk = new Desk();
  const routes = new Routes();
  const site = { product, support_team: supportTeam, support_email: supportEmail };
  const canned = new CannedResponses(desk.requests, site);
  const signOut = document.getElementById("sign-out");
  signOut.remove();
  const shell = new Shell(desk, routes, canned, root);
  const actions = new Actions(desk, shell, canned);
  const alerts = new Alerts(desk);
  shell.addEventListener("verb", ({ detail }) => actions.run(detail));
  shell.addEventListener("choose", ({ detail }) => actions.choose(detail));
  alerts.addEventListener("open", ({ detail }) => shell.open(detail));
  alerts.addEventListener("news", ({ detail }) => shell.tell(detail));
  desk.addEventListener("signed_out", () => {
    location.assign(`/console/sign-in?next=${encodeURIComponent(routes.here)}`);
  });
  start(desk, shell, () => {
    signOut.hidden = false;
    shell.navigation.fillMenu(alerts.switches, signOut);
    new Shortcuts(actions.keys);
    startTicking();
    shell.follow();
    root.dataset.ready = "";
  });
}

async function start(desk, shell, show) {
  try {
    await desk.start();
  } catch {
    shell.news.show(say("startFailed"));
    setTimeout(() => start(desk, shell, show), AGAIN_MS);
    return;
  }
  show();
}

begin(document.getElementById("console"));
