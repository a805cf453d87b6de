"""The public recordings that the scripts of this folder replay, as pools of answers."""

from __future__ import annotations

import gzip
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from compound.answers import grade
from compound.core import Answer, Draw, Request, Sample, Step, Text
from compound.store.pools import Pool, import_samples
from compound.strategies import AnswerPool

# Characters of a token: what the tokenizer of gpt-3.5-turbo makes of its recorded replies.
CHARACTERS = 3.3


@dataclass(frozen=True)
class Recording:
    """A public recording: its file, how it is imported, and what to call it."""

    file: str
    label: str
    where: tuple[tuple[str, tuple[str, ...]], ...] = ()
    score: str = ""
    mixed: bool = False

    def pools(self, data: Path, *, prompt: int = 60) -> list[AnswerPool]:
        """Import it into a pool that is thrown away, and read the answers; `prompt`: tokens beside the question."""
        with tempfile.TemporaryDirectory() as folder:
            options: dict[str, Any] = {"fields": {"score": self.score}} if self.score else {}
            facts = import_samples(
                data / f"{self.file}.jsonl.gz",
                "it",
                where=dict(self.where),
                mixed=self.mixed,
                pools=folder,
                **options,
            ).facts
            with Pool("it", folder) as pool:
                drawn = [(asked, kept[: facts.most()]) for asked, kept in pool.walk()]
        found = []
        for asked, kept in drawn:
            request = Request(self.label, "", Text(asked.text), ())  # one for all: a batch reads it once
            before = tokens(asked.text) + prompt
            answers = []
            for i, one in enumerate(kept):
                sample = Sample(
                    one.text, tokens_in=before, tokens_out=tokens(one.text), draw=Draw(request, 0, (i,), 0)
                )
                value = (one.answer or "").strip() or None
                answers.append(Answer(value, one.text, step=Step("cot", value, (sample,)), score=one.score))
            right = {a.value: grade(a.value, asked) for a in answers if a.value is not None}
            found.append(AnswerPool(asked, answers, right))
        return found


def lines(data: Path, file: str) -> list[dict[str, Any]]:
    """A recording as it is: one question a line."""
    with gzip.open(data / f"{file}.jsonl.gz", "rt", encoding="utf-8") as kept:
        return [json.loads(line) for line in kept]


def tokens(text: str) -> int:
    """An estimate of the tokens of a text."""
    return round(len(text) / CHARACTERS)


def at(temperature: float, file: str, label: str) -> Recording:
    """The part of a recording of several temperatures that was drawn at one of them."""
    return Recording(file, label, (("temperature", (f"{temperature:.1f}",)),))


JHU = "jhu_comprehensive-100_{}_chain_of_thought"
DATE_GPT35 = Recording("verifycot_date_gpt35", "gpt-3.5-turbo, dates, T=0.7")
DATE_CODEX = Recording("faithfulcot_date_code002_ltm", "code-davinci-002, dates, T=0.4")
AQUA_GPT35 = Recording(
    "jhu_aqua-rat-100_gpt-35-turbo_chain_of_thought",
    "gpt-3.5-turbo, AQuA, T=0.5 to 1.0 (mixed)",
    (("temperature", tuple(f"{t / 10:.1f}" for t in range(5, 11))),),
    mixed=True,
)
EXAMS_GPT35 = at(1.0, JHU.format("gpt-35-turbo"), "gpt-3.5-turbo, ten exams, T=1.0")
EXAMS_GPT4 = at(1.0, JHU.format("gpt-4"), "gpt-4, ten exams, T=1.0")
EXAMS_LLAMA = at(1.0, JHU.format("llama-2-70b-chat"), "llama-2-70b-chat, ten exams, T=1.0")
GAME24 = Recording("tot_game24_gpt4_cot", "gpt-4, game of 24, T=0.7")
CRUX = Recording("cruxeval_output_codellama7b_t02", "codellama-7b, CRUXEval-O, T=0.2")
SPEECH = Recording("crowd_bigbench_ipa_codex", "Codex, phonetic script to English, T=0.7")
QWEN = Recording("qwenmath_math100_n8_rm", "Qwen2.5-Math-Instruct, MATH", score="rm_score")
