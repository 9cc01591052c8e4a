"""The sentence encoder: official weights only, and the vectors they stand for."""

import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from bot import minilm
from bot.minilm import (
    UntrustedWeightsError,
    build_graph,
    model_folder,
    read_verified_weights,
)
from bot.sentence_encoder import MAX_TOKENS, SentenceEncoder
from bot.sentence_featurizer import exported_encoder
from tests.bot.reference_encoder import REFERENCE, SENTENCES, encode, official

Official = tuple[dict[str, np.ndarray], object]


@pytest.fixture(scope="module")
def originals() -> Official:
    return official()


@pytest.fixture(scope="module")
def encoder(_in_the_project: None) -> SentenceEncoder:
    return SentenceEncoder(exported_encoder())


@pytest.fixture(scope="module")
def reference() -> dict[str, np.ndarray]:
    stored = json.loads(REFERENCE.read_text(encoding="utf-8"))
    return {text: np.array(vector) for text, vector in stored.items()}


def test_the_reference_covers_its_sentences(reference: dict[str, np.ndarray]) -> None:
    assert set(reference) == set(SENTENCES)


@pytest.mark.parametrize("text", SENTENCES)
def test_a_plain_forward_pass_gives_the_stored_vector(
    text: str, originals: Official, reference: dict[str, np.ndarray]
) -> None:
    vector = encode(text, *originals)
    assert vector @ reference[text] > 0.999999


def test_the_float32_graph_gives_the_stored_vectors(
    originals: Official, reference: dict[str, np.ndarray]
) -> None:
    weights, tokenizer = originals
    model = build_graph(weights).SerializeToString()
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    for text in SENTENCES:
        ids = np.array([tokenizer.encode(text).ids], np.int32)
        inputs = {"ids": ids, "mask": np.ones_like(ids)}
        (vector,) = session.run(["embedding"], inputs)[0]
        assert vector @ reference[text] > 0.999, text


def test_the_small_encoder_stays_close_to_the_stored_vectors(
    encoder: SentenceEncoder, reference: dict[str, np.ndarray]
) -> None:
    for text, vector in zip(SENTENCES, encoder.encode(SENTENCES), strict=False):
        # int8 loses a little, most on the text that is none
        assert vector @ reference[text] > (0.97 if text else 0.95), text


def test_vectors_have_length_one(encoder: SentenceEncoder) -> None:
    vectors = encoder.encode(["a", "", "some words " * 500, "😀"])
    assert vectors.shape == (4, 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)


def test_a_batch_gives_what_its_texts_give_alone(encoder: SentenceEncoder) -> None:
    texts = [f"{'word ' * (n % 9)}number {n}" for n in range(70)]
    batch = encoder.encode(texts)
    for text, vector in zip(texts, batch, strict=False):
        assert vector @ encoder.encode([text])[0] > 0.97


def test_no_text_gives_no_vector(encoder: SentenceEncoder) -> None:
    assert encoder.encode([]).shape == (0, 384)


def test_a_long_text_is_read_from_its_start(encoder: SentenceEncoder) -> None:
    start = "login " * MAX_TOKENS
    vectors = encoder.encode([start, start + "pizza " * 500])
    assert vectors[0] @ vectors[1] > 0.9999


def test_similar_sentences_are_nearer_than_others(encoder: SentenceEncoder) -> None:
    one, near, far = encoder.encode(
        ["I forgot my password", "my password is lost", "what a rainy day"]
    )
    assert one @ near > one @ far + 0.3


def test_weights_of_another_sha256_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    original = (model_folder() / "model.safetensors").read_bytes()
    path.write_bytes(original[:-1] + bytes([original[-1] ^ 1]))
    with pytest.raises(UntrustedWeightsError, match="not the official weights"):
        read_verified_weights(path)


def test_weights_cut_short_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"")
    with pytest.raises(UntrustedWeightsError, match="sha256"):
        read_verified_weights(path)


def test_missing_weights_are_told_with_a_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(minilm, "WEIGHTS_PACKAGE", "no_such_package_of_weights")
    with pytest.raises(UntrustedWeightsError, match=r"run \./latchkey train"):
        model_folder()


def test_a_package_without_weights_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minilm, "WEIGHTS_PACKAGE", "yaml")
    with pytest.raises(UntrustedWeightsError, match=r"no model\.safetensors"):
        model_folder()


def test_nothing_is_exported_from_untrusted_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(minilm, "WEIGHTS_SHA256", "0" * 64)
    with pytest.raises(UntrustedWeightsError):
        minilm.export_int8(tmp_path / "encoder.onnx")
    assert list(tmp_path.iterdir()) == []


def test_the_export_is_kept_for_the_next_training(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = exported_encoder()
    assert sorted(p.name for p in Path(folder).iterdir()) == [
        "encoder.onnx",
        "tokenizer.json",
    ]
    before = (folder / "encoder.onnx").stat().st_mtime_ns
    assert exported_encoder() == folder
    assert (folder / "encoder.onnx").stat().st_mtime_ns == before
