/**
 * Files of a message: pictures as thumbnails, everything else as a button that saves it.
 * They are fetched with the contact's own proof. A page's content security policy may
 * forbid pictures from anywhere, so they are drawn instead of linked.
 */

import { element, icon } from "./element.js";
import { prepare } from "./late.js";

const WIDEST = 240;
const HIGHEST = 180;
const PATIENCE_MS = 60_000;

/**
 * Fill a list with files.
 * @param {Element} place
 * @param {Object[]} files as the protocol has them
 * @param {ChatSession} session
 * @param {Words} words
 */
export function show(place, files, session, words) {
  prepare(place, words);
  const items = files.map((file) => {
    const isPicture = file.media_type.startsWith("image/") && file.width && file.height;
    const shown = isPicture ? picture(file, session, words) : chip(file, session, words);
    return element("li", {}, shown);
  });
  place.replaceChildren(...items);
}

/** Return a thumbnail that opens the whole picture once it is there. */
function picture(file, session, words) {
  const scale = Math.min(1, WIDEST / file.width, HIGHEST / file.height);
  const width = Math.max(1, Math.round(file.width * scale));
  const height = Math.max(1, Math.round(file.height * scale));
  const canvas = element("canvas", { width, height, role: "img", "aria-label": file.name });
  const link = element("a", { target: "_blank", rel: "noopener" }, canvas);
  whenSeen(canvas, async () => {
    try {
      const blob = await fetchFile(file, session);
      const options = { resizeWidth: width, resizeHeight: height, resizeQuality: "high" };
      const drawing = await createImageBitmap(blob, options);
      canvas.getContext("2d").drawImage(drawing, 0, 0);
      link.href = URL.createObjectURL(blob);
      link.append(element("span", { class: "unseen" }, ` (${words.say("opensTab")})`));
    } catch {
      link.replaceWith(chip(file, session, words));
    }
  });
  return link;
}

/** Return a button that saves a file. */
function chip(file, session, words) {
  const kind = file.media_type.split("/")[1].toUpperCase();
  const size = new Intl.NumberFormat(words.locale, {
    style: "unit",
    unit: "kilobyte",
    maximumFractionDigits: 0,
  }).format(Math.max(1, file.size / 1024));
  return element(
    "button",
    { type: "button", click: () => save(file, session) },
    icon("save"),
    element("span", {}, element("span", { dir: "auto" }, file.name), element("small", {}, `${kind}, ${size}`)),
  );
}

async function save(file, session) {
  try {
    const href = URL.createObjectURL(await fetchFile(file, session));
    element("a", { href, download: file.name }).click();
    setTimeout(() => URL.revokeObjectURL(href), PATIENCE_MS);
  } catch {
    session.note("file");
  }
}

async function fetchFile({ id }, { visit }) {
  return (await visit.fetch("GET", `/attachments/${id}`, undefined, { waitMs: PATIENCE_MS })).blob();
}

/** Do something once a node comes into view: old pictures cost nothing until then. */
function whenSeen(node, act) {
  const observer = new IntersectionObserver((entries) => {
    if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
    observer.disconnect();
    act();
  });
  observer.observe(node);
}
