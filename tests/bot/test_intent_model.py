"""The statistical model on small made-up data with vectors of our own."""

import numpy as np
import pytest

from bot.intent_model import (
    CHARACTERS,
    WORDS,
    Arrays,
    IntentModel,
    Limits,
    Settings,
    held_out_limits,
    restored,
)

TOPICS = {
    "password": ["password", "forgot", "reset", "secret"],
    "invite": ["invitation", "invite", "link", "expired"],
    "weather": ["rain", "sun", "snow", "cloud"],
}
WIDTH = 8


def vector(topic: int, noise: np.random.RandomState) -> np.ndarray:
    """Return a unit vector near the topic's own axis."""
    row = noise.normal(scale=0.15, size=WIDTH)
    row[topic] += 1
    return (row / np.linalg.norm(row)).astype(np.float32)


def examples(
    names: list[str], each: int, seed: int = 0
) -> tuple[list[str], np.ndarray, list[str]]:
    """Return texts, vectors and intents."""
    noise = np.random.RandomState(seed)
    texts, rows, intents = [], [], []
    for topic, name in enumerate(TOPICS):
        if name not in names:
            continue
        for _ in range(each):
            words = noise.choice(TOPICS[name], 2, replace=False)
            texts.append("my " + " ".join(words))
            rows.append(vector(topic, noise))
            intents.append(name)
    return texts, np.stack(rows), intents


ALL = list(TOPICS)


@pytest.fixture(scope="module")
def model() -> IntentModel:
    return IntentModel.train(*examples(ALL, 20), Settings(out_of_scope="weather"))


def test_a_clear_text_is_understood(model: IntentModel) -> None:
    texts, vectors, intents = examples(ALL, 5, seed=1)
    predictions = model.predict(texts, vectors)
    assert [p.ranking[0][0] for p in predictions] == intents


def test_the_ranking_holds_every_intent_best_first_and_sums_to_one(
    model: IntentModel,
) -> None:
    texts, vectors, _ = examples(ALL, 3, seed=2)
    for prediction in model.predict(texts, vectors):
        names, numbers = zip(*prediction.ranking, strict=False)
        assert set(names) == set(TOPICS)
        assert list(numbers) == sorted(numbers, reverse=True)
        assert sum(numbers) == pytest.approx(1, abs=1e-5)


def test_one_text_gives_the_same_result_as_a_batch(model: IntentModel) -> None:
    texts, vectors, _ = examples(ALL, 4, seed=3)
    batch = model.predict(texts, vectors)
    for index, text in enumerate(texts):
        (alone,) = model.predict([text], vectors[index : index + 1])
        assert alone.ranking[0][0] == batch[index].ranking[0][0]
        assert alone.acceptance == pytest.approx(batch[index].acceptance, abs=1e-5)


def test_weighing_terms_equals_what_scikit_learn_does(model: IntentModel) -> None:
    from bot.intent_model import _join

    texts, vectors, _ = examples(ALL, 4, seed=4)
    texts += ["", "entirely unknown zzz", "password password password reset"]
    vectors = np.concatenate([vectors, vectors[:3]])
    parts = (model.settings, model.characters, model.words, texts, vectors)
    margins = _join(*parts) @ model.arrays.weights + model.arrays.bias
    powers = np.exp(4.0 * (margins - margins.max(axis=1, keepdims=True)))
    linear = powers / powers.sum(axis=1, keepdims=True)
    mixed = model.probabilities(texts, vectors)
    share = model.settings.vote_weight
    closeness = vectors @ model.arrays.examples.T / model.settings.vote_temperature
    votes = np.exp(closeness - closeness.max(axis=1, keepdims=True))
    one_hot = np.eye(3)[model.arrays.labels]
    votes = (votes / votes.sum(axis=1, keepdims=True)) @ one_hot
    np.testing.assert_allclose(mixed, (1 - share) * linear + share * votes, atol=1e-4)


def test_a_strange_vector_is_accepted_less(model: IntentModel) -> None:
    texts, vectors, _ = examples(["password"], 1, seed=5)
    strange = np.zeros((1, WIDTH), np.float32)
    strange[0, WIDTH - 1] = 1
    (near,), (far,) = model.predict(texts, vectors), model.predict(["zzz"], strange)
    assert 0 <= far.acceptance < near.acceptance <= 1


def test_being_near_an_out_of_scope_example_is_no_reason_to_accept(
    model: IntentModel,
) -> None:
    texts, vectors, _ = examples(["weather"], 3, seed=6)
    in_scope, in_vectors, _ = examples(["password"], 3, seed=6)
    rejected = model.predict(texts, vectors)
    accepted = model.predict(in_scope, in_vectors)
    assert max(p.acceptance for p in rejected) < min(p.acceptance for p in accepted)
    assert all(p.ranking[0][0] == "weather" for p in rejected)


def test_the_nearest_example_is_an_in_scope_one(model: IntentModel) -> None:
    texts, vectors, _ = examples(ALL, 5, seed=7)
    for prediction in model.predict(texts, vectors):
        label = model.arrays.labels[prediction.nearest]
        assert model.arrays.classes[label] != "weather"


def test_a_text_without_any_known_word_still_has_an_opinion(model: IntentModel) -> None:
    _, vectors, _ = examples(["invite"], 1, seed=8)
    (prediction,) = model.predict([""], vectors)
    assert prediction.ranking[0][0] == "invite"


def test_two_intents_are_enough() -> None:
    data = examples(["password", "invite"], 10)
    model = IntentModel.train(*data, Settings())
    texts, vectors, intents = examples(["password", "invite"], 5, seed=9)
    predictions = model.predict(texts, vectors)
    assert [p.ranking[0][0] for p in predictions] == intents
    assert all(len(p.ranking) == 2 for p in predictions)
    limits = held_out_limits(*data, Settings())
    assert 0 < limits.acceptance < 1


def test_the_threshold_lets_the_chosen_share_of_unseen_texts_through() -> None:
    data = examples(ALL, 60)
    strict = held_out_limits(*data, Settings(accepted_share=0.5))
    usual = held_out_limits(*data, Settings(accepted_share=0.98))
    assert 0 < usual.acceptance < strict.acceptance < 1
    model = IntentModel.train(*data, Settings())
    fresh, vectors, _ = examples(ALL, 60, seed=10)
    accepted = [p.acceptance for p in model.predict(fresh, vectors)]
    assert 0.9 <= np.mean(np.array(accepted) >= usual.acceptance) <= 1
    assert 0.3 <= np.mean(np.array(accepted) >= strict.acceptance) <= 0.7


def test_fewer_questions_back_need_a_higher_rivalry() -> None:
    data = examples(ALL, 60)
    asks_often = held_out_limits(*data, Settings(unasked_share=0.5))
    asks_rarely = held_out_limits(*data, Settings(unasked_share=0.99))
    assert 0 < asks_often.rivalry < asks_rarely.rivalry <= 1


def test_the_limits_are_the_same_every_time() -> None:
    data = examples(ALL, 20)
    assert held_out_limits(*data, Settings()) == held_out_limits(*data, Settings())


def test_out_of_scope_examples_have_no_say_in_the_threshold() -> None:
    data = examples(ALL, 20)
    settings = Settings(out_of_scope="weather")
    with_them = held_out_limits(*data, settings)
    assert 0 < with_them.acceptance < 1


def test_one_example_of_an_intent_accepts_everything_and_asks_never() -> None:
    texts, vectors, intents = examples(ALL, 1)
    limits = held_out_limits(texts, vectors, intents, Settings())
    assert limits == Limits(acceptance=0.0, rivalry=1.0)
    model = IntentModel.train(
        texts * 2, np.tile(vectors, (2, 1)), intents * 2, Settings()
    )
    assert model.predict(texts, vectors)[0].ranking[0][0] == intents[0]


def test_all_out_of_scope_but_one_accepts_everything() -> None:
    noise = np.random.RandomState(0)
    vectors = np.stack([vector(0, noise) for _ in range(8)])
    intents = ["a", "out_of_scope"] * 4
    limits = held_out_limits(["same text"] * 8, vectors, intents, Settings())
    assert 0 <= limits.acceptance <= 1
    assert limits.rivalry >= 0


def test_large_data_are_held_out_once() -> None:
    texts, vectors, intents = examples(ALL, 1_400)
    limits = held_out_limits(texts, vectors, intents, Settings())
    assert 0 < limits.acceptance < 1


def test_restored_vectorizers_say_what_the_fitted_ones_said(model: IntentModel) -> None:
    texts, vectors, _ = examples(ALL, 3, seed=11)
    parts = {"characters": CHARACTERS, "words": WORDS}
    again = {
        name: restored(
            kind,
            getattr(model, name).get_feature_names_out().tolist(),
            getattr(model, name).idf_,
        )
        for name, kind in parts.items()
    }
    copy = IntentModel(
        model.settings,
        again["characters"],
        again["words"],
        Arrays(**vars(model.arrays)),
    )
    expected = model.probabilities(texts, vectors)
    np.testing.assert_array_equal(copy.probabilities(texts, vectors), expected)
