"""Words are kept in one place, and all of them are said somewhere."""

import re

from helpdesk.web.assets import read_assets
from tests.console.browser.console_page import Console

STRINGS = ("console/strings/en.js", "console/strings/en_acting.js")
SAID = re.compile(r"""\bsay\(\s*"(\w+)\"""")
# Families whose members the help desk or a table chooses.
FAMILIES = re.compile(r"""\bsay(?:Any)?\(\s*(?:"(\w+)"\s*,|`(\w+)_\$)""")


def sources() -> dict[str, str]:
    """Return the console's modules, without the words."""
    files = read_assets().items()
    modules = {n: a.content.decode() for n, a in files if n.endswith(".js")}
    return {
        n: text
        for n, text in modules.items()
        if n.startswith("console/") and n not in STRINGS
    }


def words() -> set[str]:
    """Return the names of all words; each is said in one place."""
    text = "".join(read_assets()[name].content.decode() for name in STRINGS)
    names = re.findall(r"^  (\w+):", text, re.MULTILINE)
    known = set(names) - {"direction"}
    assert len(known) == len([name for name in names if name != "direction"])
    return known


def test_every_word_that_is_said_exists() -> None:
    known = words()
    for name, text in sources().items():
        assert set(SAID.findall(text)) <= known, name


def test_every_family_has_a_word_for_the_unforeseen() -> None:
    known = words()
    for name, text in sources().items():
        for family in re.findall(r"""\bsayAny\(\s*"(\w+)\"""", text):
            assert f"{family}_other" in known, (name, family)


def test_no_word_is_left_over() -> None:
    everything = "\n".join(sources().values())
    families = {a or b for a, b in FAMILIES.findall(everything)}
    left = [
        word
        for word in words()
        if f'"{word}"' not in everything
        and not any(word.startswith(f"{family}_") for family in families)
        and word not in {"today"}  # the chat's own module says it
    ]
    assert left == []


def test_every_module_says_what_it_is_for() -> None:
    assert [n for n, text in sources().items() if not text.startswith("/**")] == []


def test_times_are_short_and_names_stay_tame(console: Console) -> None:
    console.visit()
    lasted = "v.map((s) => m.lasted(new Date(1e12 - s * 1000).toISOString(), 1e12))"
    found = console.import_module("times.js", lasted, [5, 90, 7300, 90_000, 400_000])
    assert found == ["just now", "1 min", "2 h", "1 day", "4 days"]
    lengths = "v.map((ms) => m.lengthOf(ms, 'en'))"
    minute, day = 60_000, 86_400_000
    spans = [3 * day - 1, day, 120 * minute + 1, 119_000, minute, 900, 47 * minute]
    assert console.import_module("../chat/time_left.js", lengths, spans) == [
        *("2 days 23 hours", "1 day", "2 hours", "1 minute 59 seconds"),
        *("1 minute", "1 second", "47 minutes"),
    ]
    initials = "v.map((name) => m.initialsOf(name))"
    names = ["Ana Moreno", "ben", "Émile de la Cour", "李 小龙"]
    assert console.import_module("names.js", initials, names) == [
        "AM",
        "B",
        "ÉC",
        "李小",
    ]
    best = "m.best(v, ['Go to Queue', 'Transfer', 'Take', 'Sign out'], (it) => it, 9)"
    assert console.import_module("fuzzy.js", best, "t")[0] == "Take"
    assert console.import_module("fuzzy.js", best, "gq") == ["Go to Queue"]
