"""The secrets of an installation: made once, kept private, taken from where one says."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import typer

from cli.keys import (
    HELPDESK_SECRET,
    NAMES,
    PSEUDONYM_KEY,
    ROTATING,
    TURN_KEY,
    forget_former_keys,
    list_keys,
    read_keys,
    rotate_keys,
)

SECRET = "a secret that somebody chose, long enough"


@pytest.fixture(autouse=True)
def no_keys_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        for further in ("_FILE", "_FORMER", "_FORMER_FILE"):
            monkeypatch.delenv(f"{name}{further}", raising=False)


def refusal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Return what is said about keys that cannot be used."""
    with pytest.raises(typer.Exit) as caught:
        read_keys(tmp_path)
    assert caught.value.exit_code == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err


def test_keys_are_made_once_and_differ(tmp_path: Path) -> None:
    first = read_keys(tmp_path)
    assert read_keys(tmp_path) == first
    assert set(first) == set(NAMES)
    assert len(set(first.values())) == len(NAMES)
    assert all(len(key) >= 32 for key in first.values())


def test_another_state_folder_has_other_keys(tmp_path: Path) -> None:
    here, there = read_keys(tmp_path / "here"), read_keys(tmp_path / "there")
    assert not set(here.values()) & set(there.values())


def test_made_keys_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    read_keys(tmp_path)
    folder = tmp_path / "keys"
    assert folder.stat().st_mode & 0o777 == 0o700
    files = list(folder.iterdir())
    assert sorted(file.name for file in files) == sorted(name.lower() for name in NAMES)
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_commands_that_begin_at_once_agree_on_the_keys(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        for attempt in range(20):
            folder = tmp_path / str(attempt)
            found = list(threads.map(read_keys, [folder] * 8))
            assert all(keys == found[0] for keys in found)
            assert len(list((folder / "keys").iterdir())) == len(NAMES)


def test_the_environment_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(TURN_KEY, SECRET)
    assert read_keys(tmp_path)[TURN_KEY] == SECRET
    assert not (tmp_path / "keys" / TURN_KEY.lower()).exists()


def test_a_file_may_hold_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n")
    monkeypatch.setenv(f"{TURN_KEY}_FILE", str(file))
    assert read_keys(tmp_path)[TURN_KEY] == SECRET


@pytest.mark.parametrize("key", ["", "short", "x" * 31])
def test_a_short_key_is_refused_and_not_repeated(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    key: str,
) -> None:
    monkeypatch.setenv(TURN_KEY, key)
    told = refusal(tmp_path, capsys)
    assert f"{TURN_KEY} is shorter than 32 characters" in told
    assert not key or f"“{key}”" not in told


def test_a_file_that_is_missing_is_named_and_not_made(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    missing = tmp_path / "missing"
    monkeypatch.setenv(f"{TURN_KEY}_FILE", str(missing))
    told = refusal(tmp_path, capsys)
    assert f"{TURN_KEY}_FILE" in told
    assert str(missing) in told.replace("\n", "")
    assert "No such file" in told
    assert not missing.exists()


def test_a_file_that_cannot_be_read_is_named(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(f"{TURN_KEY}_FILE", str(tmp_path))  # a folder: so even for root
    assert "cannot be read" in refusal(tmp_path, capsys)


def test_a_file_that_is_not_text_is_named(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "secret"
    file.write_bytes(b"\xff\xfe" * 40)
    monkeypatch.setenv(f"{TURN_KEY}_FILE", str(file))
    assert "is not a text file" in refusal(tmp_path, capsys)


def test_rotation_makes_new_keys_and_honours_the_former_ones(tmp_path: Path) -> None:
    first = read_keys(tmp_path)
    assert rotate_keys(tmp_path) == list(ROTATING)
    second = read_keys(tmp_path)
    rotate_keys(tmp_path)
    third = read_keys(tmp_path)
    for name in ROTATING:
        assert len({first[name], second[name], third[name]}) == 3
        assert second[f"{name}_FORMER"] == first[name]
        assert third[f"{name}_FORMER"] == f"{second[name]},{first[name]}"


def test_the_key_of_the_pseudonyms_is_never_changed(tmp_path: Path) -> None:
    """Else nothing that was done about an address would be found by it again."""
    before = read_keys(tmp_path)[PSEUDONYM_KEY]
    assert PSEUDONYM_KEY not in rotate_keys(tmp_path)
    assert read_keys(tmp_path)[PSEUDONYM_KEY] == before


def test_rotated_files_are_private_too(tmp_path: Path) -> None:
    rotate_keys(tmp_path)
    files = list((tmp_path / "keys").iterdir())
    assert len(files) == len(NAMES) + len(ROTATING)
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_forgetting_leaves_the_current_keys_only(tmp_path: Path) -> None:
    rotate_keys(tmp_path)
    current = {name: read_keys(tmp_path)[name] for name in NAMES}
    assert sorted(forget_former_keys(tmp_path)) == sorted(ROTATING)
    assert read_keys(tmp_path) == current
    assert forget_former_keys(tmp_path) == []


def test_keys_from_elsewhere_are_not_rotated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "secret"
    file.write_text(SECRET)
    monkeypatch.setenv(TURN_KEY, SECRET)
    monkeypatch.setenv(f"{HELPDESK_SECRET}_FILE", str(file))
    rotated = rotate_keys(tmp_path)
    assert {TURN_KEY, HELPDESK_SECRET}.isdisjoint(rotated)
    assert read_keys(tmp_path)[TURN_KEY] == SECRET
    sources = {each.name: each.source for each in list_keys(tmp_path)}
    assert sources[TURN_KEY] == "environment"
    assert sources[HELPDESK_SECRET] == "file"
    assert sources[PSEUDONYM_KEY] == "state"


def test_former_keys_may_come_from_the_environment_or_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{TURN_KEY}_FORMER", "one, two")
    file = tmp_path / "former"
    file.write_text("three\nfour\n")
    monkeypatch.setenv(f"{HELPDESK_SECRET}_FORMER_FILE", str(file))
    keys = read_keys(tmp_path)
    assert keys[f"{TURN_KEY}_FORMER"] == "one,two"
    assert keys[f"{HELPDESK_SECRET}_FORMER"] == "three,four"


def test_the_list_tells_no_value(tmp_path: Path) -> None:
    rotate_keys(tmp_path)
    told = repr(list_keys(tmp_path))
    assert not any(value in told for value in read_keys(tmp_path).values())
    assert {each.former for each in list_keys(tmp_path)} == {0, 1}
