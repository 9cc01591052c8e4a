"""`./latchkey ask`: one turn without a running server."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import cli.ask
from cli.__main__ import app
from tests.cli.command_line import environment, latchkey, processes_of


def test_ask_gives_one_json_object(tmp_path: Path) -> None:
    question = "I only opened the invitation after the weekend and it is too old"
    result = latchkey("ask", question, "--json", variables=environment(tmp_path))
    assert result.returncode == 0, result.stderr
    answer = json.loads(result.stdout)
    assert answer["intent"] == "invite_expired"
    assert 0.3 < answer["confidence"] <= 1
    ranking = answer["ranking"]
    assert ranking[0] == {
        "intent": "invite_expired",
        "confidence": answer["confidence"],
    }
    assert len(ranking) > 1
    assert ranking == sorted(ranking, key=lambda entry: -entry["confidence"])
    said = "\n".join(reply["text"] for reply in answer["replies"])
    assert "72 hours" in said
    assert "Did that help?" in said
    titles = [b["title"] for r in answer["replies"] for b in r.get("buttons", [])]
    assert "Send me a new invitation" in titles
    assert "Traceback" not in result.stderr
    assert not processes_of(tmp_path)


def test_ask_without_json_is_for_people(monkeypatch: pytest.MonkeyPatch) -> None:
    button = {"title": "Talk to a person", "payload": "/talk_to_human"}
    result = {
        "nlu": {"intent": "no_account", "confidence": 0.876, "ranking": []},
        "replies": [{"text": "Ask your **site admin**.", "buttons": [button]}],
        "handoff": None,
        "trouble": False,
    }
    monkeypatch.setattr(cli.ask, "answer", lambda texts: [result for _ in texts])
    monkeypatch.setattr(cli.ask.model, "ensure_trained", lambda: None)
    shown = CliRunner().invoke(app, ["ask", "who makes my account?"])
    assert shown.exit_code == 0
    assert shown.stdout.split("\n") == [
        "no_account (0.88)",
        "Ask your site admin.".ljust(len(shown.stdout.split("\n")[1])),
        "   › Talk to a person",
        "",
    ]


def test_ask_without_a_question_says_how_it_is_used(tmp_path: Path) -> None:
    result = latchkey("ask", variables=environment(tmp_path))
    assert result.returncode == 2
    assert "Usage" in result.stderr
    assert result.stdout == ""
