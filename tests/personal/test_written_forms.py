"""A person is found in files, and blotted out of logs, in whatever form they stand there."""

import gzip
import html
import json
import quopri
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest

from helpdesk.desk.leftovers import find_in_files, state_files
from helpdesk.desk.log_files import blot_out, drop_older
from helpdesk.desk.personal_data import Spelling
from helpdesk.desk.written_forms import pattern_of
from tests.personal.full_life import ADDRESS, Life, live
from tests.personal.stand_ins import Installation

PLUS = "o'ana_m+x&y@xn--exmple-cua.com"
FORMS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "upper": str.upper,
    "title": str.title,
    "percent": lambda it: quote(it, safe=""),
    "percent, small": lambda it: quote(it, safe="").replace("%C3%A4", "%c3%a4"),
    "percent, twice": lambda it: quote(quote(it, safe=""), safe=""),
    "of a page": lambda it: html.escape(it).replace("@", "&#64;"),
    "of a page, hexadecimal": lambda it: it.replace("@", "&#x40;").replace(
        ".", "&#46;"
    ),
    "of a page, by name": lambda it: it.replace("@", "&commat;").replace("ä", "&auml;"),
    "JSON": json.dumps,
    "JSON, all": lambda it: it.replace("@", "\\u0040").replace("+", "\\u002B"),
    "JSON in JSON": lambda it: json.dumps(json.dumps(it)),
    "quoted-printable": lambda it: quopri.encodestring(it.encode()).decode(),
    "quoted-printable, all": lambda it: "".join(
        each
        if each.isalnum() and each.isascii()
        else "".join(f"={byte:02X}" for byte in each.encode())
        for each in it
    ),
    "quoted-printable, folded": lambda it: f"{it[:7]}=\r\n{it[7:]}",
}


def words_of(address: str) -> tuple[str, ...]:
    return Spelling(address).forms


@pytest.mark.parametrize("address", [ADDRESS, PLUS], ids=["simple", "odd"])
@pytest.mark.parametrize("form", FORMS, ids=str)
def test_it_is_found_and_blotted_out_in_every_form(
    tmp_path: Path, form: str, address: str
) -> None:
    for shown in words_of(address):
        log = tmp_path / "rasa.log"
        before = f'a "{FORMS[form](shown)}" b\n'
        log.write_text(before, newline="")
        assert find_in_files([log], words_of(address)) == {log: 1}
        assert blot_out(tmp_path, words_of(address)) == 1
        after = log.read_bytes()
        assert len(after) == len(before.encode())
        assert after.startswith(b'a "')
        assert after.endswith(b'" b\n')
        assert find_in_files([log], words_of(address)) == {}


def test_a_capital_outside_ascii_is_no_hiding_place() -> None:
    found = pattern_of(["müller@straße.example"])
    for shown in ("MÜLLER@STRASSE.EXAMPLE", "Müller@Straße.example"):
        assert found.search(shown.encode())
    assert not found.search(b"muller@strase.example")


def test_others_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("bob@example.com ana%40example.org ana@\n")
    assert blot_out(tmp_path, ["ana@example.com"]) == 0


def test_rotated_logs_are_logs(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    line = f"2026-03-02 09:00:00 to={quote(ADDRESS)} and {ADDRESS}\n".encode()
    for name in ("rasa.log", "rasa.log.1", "rasa.log-20260302", "rasa.1.log"):
        (logs / name).write_bytes(line)
    packed = logs / "rasa.log.2.gz"
    packed.write_bytes(gzip.compress(line * 2))
    packed.chmod(0o600)
    found = find_in_files(list(state_files(tmp_path)), [ADDRESS])
    assert sorted(found.values()) == [2, 2, 2, 2, 4]
    assert blot_out(logs, [ADDRESS]) == 12
    assert find_in_files(list(state_files(tmp_path)), [ADDRESS]) == {}
    assert packed.stat().st_mode & 0o777 == 0o600
    kept = gzip.decompress(packed.read_bytes())
    assert len(kept) == 2 * len(line)
    assert kept.startswith(b"2026-03-02 09:00:00 to=***")
    assert blot_out(logs, [ADDRESS]) == 0
    assert sorted(each.name for each in logs.iterdir()) == sorted(
        path.name for path in [packed, *(each for each in found if each != packed)]
    )


def test_old_lines_of_rotated_logs_go(tmp_path: Path) -> None:
    lines = [f"2026-03-{day:02} 09:00:00 day {day}\n".encode() for day in (1, 9)]
    (tmp_path / "a.log.1").write_bytes(b"".join(lines))
    (tmp_path / "a.log.2.gz").write_bytes(gzip.compress(b"".join(lines)))
    gone = drop_older(tmp_path, datetime(2026, 3, 5, tzinfo=UTC))
    assert gone == 2 * len(lines[0])
    assert (tmp_path / "a.log.1").read_bytes() == lines[1]
    assert gzip.decompress((tmp_path / "a.log.2.gz").read_bytes()) == lines[1]


@pytest.mark.parametrize(
    "content", [b"no gzip", gzip.compress(b"x" * 99)[:-12]], ids=["other", "cut"]
)
def test_a_log_that_cannot_be_unpacked_is_said(
    installation: Installation, content: bytes
) -> None:
    live(installation.database)
    broken = installation.home / "logs" / "rasa.log.1.gz"
    broken.write_bytes(content)
    later = installation.home / "logs" / "rasa.log.2"
    later.write_text(ADDRESS)
    report = installation.erase(ADDRESS)
    assert not report.is_complete
    assert "logs" in report.left
    assert ADDRESS not in later.read_text(), "one that is broken keeps no other"
    assert report.found_in == {broken.name: 1}
    broken.unlink()
    assert installation.erase(ADDRESS).is_complete


def test_whoever_is_erased_is_in_no_log_in_any_form(installation: Installation) -> None:
    life: Life = live(installation.database)
    logs = installation.home / "logs"
    said = [FORMS[form](ADDRESS) for form in FORMS] + [str(life.conversations[0])]
    (logs / "helpdesk.log").write_text("\n".join(said))
    (logs / "helpdesk.log.1").write_text("\n".join(said))
    report = installation.erase(ADDRESS)
    assert report.is_complete
    assert report.done["logs"] == {"words": 2 * len(said)}


def test_a_mail_in_quoted_printable_is_not_kept_quiet(
    installation: Installation,
) -> None:
    live(installation.database)
    outbox = installation.home / "outbox"
    outbox.mkdir()
    (outbox / "1.eml").write_text(f"Hello {ADDRESS.replace('@', '=40')},\n")
    assert installation.erase(ADDRESS).found_in == {"1.eml": 1}
