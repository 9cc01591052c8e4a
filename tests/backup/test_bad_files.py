"""Files that are no good: said in a sentence, with nothing touched."""

import gzip
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.backup.archive import member_of
from cli.backup.contents import FORMAT, HEAD, MANIFEST
from cli.backup.sealing import (
    PORTION,
    SEALED,
    TAG_BYTES,
    OpeningReader,
    SealingWriter,
    WrongPassphraseError,
)
from tests.backup.conftest import NewMachine
from tests.backup.machines import SQLITE, Machine

Members = list[tuple[str, bytes]]
Change = Callable[[Members], Members]
PASSPHRASE = "a lighthouse with green stairs"


@pytest.fixture(scope="module")
def good(filled: NewMachine, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A good backup, as bytes."""
    file = tmp_path_factory.mktemp("good") / "a.backup"
    filled(SQLITE).good("backup", file)
    return file.read_bytes()


@pytest.fixture
def machine(machine_of: NewMachine) -> Machine:
    return machine_of(SQLITE)


def refused(machine: Machine, content: bytes, *words: object) -> str:
    """Have a file refused by both commands; return the sentence."""
    machine.home.mkdir(exist_ok=True)
    file = machine.home.parent / "bad.backup"
    file.write_bytes(content)
    said = machine.refused("backup", "verify", file, *words)
    assert machine.refused("restore", file, *words) == said
    assert [p.name for p in machine.home.iterdir()] == []
    return said


def members_of(content: bytes) -> Members:
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as tar:
        return [(i.name, tar.extractfile(i).read()) for i in tar]  # type: ignore[union-attr]


def packed(members: Members) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as tar:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return made.getvalue()


def test_the_good_one_is_good_and_names_no_wrong_key(good: bytes) -> None:
    names = [name for name, _ in members_of(good)]
    assert (names[0], names[-1]) == (HEAD, MANIFEST)


@pytest.mark.parametrize("part", [0.0, 0.3, 0.9, 0.9999])
def test_a_file_that_is_cut_off(machine: Machine, good: bytes, part: float) -> None:
    said = refused(machine, good[: max(2, int(len(good) * part))])
    assert "cannot be used: it is damaged, or not complete" in said


@pytest.mark.parametrize("place", [12, 0.1, 0.5, 0.8, -6, -2])
def test_a_file_with_another_bit(machine: Machine, good: bytes, place: float) -> None:
    at = int(place if abs(place) > 1 else len(good) * place)
    changed = bytearray(good)
    changed[at] ^= 4
    assert refused(machine, bytes(changed))


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"hello", b"SQLite format 3\0" * 99, gzip.compress(b""), packed([])),
        packed([("a.txt", b"hello")]),
        packed([(HEAD, b'{"product":"x","format":1}')]),
    ],
    ids=range(7),  # what is packed says when that was
)
def test_a_file_of_something_else(machine: Machine, content: bytes) -> None:
    said = refused(machine, content)
    assert "no backup of Latchkey" in said or "damaged" in said


def test_a_file_that_is_not_there(machine: Machine) -> None:
    for words in (("backup", "verify"), ("restore",)):
        said = machine.refused(*words, machine.home / "nothing.backup")
        assert "cannot be read: No such file" in said


def without_manifest(members: Members) -> Members:
    return members[:-1]


def without_a_table(members: Members) -> Members:
    return [each for each in members if "/messages/" not in each[0]]


def twice(members: Members) -> Members:
    return [members[0], members[1], *members[1:]]


def more_after_the_end(members: Members) -> Members:
    return [*members, ("record/teams/000009.jsonl", b"[]")]


def another_place(members: Members) -> Members:
    return [members[0], ("../../evil", b"x"), *members[1:]]


def another_row(members: Members) -> Members:
    return [
        (name, content.replace(b"xylophonezebra", b"xylophonezebrb"))
        for name, content in members
    ]


def another_manifest(members: Members) -> Members:
    name, content = members[-1]
    manifest = json.loads(content)
    manifest["mark"]["number"] += 1
    return [*members[:-1], (name, json.dumps(manifest).encode())]


def no_row_at_all(members: Members) -> Members:
    return [(n, b"[1]" if "/visits/" in n else content) for n, content in members]


@pytest.mark.parametrize(
    "change",
    [
        without_manifest,
        without_a_table,
        twice,
        more_after_the_end,
        another_place,
        another_row,
        another_manifest,
        no_row_at_all,
    ],
)
def test_an_archive_that_was_tampered_with(
    machine: Machine, good: bytes, change: Change
) -> None:
    assert "cannot be used" in refused(machine, packed(change(members_of(good))))


def with_hashes(members: Members) -> Members:
    """Return an archive whose manifest fits what is in it, as whoever can write makes it."""
    name, content = members[-1]
    manifest = json.loads(content)
    seen = {each: member_of(inside) for each, inside in members[:-1]}
    manifest["members"] = {
        each: {"size": m.size, "sha256": m.sha256} for each, m in seen.items()
    }
    return [*members[:-1], (name, json.dumps(manifest).encode())]


def test_an_audit_record_that_was_written_anew(machine: Machine, good: bytes) -> None:
    changed = [
        (name, content.replace(b"command line", b"somebody els"))
        for name, content in members_of(good)
    ]
    said = refused(machine, packed(with_hashes(changed)))
    assert "audit record in it is not what was written" in said


def newer_format(head: dict[str, object]) -> None:
    head["format"] = FORMAT + 1
    head["databases"] = "whatever it will be"


def test_a_backup_of_a_newer_product(machine: Machine, good: bytes) -> None:
    (name, content), *rest = members_of(good)
    head = json.loads(content)
    newer_format(head)
    said = refused(machine, packed([(name, json.dumps(head).encode()), *rest]))
    assert "of a newer Latchkey" in said


def test_a_backup_with_newer_tables(machine: Machine, good: bytes) -> None:
    (name, content), *rest = members_of(good)
    head = json.loads(content)
    head["databases"]["record"]["version"] = "9999"
    file = machine.home.parent / "newer.backup"
    newer = [(name, json.dumps(head).encode()), *rest]
    file.write_bytes(packed(with_hashes(newer)))
    assert "the version 9999. Update this one first" in machine.refused("restore", file)
    assert not (machine.home / "helpdesk.db").exists()


@pytest.fixture(scope="module")
def sealed(
    filled: NewMachine, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, bytes]:
    """The file of a passphrase, and a backup that is sealed with it."""
    folder = tmp_path_factory.mktemp("sealed")
    words = folder / "words"
    words.write_text(f"{PASSPHRASE}\n")
    file = folder / "a.backup"
    filled(SQLITE).good("backup", file, "--passphrase-file", words)
    return words, file.read_bytes()


def test_a_sealed_backup_opens_with_its_passphrase_only(
    machine: Machine, sealed: tuple[Path, bytes], tmp_path: Path
) -> None:
    words, content = sealed
    assert content.startswith(SEALED)
    assert "Give --passphrase-file" in refused(machine, content)
    other = tmp_path / "other"
    other.write_text("another lighthouse with stairs")
    said = refused(machine, content, "--passphrase-file", other)
    assert "not the one that the backup was sealed with" in said
    file = tmp_path / "good.backup"
    file.write_bytes(content)
    machine.good("restore", file, "--passphrase-file", words)
    assert (machine.home / "helpdesk.db").exists()


@pytest.mark.parametrize("cut", [len(SEALED) + 3, len(SEALED) + 23, -1, -40])
def test_a_sealed_backup_that_is_cut_off(
    machine: Machine, sealed: tuple[Path, bytes], cut: int
) -> None:
    words, content = sealed
    said = refused(machine, content[:cut], "--passphrase-file", words)
    assert "damaged or not complete" in said


def test_no_portion_of_a_sealed_file_can_be_moved_or_left_out() -> None:
    made = io.BytesIO()
    writer = SealingWriter(made, PASSPHRASE)
    text = b"".join(bytes([number]) * PORTION for number in range(3))
    writer.write(text[: PORTION + 7])
    writer.write(text[PORTION + 7 :])
    writer.finish()
    whole = made.getvalue()

    def opened(content: bytes) -> bytes:
        file = io.BytesIO(content)
        file.seek(len(SEALED))
        return io.BufferedReader(OpeningReader(file, PASSPHRASE)).read()  # type: ignore[type-var]

    assert opened(whole) == text
    size, begin = PORTION + TAG_BYTES, len(SEALED) + 23
    one, two, three = (whole[begin + n * size :][:size] for n in range(3))
    for wrong in (one + two, two + one + three, one + three, one + two + three + three):
        with pytest.raises(WrongPassphraseError):
            opened(whole[:begin] + wrong)


def test_a_short_passphrase_is_refused(machine: Machine, tmp_path: Path) -> None:
    words = tmp_path / "words"
    words.write_text("short")
    said = machine.refused("backup", tmp_path / "a", "--passphrase-file", words)
    assert "at least 12 characters" in said
