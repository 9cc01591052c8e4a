/** Finds what was meant by a few letters in their order. */

const BEGINS_WORD = /[\s/@._-]/;

/** Return how well letters fit a text; 0 if they do not. */
export function fit(letters, text) {
  const wanted = letters.toLowerCase().replace(/\s+/g, "");
  const within = text.toLowerCase();
  if (!wanted) return 1;
  let score = 0;
  let at = -1;
  for (const letter of wanted) {
    const next = within.indexOf(letter, at + 1);
    if (next < 0) return 0;
    const isNear = next === at + 1;
    const isStart = next === 0 || BEGINS_WORD.test(within[next - 1]);
    score += isNear ? 3 : isStart ? 2 : 0.2;
    at = next;
  }
  // Letters that lie about everywhere mean nothing.
  if (score < wanted.length) return 0;
  return score / wanted.length + (within.startsWith(wanted) ? 2 : 0) - within.length / 1000;
}

/** Return the items that fit, the best first. */
export function best(letters, items, textOf, most) {
  return items
    .map((item) => ({ item, score: fit(letters, textOf(item)) }))
    .filter(({ score }) => score > 0)
    .sort((one, other) => other.score - one.score)
    .slice(0, most)
    .map(({ item }) => item);
}
