"""Which texts are most like another: the cosine of their TF-IDF vectors, or of their embeddings by a model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from compound.core import Answer, ConfigError, ExpressionError, Question, Step, Usage

if TYPE_CHECKING:
    import numpy as np

    from compound.models.lm import LM

_BLOCK = 256  # texts compared at a time: bounds the memory
_DIGITS = 9  # similarities that differ by less are equal
_WORD = r"(?u)\w+|[^\w\s]"  # a text of signs alone, such as an equation, has words too


class Index:
    """Some texts, to be compared with others.

    Args:
        texts: N texts.
        vectors: their embeddings, of length 1, shape (N, D); None: TF-IDF of lower-cased words and pairs of words.

    Raises:
        ConfigError: scikit-learn is not installed.
    """

    def __init__(self, texts: Sequence[str], vectors: np.ndarray | None = None) -> None:
        import numpy as np

        self.vectors: Any = vectors
        if vectors is None:
            self._learn_words(texts)
        self._size = len(texts)
        self._rank = np.argsort(np.argsort(np.array(texts, dtype=object), kind="stable"), kind="stable")

    def _learn_words(self, texts: Sequence[str]) -> None:
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

    def vectors_of(self, texts: Sequence[str]) -> Any:
        """The TF-IDF of other texts, a sparse matrix (Q, words); None if no text of the index has a word."""
        return None if self.vectors is None else self.vectorizer.transform(texts)

    def ranked(self, texts: Sequence[str], vectors: np.ndarray | None = None) -> Iterator[np.ndarray]:
        """For each of Q texts the numbers of those of the index, shape (N,), the most similar first.

        Equally similar ones come alphabetically. If the index has embeddings, so must the texts: shape (Q, D).
        """
        import numpy as np

        for start in range(0, len(texts), _BLOCK):
            block = slice(start, start + _BLOCK)
            asked = self.vectors_of(texts[block]) if vectors is None else vectors[block]
            alike = np.zeros((len(texts[block]), self._size)) if asked is None else asked @ self.vectors.T
            for row in (alike.toarray() if hasattr(alike, "toarray") else alike).round(_DIGITS):
                yield np.lexsort((self._rank, -row))


@lru_cache(maxsize=16)
def index_of(texts: tuple[str, ...]) -> Index:
    """The index of these texts, made once."""
    return Index(texts)


@lru_cache(maxsize=4096)  # every candidate of a question asks the same
def _top(index: Index, text: str, count: int) -> tuple[int, ...]:
    return tuple(next(index.ranked([text]))[:count].tolist())


class Lookup(NamedTuple):
    """What looking something up took: a step with the embedding that was asked for, if one was."""

    usage: Usage = Usage()
    steps: tuple[Step, ...] = ()

    def before(self, answer: Answer) -> Answer:
        """An answer with what was looked up before it was asked for."""
        step = replace(answer.step, children=(*self.steps, *answer.step.children))
        return replace(answer, usage=self.usage + answer.usage, step=step)


NOTHING = Lookup()


async def embedded(text: str, model: str, lm: LM, others: np.ndarray) -> tuple[np.ndarray, Lookup]:
    """The embedding of a question's text, of length 1, shape (1, D), and what it took.

    Raises:
        ModelError: it cannot be compared with the others, shape (N, D).
    """
    from compound.models.embedding import check_lengths, unit_vectors

    samples, usage = await lm.embed([text], model)
    vector = unit_vectors(samples)
    check_lengths(model, vector.shape[1], others.shape[1])
    return vector, Lookup(usage, (Step("embedding", samples=samples),))


async def nearest(
    examples: Sequence[tuple[str, str]], question: Question, count: int, pick: str, lm: LM, embedding: str | None
) -> tuple[list[int], Lookup]:
    """The numbers of the examples that are shown for a question; of itself, by id or text, it is shown nothing.

    Args:
        examples: id and text of each.
        question: what is asked.
        count: how many at most.
        pick: `first`, or `knn`: the most similar ones, the most similar last.
        lm: the door to the embedding model.
        embedding: the id of that model; None: TF-IDF, which asks nobody.
    """
    own = {place for place, (known, text) in enumerate(examples) if question.id == known or question.text == text}
    if pick == "first" or not examples:
        return list(islice((place for place in range(len(examples)) if place not in own), count)), NOTHING
    texts, found = tuple(text for _, text in examples), NOTHING
    if embedding is None:
        order = _top(index_of(texts), question.text, count + len(own))
    else:
        vectors = await lm.index(texts, embedding)
        vector, found = await embedded(question.text, embedding, lm, vectors)
        order = tuple(next(Index(texts, vectors).ranked([question.text], vector)).tolist())
    return [place for place in order if place not in own][:count][::-1], found


def check_pick(name: str, pick: str, embedding: str | None) -> None:
    """Make sure that an embedding model has something to do.

    Raises:
        ExpressionError: names the strategy and the way out.
    """
    if embedding is not None and pick != "knn":
        raise ExpressionError(f"{name}: embedding is what pick=knn compares by: set that too, or leave it out")
