"""Predicting from its text which of several parts gets a question right. Ong et al. 2024 (2406.18665)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from compound.strategies.nearest import Index

if TYPE_CHECKING:
    import numpy as np

Method = Literal["knn", "logistic"]
FOLDS = 5


class Router:
    """Chances of being right, learnt from questions and outcomes; the same data give the same router.

    * `knn`: the mean outcome of the k most similar questions, and of all questions once more: a question that is
      like none gets about what all get.
    * `logistic`: a logistic regression for each part on the vectors, with a penalty of 1.

    Args:
        texts: N questions.
        right: whether each of M parts was right on them, shape (N, M).
        method: how.
        k: neighbours.
        vectors: embeddings of the questions, of length 1, shape (N, D); None: TF-IDF of their words.
    """

    def __init__(
        self, texts: Sequence[str], right: np.ndarray, method: Method, k: int, vectors: np.ndarray | None = None
    ) -> None:
        self._index = Index(texts, vectors)
        self._right, self._method, self._k = right, method, k
        self._models = [_logistic(self._index, outcomes) for outcomes in right.T] if method == "logistic" else []

    def chances(self, texts: Sequence[str], vectors: np.ndarray | None = None) -> np.ndarray:
        """The chance of each part to be right on each of Q questions, shape (Q, M).

        If it learnt from embeddings, so must these questions have them: shape (Q, D).
        """
        import numpy as np

        if self._method == "knn":
            near = np.array([self._right[order[: self._k]] for order in self._index.ranked(texts, vectors)])
            found: np.ndarray = (near.sum(axis=1) + self._right.mean(axis=0)) / (near.shape[1] + 1)
            return found
        read = self._index.vectors_of(texts) if vectors is None else vectors
        return np.column_stack(
            [np.full(len(texts), m) if isinstance(m, float) else m.predict_proba(read)[:, 1] for m in self._models]
        )


def _logistic(index: Index, right: np.ndarray) -> Any:
    """A fitted regression; a part that is always or never right, or texts without words, give a constant."""
    from sklearn.linear_model import LogisticRegression

    if index.vectors is None or right.min() == right.max():
        return float(right.mean())
    return LogisticRegression(C=1.0, max_iter=1000).fit(index.vectors, right)


def held_out_chances(
    texts: Sequence[str], right: np.ndarray, method: Method, k: int, vectors: np.ndarray | None = None
) -> np.ndarray:
    """The chances for each question by a router that has not seen it, shape (N, M): five folds in turn.

    Fold i holds every fifth question from the i-th on. For the arguments see `Router`.
    """
    import numpy as np

    folds = min(FOLDS, len(texts))
    found = np.tile(right.mean(axis=0), (len(texts), 1))
    if folds < 2:
        return found
    for fold in range(folds):
        inside = np.arange(len(texts)) % folds == fold
        seen = [text for text, out in zip(texts, inside, strict=True) if not out]
        held = [text for text, out in zip(texts, inside, strict=True) if out]
        theirs, own = (None, None) if vectors is None else (vectors[~inside], vectors[inside])
        found[inside] = Router(seen, right[~inside], method, k, theirs).chances(held, own)
    return found
