"""Turns texts into sentence vectors with an exported encoder.

Owns tokenisation and the onnxruntime session. Needs only the two files that
the model archive carries, so a trained assistant runs without the weights' package.
"""

from __future__ import annotations

from pathlib import Path
from typing import List, Sequence

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

MODEL_FILE = "encoder.onnx"
TOKENIZER_FILE = "tokenizer.json"
MAX_TOKENS = 128  # the length the weights were trained for; longer texts keep the start


class SentenceEncoder:
    """all-MiniLM-L6-v2 on onnxruntime."""

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        """Load the encoder.

        Args:
            folder: where `MODEL_FILE` and `TOKENIZER_FILE` are.
            threads: threads for one sentence. One is right for a server: two cost more
                than they bring as soon as the machine has anything else to do.
        """
        self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
        self._tokenizer.no_padding()  # the file asks for 128 tokens whatever the text
        self._tokenizer.enable_truncation(MAX_TOKENS)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(folder / MODEL_FILE), options, providers=["CPUExecutionProvider"]
        )

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Encode texts.

        Args:
            texts: any number of texts, any of them may be empty.

        Returns:
            Float32 array [len(texts), 384]; each row has length 1.
        """
        if not texts:
            return np.zeros((0, 384), np.float32)
        tokens = self._tokenizer.encode_batch(list(texts))
        # One by one: dynamic int8 scales by what is in the batch, and a vector that is
        # trained on should be the one that is seen later.
        return np.concatenate([self._run(each.ids) for each in tokens])

    def _run(self, ids: List[int]) -> np.ndarray:
        row = np.array([ids], np.int32)
        inputs = {"ids": row, "mask": np.ones_like(row)}
        return self._session.run(["embedding"], inputs)[0]
