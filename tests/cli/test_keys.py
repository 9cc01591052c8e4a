"""The secrets of an installation: made once, kept private, taken from where one says."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import typer

from cli.keys import NAMES, TURN_KEY, read_keys

SECRET = "a secret that somebody chose, long enough"


@pytest.fixture(autouse=True)
def no_keys_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)


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
