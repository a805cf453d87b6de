"""Irregular forms of English words: past tense and plural.

Q: What is the past tense of go?
A: went
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from compound.core import Question

# Verb and past tense; several right forms are separated by "/".
VERBS = """
arise arose; awake awoke/awaked; become became; begin began; bend bent; bite bit; bleed bled; blow blew;
break broke; breed bred; bring brought; build built; burn burned/burnt; buy bought; catch caught; choose
chose; cling clung; come came; creep crept; deal dealt; dig dug; dive dived/dove; draw drew; dream
dreamed/dreamt; drink drank; drive drove; eat ate; fall fell; feed fed; feel felt; fight fought; find found;
flee fled; fling flung; fly flew; forbid forbade/forbad; forget forgot; forgive forgave; foresee foresaw;
freeze froze; give gave; go went; grind ground; grow grew; hear heard; hide hid; hold held; keep kept; know
knew; lead led; learn learned/learnt; leave left; lend lent; light lit/lighted; lose lost; make made; mean
meant; meet met; mistake mistook; outgrow outgrew; overcome overcame; overtake overtook; overthrow
overthrew; pay paid; redo redid; rewrite rewrote; ride rode; rise rose; run ran; say said; see saw; seek
sought; sell sold; send sent; shake shook; shoot shot; show showed; shrink shrank/shrunk; sing sang; sink
sank/sunk; sit sat; slay slew/slayed; sleep slept; slide slid; speak spoke; spend spent; spill
spilled/spilt; spin spun/span; spring sprang/sprung; stand stood; steal stole; stick stuck; sting stung;
stink stank/stunk; strike struck; string strung; strive strove/strived; swear swore; sweep swept; swell
swelled; swim swam; swing swung; take took; teach taught; tear tore; tell told; think thought; throw threw;
tread trod; undergo underwent; understand understood; undertake undertook; undo undid; wake woke/waked; wear
wore; weave wove/weaved; weep wept; win won; withdraw withdrew; do did; ring rang; forsake forsook; partake
partook; overrun overran; outdo outdid; oversee oversaw; overeat overate; override overrode; outrun outran;
redraw redrew; retake retook; regrow regrew; overdo overdid; befall befell; smite smote; overdraw overdrew;
misspeak misspoke; unfreeze unfroze; bear bore; write wrote
"""

# Noun and plural, likewise.
PLURALS = """
man men; woman women; child children; foot feet; tooth teeth; goose geese; mouse mice; louse lice; ox oxen;
person people/persons; fireman firemen; policeman policemen; postman postmen; snowman snowmen; fisherman
fishermen; gentleman gentlemen; grandchild grandchildren; leaf leaves; loaf loaves; knife knives; wife
wives; life lives; half halves; calf calves; shelf shelves; wolf wolves; thief thieves; elf elves; scarf
scarves/scarfs; hoof hooves/hoofs; sheaf sheaves; housewife housewives; hero heroes; potato potatoes; tomato
tomatoes; echo echoes; torpedo torpedoes; veto vetoes; mango mangoes/mangos; volcano volcanoes/volcanos;
cactus cacti/cactuses; fungus fungi/funguses; nucleus nuclei/nucleuses; radius radii/radiuses; stimulus
stimuli; syllabus syllabi/syllabuses; alumnus alumni; bacillus bacilli; larva larvae/larvas; vertebra
vertebrae/vertebras; alga algae; antenna antennae/antennas; formula formulas/formulae; analysis analyses;
basis bases; crisis crises; thesis theses; oasis oases; axis axes; diagnosis diagnoses; hypothesis
hypotheses; parenthesis parentheses; synthesis syntheses; criterion criteria/criterions; phenomenon
phenomena/phenomenons; bacterium bacteria; medium media/mediums; curriculum curricula/curriculums; stratum
strata; ovum ova; erratum errata; matrix matrices/matrixes; vertex vertices/vertexes; index indices/indexes;
appendix appendices/appendixes; sheep sheep; deer deer; salmon salmon/salmons; trout trout/trouts; species
species; series series; aircraft aircraft; moose moose; spacecraft spacecraft; city cities; baby babies;
lady ladies; story stories; party parties; country countries; box boxes; church churches; bus buses/busses;
dish dishes; quiz quizzes; passerby passersby; mother-in-law mothers-in-law; roof roofs; chief chiefs; piano
pianos; photo photos; belief beliefs
"""


def _rows(table: str) -> Iterator[list[tuple[str, ...]]]:
    for row in " ".join(table.split()).split("; "):
        yield [tuple(cell.split("/")) for cell in row.split()]


def _golds(forms: tuple[str, ...]) -> str | tuple[str, ...]:
    return forms if len(forms) > 1 else forms[0]


def past_tense(rng: random.Random) -> Iterator[Question]:
    """`What is the past tense of go?`"""
    for (verb,), past in _rows(VERBS):
        yield Question(f"What is the past tense of {verb}?", gold=_golds(past))


def plurals(rng: random.Random) -> Iterator[Question]:
    """`What is the plural of goose?`"""
    for (noun,), plural in _rows(PLURALS):
        yield Question(f"What is the plural of {noun}?", gold=_golds(plural))
