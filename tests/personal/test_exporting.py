"""What a person gets who asks what is kept about them."""

import io
import json
from typing import Any
from zipfile import ZipFile

import pytest

from helpdesk.desk.attachments import keep_file
from helpdesk.desk.file_types import CheckedFile
from helpdesk.desk.person_export import DATA, PAGE, Export, write_export
from helpdesk.desk.personal_data import find_person
from tests.helpdesk.desk_steps import Desk
from tests.personal.full_life import ADDRESS, LATER, MARKER, NAME, Life, live
from tests.personal.stand_ins import Installation

TRACES = {ADDRESS: {"account": None, "deliveries": [{"state": "accepted"}]}}


@pytest.fixture
def life(installation: Installation) -> Life:
    return live(installation.database)


def export(installation: Installation, whom: str) -> tuple[Export, ZipFile]:
    archive = io.BytesIO()
    with installation.database.reading() as session:
        person = find_person(session, whom)
        assert person
        written = write_export(session, person, TRACES, archive, LATER)
    return written, ZipFile(archive)


def data_of(archive: ZipFile) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(archive.read(DATA))
    return read


def test_everything_of_a_person_is_in_the_archive(
    installation: Installation, life: Life
) -> None:
    written, archive = export(installation, ADDRESS)
    tables = data_of(archive)["tables"]
    assert written.conversations == 3
    assert {row["id"] for row in tables["conversations"]} == set(
        map(str, life.conversations)
    )
    assert tables["contacts"][0]["name"] == NAME
    assert tables["satisfactions"][0]["comment"] == f"{MARKER}, says {NAME}"
    assert tables["drafts"][0]["text"].startswith(f"Dear {NAME}")
    assert len(tables["receipts"]) == 2, "also those in the agent's own chat"
    assert {"letters", "ghost_answers", "turns", "visits", "stretches"} <= set(tables)
    assert data_of(archive)["account_backend"] == TRACES
    assert archive.testzip() is None


def test_files_come_as_they_are(installation: Installation, life: Life) -> None:
    written, archive = export(installation, ADDRESS)
    names = [name for name in archive.namelist() if name.startswith("files/")]
    assert written.files == len(names) == 3
    assert all(name.endswith(f"-{MARKER}.pdf") for name in names)
    assert {archive.read(name) for name in names} == {MARKER.encode() * 9}
    page = archive.read(PAGE).decode()
    assert all(name in page for name in names)


def test_what_belongs_to_others_is_not_handed_out(
    installation: Installation, life: Life
) -> None:
    written, archive = export(installation, ADDRESS)
    everything = b"".join(archive.read(name) for name in archive.namelist())
    assert b"bea@example.com" not in everything
    assert b"other@example.com" not in everything
    assert b"my colleague" not in everything
    assert written.mentions > 4
    assert f"{written.mentions} more entries" in archive.read(PAGE).decode()


def test_the_page_reads_like_the_conversation(
    installation: Installation,
) -> None:
    desk = Desk(installation.database).enter()
    desk.answer(desk.say(f"I am {ADDRESS} & <b>lost</b>"))
    _, archive = export(installation, ADDRESS)
    page = archive.read(PAGE).decode()
    assert "&amp; &lt;b&gt;lost&lt;/b&gt;" in page
    assert page.index("You") < page.index("lost") < page.index("Assistant")
    assert "more entries" not in page


def test_a_file_that_no_message_carries_is_handed_out_too(
    installation: Installation,
) -> None:
    desk = Desk(installation.database).enter()
    file = CheckedFile("application/pdf", b"%PDF", None, None)
    with installation.database.transaction() as session:
        keep_file(session, desk.conversation, file, "../../a.pdf", LATER)
    written, archive = export(installation, str(desk.contact))
    assert written.files == 1
    assert next(n for n in archive.namelist() if n.endswith("-a.pdf")).count("/") == 1


def test_of_an_unknown_person_the_archive_says_so(installation: Installation) -> None:
    written, archive = export(installation, "nobody@example.com")
    assert written == Export(0, 0, 0, 0)
    assert data_of(archive)["tables"] == {}
    assert "There is no conversation." in archive.read(PAGE).decode()
