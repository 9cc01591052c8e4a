/** Builds elements. What is given as text stays text: nothing here reads markup. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * Return a new element.
 * @param {string} name
 * @param {Object<string, *>} attributes functions become listeners; null and false are left out
 * @param {...(Node|string|null)} children
 */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") made.addEventListener(key, value);
    else made.setAttribute(key, value === true ? "" : String(value));
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

// Drawn on a 24 x 24 grid with strokes only, so that one colour serves all of them.
const STROKES = {
  chat: "M20.5 11.6c0 4.4-3.8 7.9-8.5 7.9-1.2 0-2.4-.2-3.4-.7L3.8 20l1.3-4.1a7.5 7.5 0 0 1-1.6-4.3c0-4.3 3.8-7.8 8.5-7.8s8.5 3.5 8.5 7.8ZM12 12a2 2 0 1 0 0-4 2 2 0 0 0 0 4Zm0 .2v3",
  close: "m6 6 12 12M18 6 6 18",
  down: "m6 9.5 6 6 6-6",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  send: "M12 19V5m-6 6 6-6 6 6",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 20c.8-3.4 3.9-5 7.5-5s6.7 1.6 7.5 5",
  again: "M4.5 12a7.5 7.5 0 1 0 2.3-5.4M4.5 4v4h4",
  save: "M12 4v11m-4.5-4.5L12 15l4.5-4.5M5 20h14",
  article: "M6 4h9l4 4v12H6ZM15 4v4h4M9.5 12.5h6M9.5 16h4",
  shield: "M12 3.5 19 6v5.5c0 4.5-3 7.5-7 9-4-1.5-7-4.5-7-9V6ZM12 8.5v4m0 3h.01",
  clip: "m18.5 11.5-6.6 6.6a4 4 0 0 1-5.7-5.7l7.3-7.3a2.7 2.7 0 0 1 3.8 3.8l-7.2 7.2a1.3 1.3 0 0 1-1.9-1.9l6.2-6.1",
  key: "M9 13a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9Zm3.2-1.3L20 19.5m-3.2-3.2 2.4-2.4",
};

/** Return a decorative drawing; what it means must be said by text beside it. */
export function icon(name, strokes = STROKES) {
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("viewBox", "0 0 24 24");
  drawing.setAttribute("aria-hidden", "true");
  drawing.classList.add("icon", `icon-${name}`);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", strokes[name]);
  drawing.append(path);
  return drawing;
}
