/**
 * Notices what nobody should send: passwords, one-time codes, links with a token. It
 * is a kindness, not a guarantee; the server takes secrets out again.
 */

const PASSWORD = new RegExp(
  "(?:pass ?words?|passwd|pwd|pass ?phrase|passcode|kennwort|passwort|contraseña|" +
    "mot de passe|wachtwoord|كلمة (?:المرور|السر)|סיסמה)" +
    "[^\\S\\n]*(?:(?:is now|is|was|are|ist|est|es)(?!\\p{L})|=|:|->|هي)?[^\\S\\n]*[:=]?[^\\S\\n]*([\"'“‘«]?)(\\S+)",
  "giu",
);
const SAYS_SO = /(?:\b(?:is|was|are|ist|est|es)\b|[=:>]|هي)[^\S\n]*["'“‘«]?$/iu;
// "My password is wrong" tells no secret.
const PLAIN_WORDS = new Set(
  ("a again always and as asked bad because been blocked broken but cannot changed compromised " +
    "correct different disabled doesn't doesnt empty entered exactly expired fine for forgotten " +
    "from gone good hidden incorrect invalid just known locked longer lost missing never not okay " +
    "outdated please really refused rejected required reset right saved secure short something " +
    "still strong stuck that there this unknown useless valid very weak what when where with " +
    "working wrong your falsch vergessen")
    .split(" "),
);
const CODE_WORD =
  /(?<!\b(?:error|status|postal|post|zip|area|country|fehler)[\s-]*)\b(?:code|otp|pin|2fa|passcode|tan)\b[^\d\n]{0,24}?\b(\d(?:[ -]?\d){3,7})\b/giu;
const ONLY_A_CODE = /^\s*(\d{3}[ -]?\d{3})\s*$/u;
const LINK = /https?:\/\/[^\s<>"']+/giu;
const TOKEN_FIELD =
  /[?&#](?:[\w-]*(?:token|code|key|otp|secret|sig|signature|hash|invitation|invite|auth))=[^&#]{6,}/iu;
const TOKEN_PART = /\/(?=[^/?#]*\d)(?=[^/?#]*[a-z])[\w.~-]{20,}(?:[/?#]|$)/iu;
const MARKS_AT_THE_END = /["'”’».,;!?)]+$/u;

/**
 * Return null, or what was found: the worst kind, and the text without any of it.
 * @param {string} text
 * @param {function(string): string} mark what stands instead, for a kind
 */
export function findSecret(text, mark = () => "[…]") {
  const found = [
    ...findPasswords(text),
    ...findCodes(text),
    ...findLinks(text),
  ];
  if (!found.length) return null;
  const parts = [];
  let end = text.length;
  // From the back, so that earlier places stay where they are; what overlaps goes once.
  for (const { start, stop, kind } of [...found].sort((a, b) => b.start - a.start)) {
    if (stop > end) continue;
    parts.unshift(mark(kind), text.slice(stop, end));
    end = start;
  }
  return { kind: found[0].kind, without: text.slice(0, end) + parts.join("") };
}

function* findPasswords(text) {
  for (const match of text.matchAll(PASSWORD)) {
    const [whole, quote, rest] = match;
    const value = rest.replace(MARKS_AT_THE_END, (marks) => (quote ? "" : marks.replace(/["'”’».,;?)]+$/u, "")));
    const saysSo = SAYS_SO.test(whole.slice(0, whole.length - rest.length));
    if (!value || !looksLikePassword(value, saysSo)) continue;
    const start = match.index + whole.length - rest.length;
    yield { start, stop: start + value.length, kind: "password" };
  }
}

function looksLikePassword(value, saysSo) {
  const word = value.toLowerCase().replace(/[’]/g, "'").replace(/[^\p{L}\p{N}']+$/u, "");
  if (PLAIN_WORDS.has(word) || value.length < 4) return false;
  const isMixed = /\d/u.test(value) || /[^\p{L}\p{N}'.,-]/u.test(value.slice(0, -1));
  if (!saysSo) return isMixed && /\p{L}/u.test(value) && !/^[\w.+-]+@[\w.-]+$/u.test(value);
  return isMixed || /.\p{Lu}/u.test(value) || value.length >= 6;
}

function* findCodes(text) {
  for (const match of text.matchAll(CODE_WORD)) {
    const start = match.index + match[0].length - match[1].length;
    yield { start, stop: start + match[1].length, kind: "code" };
  }
  const alone = ONLY_A_CODE.exec(text);
  if (alone) {
    const start = text.indexOf(alone[1]);
    yield { start, stop: start + alone[1].length, kind: "code" };
  }
}

function* findLinks(text) {
  for (const match of text.matchAll(LINK)) {
    const address = match[0].replace(/[.,;!?)]+$/u, "");
    const path = address.replace(/^https?:\/\/[^/?#]*/iu, "");
    if (!TOKEN_FIELD.test(address) && !TOKEN_PART.test(path)) continue;
    yield { start: match.index, stop: match.index + address.length, kind: "link" };
  }
}
