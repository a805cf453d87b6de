"""Opposites of common words.

Q: What is the opposite of hot?
A: cold
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from compound.core import Question

# Word and opposite; several right ones are separated by "/".
OPPOSITES = """
hot cold/cool; big small/little/tiny; tall short/small; fast slow; happy sad/unhappy; old young/new; up
down; left right; in out; open closed/close/shut; day night; black white; good bad/evil; early late; hard
soft/easy; easy hard/difficult; light dark/heavy; wet dry; rich poor; strong weak; full empty/hungry; clean
dirty; loud quiet/soft/silent; thick thin; wide narrow; deep shallow; high low; heavy light; long short;
near far/distant; sweet sour/bitter; alive dead; true false/untrue; first last; begin end/finish/stop; win
lose; buy sell; push pull; give take/receive; love hate/hatred; laugh cry; start stop/finish/end; ask
answer; arrive leave/depart; accept reject/refuse/decline; always never; before after; above
below/under/beneath; inside outside; front back/rear; top bottom; north south; east west; male female; brave
cowardly/afraid/scared/timid/fearful; cheap expensive/costly; smooth rough/bumpy; sharp dull/blunt; safe
dangerous/unsafe; simple complex/complicated/difficult; public private; guilty innocent; friend enemy/foe;
war peace; success failure; profit loss; victory defeat/loss; question answer; summer winter; morning
evening/night; sunrise sunset; entrance exit; increase decrease/reduce; attack defend/defense/defence;
remember forget; float sink; lock unlock; appear disappear/vanish; allow
forbid/prohibit/deny/prevent/disallow; ancient modern/new; maximum minimum; majority minority; noisy
quiet/silent; polite rude/impolite; lazy hardworking/active/industrious/diligent/energetic; generous
stingy/selfish/greedy/mean; careful careless/reckless; possible impossible; visible invisible; legal
illegal; honest dishonest; patient impatient; tight loose; raw cooked; liquid solid; asleep awake; son
daughter; king queen; husband wife; uncle aunt; positive negative; plus minus; teacher student/pupil;
optimist pessimist
"""


def opposites(rng: random.Random) -> Iterator[Question]:
    """`What is the opposite of hot?`"""
    for entry in " ".join(OPPOSITES.split()).split("; "):
        word, opposite = entry.split()
        golds = tuple(opposite.split("/"))
        yield Question(f"What is the opposite of {word}?", gold=golds if len(golds) > 1 else golds[0])
