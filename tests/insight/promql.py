"""As much of Prometheus' language as tells a wrong expression from a right one."""

import re

FUNCTIONS = {"rate", "increase", "sum", "max", "histogram_quantile", "humanizeDuration"}
WORDS = {"by", "unless", "or", "and"}
NUMBER = r"\d+(?:\.\d+)?"
TOKEN = re.compile(
    r"\s*(?:"
    r"(?P<range>\[(?:\d+[smhd]|\$__rate_interval)\])"
    r"|(?P<selector>\{[^{}]*\})"
    rf"|(?P<number>{NUMBER})"
    r"|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<sign>==|>=|<=|!=|[()<>+*/,-])"
    r")"
)
MATCHER = re.compile(r'\s*(\w+)\s*(?:=~|!~|!=|=)\s*"[^"]*"\s*')
PAIRS = {")": "("}


class ExpressionError(AssertionError):
    """The expression is wrong."""


def _tokens(expression: str) -> list[tuple[str, str]]:
    found, place, text = [], 0, expression.strip()
    while place < len(text):
        match = TOKEN.match(text, place)
        if match is None:
            raise ExpressionError(f"what is {text[place:]!r}?")
        assert match.lastgroup
        found.append((match.lastgroup, match.group(match.lastgroup)))
        place = match.end()
    return found


def check(expression: str) -> None:
    """Raise if brackets do not match, a function is unknown, or a rate has no range."""
    tokens, depth = _tokens(expression), 0
    if not tokens or tokens[-1][1] in {"(", "+", "-", "*", "/", ">", "<", ","}:
        raise ExpressionError(f"{expression} ends in the middle")
    for (kind, text), following in zip(tokens, [*tokens[1:], ("", "")]):
        depth += (text == "(") - (text == ")")
        if depth < 0:
            raise ExpressionError(f"{expression} closes what was not opened")
        if kind == "name" and following[1] == "(" and text not in FUNCTIONS | WORDS:
            raise ExpressionError(f"{text} is no function")
    if depth:
        raise ExpressionError(f"{expression} leaves a bracket open")
    ranges = sum(kind == "range" for kind, _ in tokens)
    if ranges != sum(text in {"rate", "increase"} for _, text in tokens):
        raise ExpressionError(f"{expression}: a rate is over a range")


def names_in(expression: str) -> set[str]:
    """Return the measures that an expression asks for."""
    return set(selectors_in(expression))


def selectors_in(expression: str) -> dict[str, set[str]]:
    """Return the measures with the labels that are chosen by, or summed by."""
    tokens = _tokens(expression)
    found: dict[str, set[str]] = {}
    grouped: set[str] = set()
    place = 0
    while place < len(tokens):
        kind, text = tokens[place]
        following = tokens[place + 1] if place + 1 < len(tokens) else ("", "")
        if text == "by":
            end = tokens.index(("sign", ")"), place)
            grouped |= {each for kind, each in tokens[place:end] if kind == "name"}
            place = end
        elif kind == "name" and text not in FUNCTIONS | WORDS:
            chosen = found.setdefault(text, set())
            if following[0] == "selector":
                chosen |= _labels(following[1])
        place += 1
    for labels in found.values():
        labels |= grouped - {"by"}
    return found


def _labels(selector: str) -> set[str]:
    inside = selector[1:-1]
    matchers = [MATCHER.fullmatch(part) for part in inside.split(",")]
    if not all(matchers):
        raise ExpressionError(f"{selector} chooses nothing")
    return {match.group(1) for match in matchers if match}
