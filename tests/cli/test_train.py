"""`train` on a copy of the project: what is wrong is named, and the old model stays."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cli.model import SOURCES
from cli.places import CACHE, ENVIRONMENTS
from tests.accounts.service import ROOT

OLD_MODEL = b"the model from before"
ALSO_NEEDED = (
    "accounts",
    "cli",
    "foundation",
    "helpdesk",
    "credentials.yml",
    "endpoints.yml",
)
RASAS_CACHE = ".rasa"  # makes what has not changed quick to train


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project with an old model in place."""
    copy = tmp_path / "project"
    for name in (*SOURCES, *ALSO_NEEDED, "tests/conversations"):
        source, target = ROOT / name, copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, target, ignore=ignored)
        else:
            shutil.copy(source, target)
    if (ROOT / RASAS_CACHE).exists():
        shutil.copytree(ROOT / RASAS_CACHE, copy / RASAS_CACHE)
    model = copy / "models" / "latchkey.tar.gz"
    model.parent.mkdir()
    model.write_bytes(OLD_MODEL)
    return copy


def train(project: Path) -> subprocess.CompletedProcess[str]:
    """Run the command in the copy."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("LATCHKEY_")}
    own = {
        "LATCHKEY_ENVIRONMENTS": str(ENVIRONMENTS),
        "LATCHKEY_CACHE": str(CACHE),
        "PYTHONPATH": str(project),
        "COLUMNS": "500",
    }
    return subprocess.run(
        [sys.executable, "-m", "cli", "train"],
        cwd=project,
        env=kept | own,
        capture_output=True,
        text=True,
        timeout=240,
    )


def old_model_is_kept(project: Path) -> bool:
    """Tell whether the model is the one from before and does not pass for current."""
    models = project / "models"
    names = {path.name for path in models.iterdir()}
    kept = (models / "latchkey.tar.gz").read_bytes() == OLD_MODEL
    return kept and names == {"latchkey.tar.gz", "training.log"}


def test_a_malformed_article_is_named_with_its_line(project: Path) -> None:
    article = project / "kb" / "no-account.md"
    lines = article.read_text(encoding="utf-8").splitlines(keepends=True)
    number = next(n for n, line in enumerate(lines, 1) if line.startswith("offers:"))
    lines[number - 1] = "offers: [send_flowers]\n"
    article.write_text("".join(lines), encoding="utf-8")

    result = train(project)
    assert result.returncode == 2
    assert f"kb/no-account.md:{number}:" in result.stderr
    assert "send_flowers" in result.stderr
    assert "Traceback" not in result.stderr
    assert old_model_is_kept(project)


def test_settings_that_cannot_be_read_are_named(project: Path) -> None:
    (project / "settings.yml").write_text("names: [product]\n")
    result = train(project)
    assert result.returncode == 2
    assert "settings.yml: needs a mapping `names:`" in result.stderr
    assert old_model_is_kept(project)


def test_a_model_that_fails_its_conversation_tests_is_not_put_in_place(
    project: Path,
) -> None:
    conversations = project / "tests" / "conversations"
    (conversations / "test_wrong.yml").write_text(
        'version: "3.1"\n'
        "stories:\n"
        "- story: a greeting is mistaken for a farewell\n"
        "  steps:\n"
        "  - user: |\n"
        "      hello\n"
        "    intent: greet\n"
        "  - action: utter_goodbye\n"
    )
    result = train(project)
    assert result.returncode == 1
    assert "Kept the old model" in result.stderr
    assert "a greeting is mistaken for a farewell" in result.stderr
    assert old_model_is_kept(project)
