"""What a simulated model replies to each step: answers, rankings, judgements and opinions of what it is shown.

A judgement is right with the declared probability `judge`, whatever the question; it knows of the candidates only
which are right. An opinion moves as declared by `conform` and `convert`.

| step | shown | reply |
| --- | --- | --- |
| `judge` | one value | `Score: s`: 6 to 10 where it holds the value for right, 0 to 5 where not |
| `letter` | one value | the same as one letter: K to T, or A to J |
| `confidence` | one value | `Confidence: c`: 51 to 100, or 0 to 50 |
| `verdict` | one value | `Verdict: correct`, or `wrong` |
| `compare` | two values | `Better: A`, or `B`; a fair coin where both are right or both wrong |
| `choose` | some values | `Choice: i`, from 1: a right one with probability `judge`, else any |
| `side` | two values | `Side: A`, or `B`, as `compare`; but A where both are right, `none` where both are wrong |
| `aggregate` | any | `Answer: a`: a right one with probability `judge`, else any; one of its own if there is none |
| `revise` | its own, others' | `Answer: a`: as below |
| `plan` | any | a numbered list of three questions |
| `rank` | any | `Ranking: a; b; c`: up to three of its own answers, drawn without replacement |

Every other step is answered as `answer` is. A revised opinion is the right answer with probability `convert`, else
the most frequent of the others' (a tie is drawn) with probability `conform`, else its own as it was (a new one if
it had none). Of at most two others that keeps the expected share of each answer where `convert` is 0: a martingale.
Of more it does not: taking over the plurality of many makes the frequent more frequent.
"""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from statistics import NormalDist
from typing import NamedTuple

from compound.core import Confidence, ModelError

_LEVEL = 10.0  # token confidence of a wrong trace, in nats; its standard deviation is 1


class Scene(NamedTuple):
    """What a reply follows from.

    Attributes:
        answers: the model's own possible answers, the right one first; `weights` their probabilities.
        shown: of every shown value whether it is right.
        judge: the probability that a judgement is right.
        greedy: whether the most probable answer is given.
        answering: what answers are drawn with; `judging` the same for judgements and opinions.
        values: every shown value.
        conform: the probability that a revised opinion is the most frequent one of the others.
        convert: the probability that it is the right one.
    """

    answers: Sequence[str]
    weights: Sequence[float]
    shown: Sequence[bool]
    judge: float
    greedy: bool
    answering: random.Random
    judging: random.Random
    values: Sequence[str | None] = ()
    conform: float = 0.0
    convert: float = 0.0


class Reply(NamedTuple):
    """A reply: the probability that it was this one, and of everything that could have stood in its first place.

    `right` says of an answer whether it is right; it is False of every judgement.
    """

    text: str
    probability: float
    options: Mapping[str, float]
    right: bool = False


def answer(scene: Scene) -> Reply:
    """One of the model's own answers."""
    every = range(len(scene.answers))
    chosen = scene.answering.choices(every, scene.weights)[0]
    if scene.greedy:
        chosen = max(every, key=scene.weights.__getitem__)
    options = _options(scene)
    said = scene.answers[chosen]
    return Reply(f"Answer: {said}", options[said], options, right=chosen == 0)


def _rank(scene: Scene) -> Reply:
    options = _options(scene)
    left = {text: p for text, p in options.items() if p > 0}
    ranking: list[str] = []
    probability = 1.0
    while left and len(ranking) < 3:
        total = sum(left.values())
        drawn = scene.answering.choices(list(left), list(left.values()))[0]
        said = max(left, key=left.__getitem__) if scene.greedy else drawn
        probability *= left.pop(said) / total
        ranking.append(said)
    return Reply("Ranking: " + "; ".join(ranking), probability, options, right=ranking[0] == scene.answers[0])


def _options(scene: Scene) -> dict[str, float]:
    total = sum(scene.weights)
    return {text: weight / total for text, weight in zip(scene.answers, scene.weights, strict=True)}


def _judged(form: str, scene: Scene, options: Mapping[str, float]) -> Reply:
    said = scene.judging.choices(list(options), list(options.values()))[0]
    return Reply(form.format(said), options[said], options)


def _held(scene: Scene) -> float:
    """The probability that the shown value is held for right."""
    return scene.judge if scene.shown[0] else 1.0 - scene.judge


def _spread(low: Sequence[object], high: Sequence[object], held: float) -> dict[str, float]:
    """`held` spread evenly over the high values, the rest over the low ones."""
    return {str(v): (1.0 - held) / len(low) for v in low} | {str(v): held / len(high) for v in high}


def _score(scene: Scene) -> Reply:
    return _judged("Score: {}", scene, _spread(range(6), range(6, 11), _held(scene)))


def _letter(scene: Scene) -> Reply:
    return _judged("{}", scene, _spread("ABCDEFGHIJ", "KLMNOPQRST", _held(scene)))


def _stated(scene: Scene) -> Reply:
    return _judged("Confidence: {}", scene, _spread(range(51), range(51, 101), _held(scene)))


def _verdict(scene: Scene) -> Reply:
    held = _held(scene)
    return _judged("Verdict: {}", scene, {"correct": held, "wrong": 1.0 - held})


def _compare(scene: Scene) -> Reply:
    first, second = scene.shown
    held = 0.5 if first == second else _held(scene)
    return _judged("Better: {}", scene, {"A": held, "B": 1.0 - held})


def _choose(scene: Scene) -> Reply:
    right, many = sum(scene.shown), len(scene.shown)
    judged = scene.judge if right else 0.0
    options = {
        str(i): (judged / right if good else 0.0) + (1.0 - judged) / many for i, good in enumerate(scene.shown, 1)
    }
    return _judged("Choice: {}", scene, options)


def _side(scene: Scene) -> Reply:
    first, second = scene.shown
    if first == second:
        return _judged("Side: {}", scene, {"A": 1.0} if first else {"none": 1.0})
    held = _held(scene)
    return _judged("Side: {}", scene, {"A": held, "B": 1.0 - held})


def _aggregate(scene: Scene) -> Reply:
    given = [(value, good) for value, good in zip(scene.values, scene.shown, strict=True) if value is not None]
    if not given:
        return answer(scene)
    right = sum(good for _, good in given)
    judged = scene.judge if right else 0.0
    options: defaultdict[str, float] = defaultdict(float)
    for value, good in given:
        options[value] += (judged / right if good else 0.0) + (1.0 - judged) / len(given)
    return _opinion(scene, options)


def _revise(scene: Scene) -> Reply:
    own, *others = scene.values or (None,)
    votes = Counter(value for value in others if value is not None)
    most = [value for value, count in votes.items() if count == max(votes.values())]
    moved = scene.conform if most else 0.0
    options = defaultdict(float, {scene.answers[0]: scene.convert})
    for value in most:
        options[value] += (1.0 - scene.convert) * moved / len(most)
    for value, share in (_options(scene) if own is None else {own: 1.0}).items():
        options[value] += (1.0 - scene.convert) * (1.0 - moved) * share
    return _opinion(scene, options)


def _opinion(scene: Scene, options: Mapping[str, float]) -> Reply:
    good = {scene.answers[0], *(v for v, right in zip(scene.values, scene.shown, strict=True) if right)}
    said = scene.judging.choices(list(options), list(options.values()))[0]
    return Reply(f"Answer: {said}", options[said], options, right=said in good)


def _plan(scene: Scene) -> Reply:
    return Reply("1. What comes first?\n2. What follows?\n3. What is left?", 1.0, {"1": 1.0})


# How many values a step must be shown: at least, and at most.
_SHOWN = {
    "judge": (1, 1),
    "letter": (1, 1),
    "confidence": (1, 1),
    "verdict": (1, 1),
    "compare": (2, 2),
    "side": (2, 2),
    "choose": (1, math.inf),
}
_STEPS: dict[str, Callable[[Scene], Reply]] = {
    "judge": _score,
    "letter": _letter,
    "confidence": _stated,
    "verdict": _verdict,
    "compare": _compare,
    "choose": _choose,
    "rank": _rank,
    "side": _side,
    "aggregate": _aggregate,
    "revise": _revise,
    "plan": _plan,
}


def reply(step: str, scene: Scene) -> Reply:
    """What is replied to a step.

    Raises:
        ModelError: the step judges shown values, and was not told them.
    """
    least, most = _SHOWN.get(step, (0, math.inf))
    if not least <= len(scene.shown) <= most:
        raise ModelError(
            f"a simulated model cannot answer step '{step}' on {len(scene.shown)} shown values: it reads no "
            f"prompt: pass sample(…, step='{step}', shown=[…]) the parsed values that the prompt shows"
        )
    return _STEPS.get(step, answer)(scene)


def confidence(said: Reply, top: int, judge: float, rng: random.Random) -> Confidence:
    """The log-probabilities of a reply, which counts as one token with its options as alternatives.

    Its trace is made up: the token confidence of a right answer is above that of a wrong one with probability
    `judge` (two normal distributions), and says nothing of a judgement.
    """
    likely = sorted(((text, p) for text, p in said.options.items() if p > 0), key=lambda option: -option[1])[:top]
    if not likely:
        return Confidence(1)
    apart = math.sqrt(2) * NormalDist().inv_cdf(min(max(judge, 1e-6), 1 - 1e-6)) if said.right else 0.0
    trace = rng.gauss(_LEVEL + apart, 1.0)
    places = (tuple((text, math.log(p)) for text, p in likely),)
    return Confidence(1, places, trace, trace, trace, trace, len(likely))
