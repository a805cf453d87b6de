"""MMLU and MMLU-Pro: knowledge of many subjects, multiple choice.

MMLU: 57 subjects, four options, 14,042 questions. Hendrycks et al. 2021, 2009.03300.
{"question": "Find the degree for the given field extension Q(sqrt(2), sqrt(3), sqrt(18)) over Q.",
 "subject": "abstract_algebra", "choices": ["0", "4", "2", "6"], "answer": 1}
The public files are `abstract_algebra_test.csv` …, without a header: question, four options, letter.
105 questions stand there twice. The three history subjects ask several questions about one passage.

MMLU-Pro: up to ten options, 12,032 questions. Wang et al. 2024, 2406.01574.
{"question": "The symmetric group $S_n$ has $n!$ elements. …", "options": ["1", "24", …], "answer": "B",
 "answer_index": 1, "category": "math"}
"""

from __future__ import annotations

import hashlib
import re

from compound.core import Question
from compound.tasks.benchmarks.benchmark import SOURCE, Benchmark, Row, Source

SUBJECTS = """
    abstract_algebra anatomy astronomy business_ethics clinical_knowledge college_biology college_chemistry
    college_computer_science college_mathematics college_medicine college_physics computer_security
    conceptual_physics econometrics electrical_engineering elementary_mathematics formal_logic global_facts
    high_school_biology high_school_chemistry high_school_computer_science high_school_european_history
    high_school_geography high_school_government_and_politics high_school_macroeconomics
    high_school_mathematics high_school_microeconomics high_school_physics high_school_psychology
    high_school_statistics high_school_us_history high_school_world_history human_aging human_sexuality
    international_law jurisprudence logical_fallacies machine_learning management marketing medical_genetics
    miscellaneous moral_disputes moral_scenarios nutrition philosophy prehistory professional_accounting
    professional_law professional_medicine professional_psychology public_relations security_studies
    sociology us_foreign_policy virology world_religions
""".split()
_PASSAGE = "This question refers to the following information."


def _mmlu(row: Row) -> Question:
    choices = row["choices"] if "choices" in row else [row[letter] for letter in "ABCD"]
    subject = row.get("subject") or re.sub(r"_(test|val|dev)$", "", row[SOURCE])
    gold = row["answer"] if isinstance(row["answer"], str) else "ABCD"[row["answer"]]
    if all(choice.startswith(f"({letter}) ") for letter, choice in zip("ABCD", choices, strict=True)):
        choices = [choice[4:] for choice in choices]  # one question of macroeconomics
    return Question(
        row["question"].strip(),
        "choice",
        gold,
        tuple(choices),
        cluster=_passage(row["question"]),
        metadata={"subject": subject},
    )


def _passage(question: str) -> str | None:
    """An id of the passage that a history question is about: all of it but the last line."""
    passage, _, _ = question.strip().rpartition("\n")
    if not passage.startswith(_PASSAGE):
        return None
    return hashlib.sha256(passage.encode()).hexdigest()[:12]


def _pro(row: Row) -> Question:
    options = [option for option in row["options"] if option.strip() != "N/A"]
    gold = chr(ord("A") + options.index(row["options"]["ABCDEFGHIJ".index(row["answer"])]))
    return Question(row["question"].strip(), "choice", gold, tuple(options), metadata={"category": row["category"]})


MMLU = Benchmark(
    "57 subjects, four options",
    _mmlu,
    sources=(Source("cais/mmlu", "all"),),
    splits={"train": "dev", "screen": "validation", "test": "test"},
    parts={subject: Source("cais/mmlu", subject) for subject in SUBJECTS},
    part_of=lambda question: str(question.metadata["subject"]),
    columns=("question", "A", "B", "C", "D", "answer"),
)
MMLU_PRO = Benchmark(
    "14 fields, up to ten options",
    _pro,
    sources=(Source("TIGER-Lab/MMLU-Pro"),),
    splits={"train": "validation", "test": "test"},
)
