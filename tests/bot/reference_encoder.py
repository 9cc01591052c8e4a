"""all-MiniLM-L6-v2 in plain numpy, float32: what the exported encoder must agree with.

Written after the BERT paper (Devlin et al. 2018), not after bot/minilm.py.
`python -m tests.bot.reference_encoder` writes reference_vectors.json anew.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

REFERENCE = Path(__file__).with_name("reference_vectors.json")
SENTENCES = (
    "How do I log in?",
    "my invitation link has expired",
    "ana@example.com",
    "¿Cómo restablezco mi contraseña?",
    "I registered on Tuesday evening, it said “thank you, we've sent you an e-mail”, "
    "I waited two days, I looked in the spam folder, and nothing came. What now?",
    "",
)
HEADS, LAYERS = 12, 6

Weights = dict[str, np.ndarray]


def _linear(x: np.ndarray, w: Weights, name: str) -> np.ndarray:
    return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]


def _norm(x: np.ndarray, w: Weights, name: str) -> np.ndarray:
    mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    scaled = (x - mean) / np.sqrt(variance + 1e-12)
    return scaled * w[f"{name}.weight"] + w[f"{name}.bias"]


_erf = np.vectorize(math.erf, otypes=[np.float32])


def _gelu(x: np.ndarray) -> np.ndarray:
    return 0.5 * x * (1 + _erf(x / math.sqrt(2)))


def _attention(x: np.ndarray, w: Weights, name: str) -> np.ndarray:
    tokens, width = x.shape
    split = (tokens, HEADS, width // HEADS)
    query, key, value = (
        _linear(x, w, f"{name}.self.{part}").reshape(split).transpose(1, 0, 2)
        for part in ("query", "key", "value")
    )
    scores = query @ key.transpose(0, 2, 1) / math.sqrt(width // HEADS)
    powers = np.exp(scores - scores.max(-1, keepdims=True))
    context = (powers / powers.sum(-1, keepdims=True)) @ value
    joined = context.transpose(1, 0, 2).reshape(tokens, width)
    return _linear(joined, w, f"{name}.output.dense")


def encode(text: str, weights: Weights, tokenizer: Tokenizer) -> np.ndarray:
    """Return the sentence vector of one text, of length 1."""
    ids = tokenizer.encode(text).ids
    x = (
        weights["embeddings.word_embeddings.weight"][ids]
        + weights["embeddings.position_embeddings.weight"][: len(ids)]
        + weights["embeddings.token_type_embeddings.weight"][0]
    )
    x = _norm(x, weights, "embeddings.LayerNorm")
    for index in range(LAYERS):
        layer = f"encoder.layer.{index}"
        attended = _attention(x, weights, f"{layer}.attention")
        x = _norm(x + attended, weights, f"{layer}.attention.output.LayerNorm")
        wide = _gelu(_linear(x, weights, f"{layer}.intermediate.dense"))
        narrow = _linear(wide, weights, f"{layer}.output.dense")
        x = _norm(x + narrow, weights, f"{layer}.output.LayerNorm")
    mean = x.mean(0)
    return mean / np.linalg.norm(mean)


def official() -> tuple[Weights, Tokenizer]:
    """Return the verified weights and the tokenizer that belongs to them."""
    from bot.minilm import model_folder, read_verified_weights

    folder = model_folder()
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(128)
    return read_verified_weights(folder / "model.safetensors"), tokenizer


def main() -> None:
    weights, tokenizer = official()
    vectors = {
        text: [round(float(x), 6) for x in encode(text, weights, tokenizer)]
        for text in SENTENCES
    }
    REFERENCE.write_text(json.dumps(vectors, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
