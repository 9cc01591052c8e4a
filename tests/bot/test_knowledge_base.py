"""Articles become intents, examples, responses and rules; nothing is written."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from rasa.shared.constants import ASSISTANT_ID_KEY

from bot.article import ArticleError
from bot.knowledge_base import KnowledgeBaseImporter
from bot.settings import SettingsError, fill, read_names
from tests.bot.articles import other_article, write

DOMAIN = {
    "version": "3.1",
    "intents": ["greet"],
    "forms": {"recovery_form": {"required_slots": []}},
    "actions": ["action_ask_if_helped"],
    "responses": {
        "utter_greet": [
            {
                "text": "Welcome to {product}! Your address is {email}.",
                "buttons": [{"title": "About {product}", "payload": "/greet"}],
            }
        ]
    },
}
NLU = {"nlu": [{"intent": "greet", "examples": "- hello\n- hi\n"}], "version": "3.1"}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Rasa project with one article, in which we are."""
    (tmp_path / "kb").mkdir()
    (tmp_path / "data").mkdir()
    write(tmp_path / "kb", other_article("lost-key", "{product} key"))
    files: dict[str, Any] = {
        "domain.yml": DOMAIN,
        "data/nlu.yml": NLU,
        "config.yml": {"recipe": "default.v1", ASSISTANT_ID_KEY: "x"},
        "settings.yml": {"names": {"product": "Castle", "web_site": "castle.example"}},
    }
    for name, content in files.items():
        (tmp_path / name).write_text(yaml.safe_dump(content), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LATCHKEY_SETTINGS", raising=False)
    return tmp_path


def importer(project: Path) -> KnowledgeBaseImporter:
    return KnowledgeBaseImporter(
        str(project / "config.yml"),
        str(project / "domain.yml"),
        [str(project / "data")],
    )


def rules(project: Path) -> dict[str, list[str]]:
    graph = importer(project).get_stories()
    return {
        step.block_name: [
            getattr(event, "action_name", None)
            or (getattr(event, "intent", None) or {}).get("name")
            or str(event)
            for event in step.events
        ]
        for step in graph.story_steps
    }


def test_an_article_brings_its_intent_and_its_response(project: Path) -> None:
    domain = importer(project).get_domain()
    assert "lost_key" in domain.intents
    assert "greet" in domain.intents
    (response,) = domain.responses["utter_lost_key"]
    assert response["text"] == "Ask Castle for **another** key."
    assert response["metadata"] == {
        "article": "lost_key",
        "title": "I lost my key",
        "offers": ["talk_to_human"],
    }


def test_names_are_filled_in_everywhere_and_slots_left_alone(project: Path) -> None:
    domain = importer(project).get_domain()
    (greeting,) = domain.responses["utter_greet"]
    assert greeting["text"] == "Welcome to Castle! Your address is {email}."
    assert greeting["buttons"][0]["title"] == "About Castle"


def test_questions_become_examples_beside_those_of_the_files(project: Path) -> None:
    data = importer(project).get_nlu_data()
    examples = {(m.get("intent"), m.get("text")) for m in data.intent_examples}
    assert ("lost_key", "I lost my Castle key, case 0") in examples
    assert ("greet", "hello") in examples
    assert len(examples) == 14


def test_an_article_is_answered_by_a_rule_and_the_form_goes_on(project: Path) -> None:
    found = rules(project)
    (answer,) = [steps for name, steps in found.items() if name == "answer lost_key"]
    (resume,) = [steps for name, steps in found.items() if "then go on" in name]
    assert answer.index("utter_lost_key") < answer.index("action_ask_if_helped")
    assert "action_ask_if_helped" not in resume
    assert resume.index("utter_lost_key") < resume.index("recovery_form")


def test_an_added_article_is_an_added_answer(project: Path) -> None:
    before = importer(project).get_domain()
    write(project / "kb", other_article("lost-phone", "phone"), "lost-phone.md")
    after = importer(project).get_domain()
    assert set(after.intents) - set(before.intents) == {"lost_phone"}
    assert "utter_lost_phone" in after.responses
    assert "answer lost_phone" in rules(project)


def test_a_removed_article_leaves_nothing_behind(project: Path) -> None:
    write(project / "kb", other_article("lost-phone", "phone"), "lost-phone.md")
    (project / "kb/lost-key.md").unlink()
    domain = importer(project).get_domain()
    assert "lost_key" not in domain.intents
    assert "utter_lost_key" not in domain.responses


def test_nothing_is_written_into_the_project(project: Path) -> None:
    before = sorted(project.rglob("*"))
    reader = importer(project)
    reader.get_domain(), reader.get_nlu_data(), reader.get_stories()
    assert sorted(project.rglob("*")) == before


def test_a_malformed_article_stops_everything(project: Path) -> None:
    write(project / "kb", "no front matter", "broken.md")
    with pytest.raises(ArticleError, match=r"broken\.md:1: has no front matter"):
        importer(project)


def test_an_intent_of_an_article_is_trained_and_answered_in_the_shipped_model(
    agent: Any,
) -> None:
    articles = {p.stem.replace("-", "_") for p in Path("kb").glob("*.md")}
    assert articles <= set(agent.domain.intents)
    for article in articles:
        (response,) = agent.domain.responses[f"utter_{article}"]
        assert response["metadata"]["article"] == article
        assert "{" not in response["text"]


def test_every_button_leads_somewhere(agent: Any) -> None:
    domain = agent.domain
    for name, variants in domain.responses.items():
        for variant in variants:
            for button in variant.get("buttons", []):
                intent = button["payload"].removeprefix("/")
                assert intent in domain.intents, (name, button)


def test_missing_settings_are_told(project: Path) -> None:
    (project / "settings.yml").unlink()
    with pytest.raises(SettingsError, match=r"settings\.yml: cannot be read"):
        read_names()


@pytest.mark.parametrize("content", ["", "[]", "names: 3", "names: {product: 3}"])
def test_malformed_settings_are_told(content: str, project: Path) -> None:
    (project / "settings.yml").write_text(content)
    with pytest.raises(SettingsError, match="mapping `names:` of texts"):
        read_names()


def test_settings_that_are_no_yaml_are_told(project: Path) -> None:
    (project / "settings.yml").write_text("names: [")
    with pytest.raises(SettingsError, match="not valid YAML"):
        read_names()


def test_settings_may_lie_elsewhere(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = project / "other.yml"
    other.write_text("names: {product: Fort}")
    monkeypatch.setenv("LATCHKEY_SETTINGS", str(other))
    assert read_names() == {"product": "Fort"}


def test_filling_leaves_unknown_braces_alone() -> None:
    assert fill("{product} {email} {} {a b}", {"product": "X"}) == "X {email} {} {a b}"
