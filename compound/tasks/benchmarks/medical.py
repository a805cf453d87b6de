"""MedQA and PubMedQA: medicine.

MedQA: the medical licensing examination of the USA, 1,273 questions to test on. Jin et al. 2020, 2009.13081.
{"question": "A 34-year-old man comes to the physician because of …", "answer": "Colorectal cancer",
 "options": {"A": "Hemolytic uremic syndrome", "B": "Oral ulcers", "C": "Colorectal cancer", "D": "Pancreatic …"},
 "answer_idx": "C"}
Another public shape has the options in the text too: {"query": "…\\nA. Hemolytic uremic syndrome\\nB. …", …}

PubMedQA: is it so, by this abstract? 1,000 with labels (552 yes, 338 no, 110 maybe). Jin et al. 2019, 1909.06146.
{"question": "Do mitochondria play a role in remodelling lace plant leaves during programmed cell death?",
 "context": {"contexts": ["Programmed cell death (PCD) is …", …]}, "final_decision": "yes"}
The public file writes QUESTION and CONTEXTS. Each question has an abstract of its own. All 1,000 are one split, so
there are no worked examples.
"""

from __future__ import annotations

from compound.core import Question
from compound.tasks.benchmarks.benchmark import Benchmark, Row, Source

_DECISIONS = ("yes", "no", "maybe")


def _medqa(row: Row) -> Question:
    text = row["question"] if "question" in row else row["query"].rpartition("\nA. ")[0]
    letters = sorted(letter for letter, option in row["options"].items() if option is not None)
    choices = tuple(row["options"][letter].strip() for letter in letters)
    return Question(text.strip(), "choice", row["answer_idx"], choices)


def _pubmedqa(row: Row) -> Question:
    if "QUESTION" in row:
        question, contexts = row["QUESTION"], row["CONTEXTS"]
    else:
        question, contexts = row["question"], row["context"]["contexts"]
    gold = "ABC"[_DECISIONS.index(row["final_decision"])]
    return Question("\n".join([*contexts, "", question.strip()]), "choice", gold, _DECISIONS)


MEDQA = Benchmark(
    "medicine, four options",
    _medqa,
    sources=(Source("GBaker/MedQA-USMLE-4-options"),),
    splits={"train": "train", "test": "test"},
)
PUBMEDQA = Benchmark(
    "yes, no or maybe, by an abstract",
    _pubmedqa,
    sources=(Source("qiaojin/PubMedQA", "pqa_labeled"),),
    splits={"test": "train"},
)
