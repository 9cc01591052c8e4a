/** What is left until a moment, in words that go on by themselves. */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const SOON = 2 * MINUTE;

/** Return how long: “2 days 23 hours”, “47 minutes”; by the second in the last two minutes. */
export function lengthOf(ms, locale) {
  const parts =
    ms >= DAY
      ? [["day", ms / DAY], ["hour", (ms % DAY) / HOUR]]
      : ms >= SOON
        ? [["hour", ms / HOUR], ["minute", (ms % HOUR) / MINUTE]]
        : [["minute", ms / MINUTE], ["second", (ms % MINUTE) / SECOND]];
  const whole = parts.map(([unit, count]) => [unit, Math.floor(count)]).filter(([, count]) => count > 0);
  // Less than a second is still something.
  return (whole.length ? whole : [["second", 1]])
    .map(([unit, count]) => new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "long" }).format(count))
    .join(" ");
}

/**
 * Keep a node's words about a moment right for as long as it is on the page.
 * @param {Element} node
 * @param {string} until
 * @param {function(string|null): string} say hears what is left; null when nothing is
 * @param {string} locale
 */
export function countDown(node, until, say, locale) {
  const left = Date.parse(until) - Date.now();
  node.textContent = say(left > 0 ? lengthOf(left, locale) : null);
  if (!(left > 0)) return;
  const step = left > SOON ? MINUTE : SECOND;
  const again = () => node.isConnected && countDown(node, until, say, locale);
  setTimeout(again, (left % step) + 20);
}
