"""Which texts are most like another: cosine of their TF-IDF vectors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from compound.core import ConfigError, Question

if TYPE_CHECKING:
    import numpy as np

_BLOCK = 256  # texts compared at a time: bounds the memory
_DIGITS = 9  # similarities that differ by less are equal
_WORD = r"(?u)\w+|[^\w\s]"  # a text of signs alone, such as an equation, has words too


class Index:
    """Some texts, to be compared with others: lower-cased words and pairs of words.

    Args:
        texts: N texts.

    Raises:
        ConfigError: scikit-learn is not installed.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        import numpy as np

        try:
            from sklearn.feature_extraction.text import TfidfVectorizer
        except ImportError:
            raise ConfigError(
                "finding similar questions needs scikit-learn: pip install 'compound[similarity]'"
            ) from None
        self.vectorizer = TfidfVectorizer(ngram_range=(1, 2), token_pattern=_WORD, sublinear_tf=True)
        try:
            self.vectors = self.vectorizer.fit_transform(texts)
        except ValueError:  # no text has a word
            self.vectors = None
        self._size = len(texts)
        self._rank = np.argsort(np.argsort(np.array(texts, dtype=object), kind="stable"), kind="stable")

    def vectors_of(self, texts: Sequence[str]) -> Any:
        """The vectors of other texts, a sparse matrix (Q, words); None if no text of the index has a word."""
        return None if self.vectors is None else self.vectorizer.transform(texts)

    def ranked(self, texts: Sequence[str]) -> Iterator[np.ndarray]:
        """For each of Q texts the numbers of those of the index, shape (N,), the most similar first.

        Equally similar ones come alphabetically.
        """
        import numpy as np

        for start in range(0, len(texts), _BLOCK):
            vectors = self.vectors_of(block := texts[start : start + _BLOCK])
            alike = np.zeros((len(block), self._size)) if vectors is None else (vectors @ self.vectors.T).toarray()
            for row in alike.round(_DIGITS):
                yield np.lexsort((self._rank, -row))


@lru_cache(maxsize=16)
def index_of(texts: tuple[str, ...]) -> Index:
    """The index of these texts, made once."""
    return Index(texts)


@lru_cache(maxsize=4096)  # every candidate of a question asks the same
def _top(index: Index, text: str, count: int) -> tuple[int, ...]:
    return tuple(next(index.ranked([text]))[:count].tolist())


def nearest(examples: Sequence[tuple[str, str]], question: Question, count: int, pick: str) -> list[int]:
    """The numbers of the examples that are shown for a question; of itself, by id or text, it is shown nothing.

    Args:
        examples: id and text of each.
        question: what is asked.
        count: how many at most.
        pick: `first`, or `knn`: the most similar ones, the most similar last.
    """
    own = {place for place, (known, text) in enumerate(examples) if question.id == known or question.text == text}
    if pick == "first" or not examples:
        return list(islice((place for place in range(len(examples)) if place not in own), count))
    order = _top(index_of(tuple(text for _, text in examples)), question.text, count + len(own))
    return [place for place in order if place not in own][:count][::-1]
