"""Choosing the candidate that is most like the others: sampling-and-voting for open answers.

Li et al. 2024 (2402.05120), section 3: V(i) = sum over j != i of sim(i, j), with the BLEU of i against the single
reference j; the largest V wins. A medoid, not a vote: near-duplicates count each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from compound.core import Answer, ConfigError, Question
from compound.core.ballots import among

if TYPE_CHECKING:
    import numpy as np

    from compound.strategies.answer_pool import AnswerPool

_ROUNDING = 1e-9
WORD = r"(?u)\S+"
PERMUTATIONS = 100


def similarities(texts: Sequence[str], measure: str) -> np.ndarray:
    """How alike texts are, shape (n, n), 0 on the diagonal; row i is the hypothesis, column j its reference."""
    import numpy as np

    found = MEASURES[measure](texts) if len(texts) > 1 else np.zeros((len(texts), len(texts)))
    np.fill_diagonal(found, 0.0)
    return found


def _bleu(texts: Sequence[str]) -> np.ndarray:
    """Sentence BLEU of lower-cased texts, 0 … 1."""
    import numpy as np

    try:
        from sacrebleu.metrics import BLEU
    except ImportError:
        raise ConfigError("vote(by='similarity') needs sacrebleu: pip install 'compound[similarity]'") from None
    bleu = BLEU(effective_order=True, lowercase=True)
    distinct = list(dict.fromkeys(texts))
    table = np.array([[bleu.sentence_score(a, [b]).score / 100 for b in distinct] for a in distinct])
    place = [distinct.index(text) for text in texts]
    found: np.ndarray = table[np.ix_(place, place)]
    return found


def _tfidf(texts: Sequence[str]) -> np.ndarray:
    """Cosine of the TF-IDF vectors of word uni- and bigrams, 0 … 1."""
    import numpy as np

    try:
        from sklearn.feature_extraction.text import TfidfVectorizer
    except ImportError:
        raise ConfigError("measure='tfidf' needs scikit-learn: pip install 'compound[similarity]'") from None
    try:
        vectors = TfidfVectorizer(ngram_range=(1, 2), token_pattern=WORD).fit_transform(texts)
    except ValueError:  # no text has a word
        return np.zeros((len(texts), len(texts)))
    found: np.ndarray = (vectors @ vectors.T).toarray()
    return found


MEASURES = {"bleu": _bleu, "tfidf": _tfidf}


def medoid(question: Question, answers: Sequence[Answer], measure: str) -> Answer:
    """The candidate most like the others, among those that gave an answer; a tie is broken by a draw."""
    given = sorted((a for a in answers if a.value is not None), key=lambda a: (str(a.value), a.text))
    if not given:
        return Answer(None)
    votes = similarities([a.text for a in given], measure).sum(axis=1)
    tied = [str(i) for i, total in enumerate(votes) if total >= votes.max() - _ROUNDING]
    return given[int(among(tied, question.id))]


def medoid_curve(pool: AnswerPool, measure: str, rng: np.random.Generator) -> np.ndarray:
    """Mean accuracy of the medoid of k = 1 … N candidates over random orders, ties split, shape (N,).

    TF-IDF weighs words by all N candidates at every k, where a vote of k knows those k alone.
    """
    import numpy as np

    size = len(pool.answers)
    given = np.array([answer.value is not None for answer in pool.answers])
    table = np.zeros((size, size))
    texts = [answer.text for answer in pool.answers if answer.value is not None]
    table[np.ix_(given, given)] = similarities(texts, measure)
    total = np.zeros(size)
    inside = np.arange(size)[:, None] <= np.arange(size)
    for _ in range(PERMUTATIONS):
        order = rng.permutation(size)
        votes = table[np.ix_(order, order)].cumsum(axis=1)  # column k - 1: against the first k
        votes[~(inside & given[order][:, None])] = -1.0
        best = (votes >= votes.max(axis=0) - _ROUNDING) & (votes >= 0)
        total += (best * pool.right_each[order][:, None]).sum(axis=0) / np.maximum(best.sum(axis=0), 1)
    return total / PERMUTATIONS
