"""The statistical model behind the intent classifier; knows nothing of Rasa.

Two opinions are mixed: a linear support vector machine over sentence vector, character
n-grams and words, and a vote of the nearest training examples. Whether a message is
within scope at all is a third question, answered by `acceptance`: the square root of the
best probability *times* the cosine to the nearest example. The threshold on it, and the
point at which two intents count as equally likely, are read off held-out folds of the
training data (docs/decisions/0003).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import List, Sequence, Tuple

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import StratifiedKFold, StratifiedShuffleSplit
from sklearn.svm import LinearSVC

FOLDS = 5
RARE = 2  # occurrences; a character n-gram seen once says nothing
CHARACTERS = {"analyzer": "char_wb", "ngram_range": (1, 4), "sublinear_tf": True}
WORDS = {"ngram_range": (1, 2), "sublinear_tf": True, "token_pattern": r"\w+"}
LARGE = 4_000  # examples; beyond it one held-out quarter says as much as five folds


@dataclass(frozen=True)
class Settings:
    """What can be tuned; the defaults were chosen on public data sets.

    `accepted_share` is the share of correctly understood held-out messages that the
    threshold lets through; `unasked_share` the share of them that is answered without
    asking which of two was meant.
    """

    regularisation: float = 0.4
    vector_weight: float = 2.0
    margin_scale: float = 4.0
    vote_weight: float = 0.35
    vote_temperature: float = 0.05
    accepted_share: float = 0.98
    unasked_share: float = 0.95
    out_of_scope: str = "out_of_scope"


@dataclass(frozen=True)
class Prediction:
    """What the model thinks of one message.

    `ranking` holds (intent, probability), best first, all of them; `acceptance` is in
    [0, 1]; `nearest` is the index of the closest in-scope training example.
    """

    ranking: List[Tuple[str, float]]
    acceptance: float
    nearest: int


@dataclass(frozen=True)
class Arrays:
    """The numbers of a trained model.

    `classes` str [classes]; `weights` float32 [features, classes or 1]; `bias` float32
    [classes or 1]; `examples` float32 [examples, width], rows of length 1; `labels` int
    [examples], indices into `classes`.
    """

    classes: np.ndarray
    weights: np.ndarray
    bias: np.ndarray
    examples: np.ndarray
    labels: np.ndarray


class IntentModel:
    """A trained model. Make one with `train` or from the parts that were stored."""

    def __init__(
        self,
        settings: Settings,
        characters: TfidfVectorizer,
        words: TfidfVectorizer,
        arrays: "Arrays",
    ) -> None:
        """Put the parts together.

        Args:
            settings: the settings it was trained with.
            characters: fitted on character n-grams.
            words: fitted on words and word pairs.
            arrays: what was fitted on the joined features, and the examples.
        """
        self.settings = settings
        self.characters = characters
        self.words = words
        self.arrays = arrays
        self._characters = _Terms(characters)
        self._words = _Terms(words)
        examples, labels = arrays.examples, arrays.labels
        self._in_scope_class = arrays.classes != settings.out_of_scope
        self._in_scope_rows = np.flatnonzero(self._in_scope_class[labels])
        self._in_scope_examples = examples[self._in_scope_rows]
        self._one_hot = np.eye(len(arrays.classes), dtype=np.float32)[labels]

    @classmethod
    def train(
        cls,
        texts: Sequence[str],
        vectors: np.ndarray,
        intents: Sequence[str],
        settings: Settings,
    ) -> "IntentModel":
        """Fit a model.

        Args:
            texts: training sentences.
            vectors: their sentence vectors, float32 [texts, width].
            intents: their intents, at least two different ones.
            settings: see `Settings`.
        """
        characters = TfidfVectorizer(**CHARACTERS, min_df=RARE).fit(texts)
        words = TfidfVectorizer(**WORDS).fit(texts)
        machine = LinearSVC(C=settings.regularisation, tol=1e-3, random_state=0)
        features = _join(settings, characters, words, texts, vectors)
        machine.fit(features, np.asarray(intents))
        arrays = Arrays(
            classes=machine.classes_,
            weights=np.ascontiguousarray(machine.coef_.T, np.float32),
            bias=machine.intercept_.astype(np.float32),
            examples=vectors,
            labels=np.searchsorted(machine.classes_, np.asarray(intents)),
        )
        return cls(settings, characters, words, arrays)

    def probabilities(self, texts: Sequence[str], vectors: np.ndarray) -> np.ndarray:
        """Return the mixed probabilities, [texts, classes]."""
        dense = vectors.shape[1]
        between = dense + len(self.characters.vocabulary_)
        weights = self.arrays.weights
        margins = vectors @ weights[:dense] * self.settings.vector_weight
        margins += self.arrays.bias
        for row, text in enumerate(texts):
            margins[row] += self._characters.weigh(text, weights[dense:between])
            margins[row] += self._words.weigh(text, weights[between:])
        if margins.shape[1] == 1:  # two classes give one column
            margins = np.concatenate([-margins, margins], axis=1)
        linear = _softmax(self.settings.margin_scale * margins)
        closeness = (
            vectors @ self.arrays.examples.T - 1
        ) / self.settings.vote_temperature
        votes = np.exp(closeness - closeness.max(axis=1, keepdims=True)) @ self._one_hot
        votes /= votes.sum(axis=1, keepdims=True)
        share = self.settings.vote_weight
        return (1 - share) * linear + share * votes

    def predict(self, texts: Sequence[str], vectors: np.ndarray) -> List[Prediction]:
        """Classify texts; see `Prediction`."""
        probabilities = self.probabilities(texts, vectors)
        cosines = vectors @ self._in_scope_examples.T
        nearest = cosines.argmax(axis=1)
        best = probabilities[:, self._in_scope_class].max(axis=1)
        acceptance = np.sqrt(best) * np.clip(cosines.max(axis=1), 0, 1)
        return [
            Prediction(
                [
                    (str(self.arrays.classes[i]), float(row[i]))
                    for i in np.argsort(-row, kind="stable")
                ],
                float(accepted),
                int(self._in_scope_rows[index]),
            )
            for row, accepted, index in zip(probabilities, acceptance, nearest)
        ]


class _Terms:
    """Weighs the terms of one text as the vectorizer does, without its overhead.

    scikit-learn builds and checks sparse matrices, which for one short text takes five
    times as long as the sum it is about.
    """

    def __init__(self, vectorizer: TfidfVectorizer) -> None:
        self._analyse = vectorizer.build_analyzer()
        self._rows = vectorizer.vocabulary_
        self._idf = vectorizer.idf_.astype(np.float32)

    def weigh(self, text: str, weights: np.ndarray) -> np.ndarray:
        """Return the terms' sum of `weights` [terms, classes], as tf-idf counts them."""
        counts = Counter(self._analyse(text))
        known = [(self._rows[t], n) for t, n in counts.items() if t in self._rows]
        if not known:
            return np.zeros(weights.shape[1], np.float32)
        rows, numbers = zip(*known)
        values = (1 + np.log(np.array(numbers, np.float32))) * self._idf[list(rows)]
        return (values / np.linalg.norm(values)) @ weights[list(rows)]


@dataclass(frozen=True)
class Limits:
    """Where the model stops to be sure, read off held-out training data.

    A message is out of scope below `acceptance`; two intents are equally likely when
    the second's probability is more than `rivalry` times the first's.
    """

    acceptance: float
    rivalry: float


def held_out_limits(
    texts: Sequence[str],
    vectors: np.ndarray,
    intents: Sequence[str],
    settings: Settings,
) -> Limits:
    """Choose both limits from predictions on examples the model had not seen.

    Args:
        texts: training sentences.
        vectors: their sentence vectors.
        intents: their intents.
        settings: see `Settings`.

    Returns:
        Limits that accept everything and ask never when the data are too few to hold
        any out.
    """
    truth = np.asarray(intents)
    _, counts = np.unique(truth, return_counts=True)
    if counts.min() < 2:
        return Limits(acceptance=0.0, rivalry=1.0)
    if len(texts) > LARGE:
        splitter = StratifiedShuffleSplit(1, test_size=0.25, random_state=0)
    else:
        folds = min(FOLDS, int(counts.min()))
        splitter = StratifiedKFold(folds, shuffle=True, random_state=0)
    acceptances: List[float] = []
    rivalries: List[float] = []
    for seen, unseen in splitter.split(vectors, truth):
        model = IntentModel.train(
            [texts[i] for i in seen], vectors[seen], truth[seen], settings
        )
        predictions = model.predict([texts[i] for i in unseen], vectors[unseen])
        for index, prediction in zip(unseen, predictions):
            (name, first), (_, second) = prediction.ranking[:2]
            if name == truth[index] and name != settings.out_of_scope:
                acceptances.append(prediction.acceptance)
                rivalries.append(second / first)
    if not acceptances:
        return Limits(acceptance=0.0, rivalry=1.0)
    return Limits(
        acceptance=float(np.quantile(acceptances, 1 - settings.accepted_share)),
        rivalry=float(np.quantile(rivalries, settings.unasked_share)),
    )


def restored(kind: dict, terms: List[str], idf: np.ndarray) -> TfidfVectorizer:
    """Rebuild a fitted vectorizer of `CHARACTERS` or `WORDS` from what it learned."""
    vectorizer = TfidfVectorizer(**kind, vocabulary=terms)
    vectorizer._validate_vocabulary()
    vectorizer.idf_ = idf
    return vectorizer


def _join(
    settings: Settings,
    characters: TfidfVectorizer,
    words: TfidfVectorizer,
    texts: Sequence[str],
    vectors: np.ndarray,
) -> csr_matrix:
    return hstack(
        [
            csr_matrix(vectors * settings.vector_weight),
            characters.transform(texts),
            words.transform(texts),
        ],
        format="csr",
    )


def _softmax(margins: np.ndarray) -> np.ndarray:
    powers = np.exp(margins - margins.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
