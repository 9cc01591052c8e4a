"""The pipeline's components inside a real, if small, Rasa model archive."""

import asyncio
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from rasa.engine.exceptions import GraphComponentException

from bot.intent_classifier import (
    AMBIGUOUS,
    DESCRIPTION,
    FORMAT,
    IncompatibleModelError,
)

PIPELINE = [
    "bot.tokenizer.BlankSpacyTokenizer",
    "bot.tokenizer.AccountEntityExtractor",
    "bot.sentence_featurizer.SentenceFeaturizer",
]
CLASSIFIER = "bot.intent_classifier.SimilarityIntentClassifier"
EXAMPLES = {
    "password": ["forgot my password", "reset my password", "I lost my password",
                 "password does not work", "new password please", "change password"],
    "invite": ["my invitation expired", "resend the invite", "new invitation please",
               "the invite link is dead", "no invitation came", "invite me again"],
    "out_of_scope": ["what is the weather", "order a pizza", "play some music",
                     "who won the match", "tell me a joke", "book a flight"],
}  # fmt: skip


def train(folder: Path, **options: Any) -> Path:
    """Train an NLU model and return its archive."""
    from rasa.model_training import train_nlu

    steps: list[dict[str, Any]] = [{"name": name} for name in PIPELINE]
    steps.append({"name": CLASSIFIER, **options})
    config = {"recipe": "default.v1", "language": "en", "assistant_id": "x"}
    (folder / "config.yml").write_text(yaml.safe_dump({**config, "pipeline": steps}))
    nlu = [
        {"intent": intent, "examples": "".join(f"- {text}\n" for text in texts)}
        for intent, texts in EXAMPLES.items()
    ]
    (folder / "nlu.yml").write_text(yaml.safe_dump({"version": "3.1", "nlu": nlu}))
    archive = train_nlu(
        str(folder / "config.yml"), str(folder / "nlu.yml"), str(folder / "models")
    )
    assert archive
    return Path(archive)


def load(archive: Path) -> Any:
    from rasa.core.agent import Agent

    return Agent.load(str(archive))


def parse(agent: Any, text: str) -> dict[str, Any]:
    return asyncio.run(agent.parse_message(text))


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(tmp_path_factory.mktemp("model"), never_asked=["out_of_scope"])


@pytest.fixture(scope="module")
def small_agent(archive: Path) -> Any:
    return load(archive)


def repacked(archive: Path, folder: Path, change: Any) -> Path:
    """Unpack an archive, change what the classifier stored, pack it again."""
    unpacked = folder / "unpacked"
    with tarfile.open(archive) as tar:
        tar.extractall(unpacked)
    (description,) = unpacked.rglob(DESCRIPTION)
    change(description)
    target = folder / "changed.tar.gz"
    with tarfile.open(target, "w:gz") as tar:
        for path in unpacked.iterdir():
            tar.add(path, path.name)
    return target


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("please reset my password", "password"),
        ("the invitation has expired", "invite"),
        ("order me a large pizza", "out_of_scope"),
    ],
)
def test_a_loaded_model_understands(text: str, intent: str, small_agent: Any) -> None:
    parsed = parse(small_agent, text)
    assert parsed["intent"]["name"] == intent


def test_the_result_shows_acceptance_threshold_and_ranking(small_agent: Any) -> None:
    parsed = parse(small_agent, "please reset my password")
    assert 0 <= parsed["threshold"] < parsed["acceptance"] <= 1
    assert parsed["intent_ranking"][0]["name"] == "password"
    assert len(parsed["intent_ranking"]) == 3


def test_what_is_like_nothing_known_is_out_of_scope(small_agent: Any) -> None:
    parsed = parse(small_agent, "xylophone quartz zeppelin")
    assert parsed["intent"]["name"] == "out_of_scope"


def test_entities_are_found_with_their_places(small_agent: Any) -> None:
    text = "resend it to ana@example.com, code 123456"
    entities = parse(small_agent, text)["entities"]
    found = [(e["entity"], text[e["start"] : e["end"]]) for e in entities]
    assert found == [("email", "ana@example.com"), ("code", "123456")]


def test_the_address_itself_does_not_change_what_is_understood(
    small_agent: Any,
) -> None:
    one = parse(small_agent, "resend the invite to ana@example.com")
    two = parse(small_agent, "resend the invite to the.weather@pizza.org")
    assert one["acceptance"] == two["acceptance"]


def test_two_loads_of_an_archive_agree(archive: Path, small_agent: Any) -> None:
    text = "my password is gone"
    assert parse(load(archive), text) == parse(small_agent, text)


def test_a_model_of_another_format_is_refused_with_a_remedy(
    archive: Path, tmp_path: Path
) -> None:
    def change(description: Path) -> None:
        content = json.loads(description.read_text())
        content["format"] = FORMAT + 1
        description.write_text(json.dumps(content))

    with pytest.raises(GraphComponentException) as caught:
        load(repacked(archive, tmp_path, change))
    reason = caught.value.__cause__
    assert isinstance(reason, IncompatibleModelError)
    assert "run ./latchkey train" in str(reason)


def limited(archive: Path, folder: Path, **limits: float) -> Any:
    """Load the archive with other limits."""

    def change(description: Path) -> None:
        content = json.loads(description.read_text())
        content["limits"].update(limits)
        description.write_text(json.dumps(content))

    return load(repacked(archive, folder, change))


def test_two_intents_that_are_close_are_ambiguous(
    archive: Path, tmp_path: Path
) -> None:
    eager = limited(archive, tmp_path, acceptance=0.0, rivalry=0.01)
    parsed = parse(eager, "password or invitation")
    assert parsed["intent"]["name"] == AMBIGUOUS
    assert {e["name"] for e in parsed["intent_ranking"][:2]} == {"password", "invite"}


def test_what_is_never_asked_about_is_never_ambiguous(
    archive: Path, tmp_path: Path
) -> None:
    eager = limited(archive, tmp_path, acceptance=0.0, rivalry=0.0)
    ranking = parse(eager, "order a pizza")["intent_ranking"]
    assert ranking[0]["name"] == "out_of_scope"
    assert parse(eager, "order a pizza")["intent"]["name"] == "out_of_scope"


def test_nothing_is_accepted_above_an_impossible_threshold(
    archive: Path, tmp_path: Path
) -> None:
    strict = limited(archive, tmp_path, acceptance=1.1)
    parsed = parse(strict, "forgot my password")
    assert parsed["intent"]["name"] == "out_of_scope"
    assert parsed["intent_ranking"][0]["name"] == "password"


def test_the_archive_needs_no_weights_package(archive: Path) -> None:
    with tarfile.open(archive) as tar:
        names = [Path(name).name for name in tar.getnames()]
    assert "encoder.onnx" in names
    assert "tokenizer.json" in names
    assert not any(name.endswith((".pkl", ".joblib")) for name in names)
