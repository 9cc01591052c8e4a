"""When a model is out of date: exactly when something that it is made of has changed."""

from pathlib import Path

import pytest

from cli import model

CHANGES = [
    "kb/forgot-password.md",
    "data/nlu/smalltalk.yml",
    "data/rules/smalltalk.yml",
    "bot/tokenizer.py",
    "config.yml",
    "domain.yml",
    "settings.yml",
]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in CHANGES:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"this is {name}")
    return tmp_path


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_in_a_source_changes_the_digest(project: Path, name: str) -> None:
    before = model.sources_digest(project)
    (project / name).write_text("this is something else")
    assert model.sources_digest(project) != before


def test_a_new_a_renamed_and_a_removed_article_change_the_digest(project: Path) -> None:
    seen = [model.sources_digest(project)]
    article = project / "kb" / "new.md"
    article.write_text("new")
    seen.append(model.sources_digest(project))
    article = article.rename(project / "kb" / "newer.md")
    seen.append(model.sources_digest(project))
    assert len(set(seen)) == 3
    article.unlink()
    assert model.sources_digest(project) == seen[0]


def test_what_a_model_is_not_made_of_does_not_change_the_digest(project: Path) -> None:
    before = model.sources_digest(project)
    compiled = project / "bot" / "__pycache__" / "tokenizer.cpython-310.pyc"
    compiled.parent.mkdir()
    compiled.write_bytes(b"compiled")
    (project / "README.md").write_text("read me")
    (project / "kb" / "forgot-password.md").touch()
    assert model.sources_digest(project) == before


def test_the_digest_does_not_depend_on_where_the_project_is(
    project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    before = model.sources_digest(project)
    moved = project.rename(tmp_path_factory.mktemp("elsewhere") / "project")
    assert model.sources_digest(moved) == before


def test_a_model_is_current_only_with_todays_stamp(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive, stamp = tmp_path / "latchkey.tar.gz", tmp_path / "latchkey.tar.sources"
    monkeypatch.setattr(model, "MODEL", archive)
    monkeypatch.setattr(model, "STAMP", stamp)
    assert not model.is_current()
    archive.write_bytes(b"model")
    assert not model.is_current()
    stamp.write_text(model.sources_digest())
    assert model.is_current()
    stamp.write_text("yesterday's")
    assert not model.is_current()
    stamp.write_text(model.sources_digest())
    archive.unlink()
    assert not model.is_current()
