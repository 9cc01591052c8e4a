/**
 * The Markdown subset of answers, made into nodes one by one. Whatever is not on the list
 * stays the text it is: there is no path from a message to markup.
 */

import { element } from "./element.js";

const BULLET = /^\s{0,3}[-*+]\s+(.*)$/;
const NUMBER = /^\s{0,3}(\d{1,3})[.)]\s+(.*)$/;
const SCHEMES = new Set(["http:", "https:", "mailto:"]);
const INLINE = [
  { pattern: /`([^`\n]+)`/, make: ([, code]) => element("code", {}, code) },
  {
    pattern: /\[([^\][\n]{1,300})\]\(([^()\s]{1,2000})\)/,
    make: ([whole, label, address]) => makeLink(address, label) ?? whole,
  },
  {
    pattern: /\*\*(?=\S)([^\n]*?\S)\*\*/,
    make: ([, text], depth) => element("strong", {}, ...inline(text, depth)),
  },
  {
    pattern: /(?<![\w*])\*(?=[^\s*])([^*\n]*[^\s*])\*(?![\w*])|(?<!\w)_(?=[^\s_])([^_\n]*[^\s_])_(?!\w)/,
    make: ([, starred, scored], depth) =>
      element("em", {}, ...inline(starred ?? scored, depth)),
  },
  {
    pattern: /\bhttps?:\/\/[^\s<>()[\]"']*[^\s<>()[\]"'.,;:!?*_]/,
    make: ([address]) => makeLink(address, address) ?? address,
  },
];
const DEEPEST = 4;

/** Return the nodes of a text: paragraphs and lists. */
export function renderMarkdown(text) {
  return text
    .replace(/\r\n?/g, "\n")
    .split(/\n{2,}/)
    .filter((block) => block.trim())
    .flatMap(renderBlock);
}

/** Return the address if it may be followed, else null. */
export function followable(address, base = undefined) {
  try {
    const url = new URL(address, base);
    return SCHEMES.has(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

function makeLink(address, label) {
  const href = followable(address);
  return href && element("a", { href, target: "_blank", rel: "noopener noreferrer" }, label);
}

function renderBlock(block) {
  const nodes = [];
  // The list or paragraph that the next line may belong to.
  let open = null;
  for (const line of block.split("\n")) {
    const bullet = BULLET.exec(line);
    const number = NUMBER.exec(line);
    const name = bullet ? "ul" : number ? "ol" : "p";
    if (!open || (name !== "p" && open.localName !== name)) {
      open = element(name, { dir: "auto", start: number && number[1] !== "1" && number[1] });
      nodes.push(open);
    }
    if (name !== "p") {
      open.append(element("li", {}, ...inline(bullet ? bullet[1] : number[2])));
    } else {
      const place = open.localName === "p" ? open : open.lastElementChild;
      if (place.hasChildNodes()) place.append(open.localName === "p" ? element("br") : " ");
      place.append(...inline(line.trim()));
    }
  }
  return nodes;
}

function inline(text, depth = 0) {
  if (depth >= DEEPEST) return [text];
  let first = null;
  for (const { pattern, make } of INLINE) {
    const match = pattern.exec(text);
    if (match && (!first || match.index < first.match.index)) first = { match, make };
  }
  if (!first) return text ? [text] : [];
  const { match, make } = first;
  const before = text.slice(0, match.index);
  const after = text.slice(match.index + match[0].length);
  const rest = inline(after, depth);
  return [...(before ? [before] : []), make(match, depth + 1), ...rest];
}
