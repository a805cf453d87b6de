"""Programs as reasoning.

* PAL: Gao et al. 2022 (2211.10435), with worked examples in the prompt; here it has none.
* Program of thought: Chen et al. 2022 (2211.12588).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from compound.core import Answer, Question, Sample, Step
from compound.strategies.part import strategy
from compound.strategies.prompts import Prompted, ask
from compound.strategies.running import printing, ran, read_output, source_of, trouble

if TYPE_CHECKING:
    from compound.models.lm import LM

PROMPT = """\
{question}

Do not work out the answer yourself: write a Python program that does, in one code block. It uses the standard \
library alone, reads nothing, calculates exactly where it can (integers, fractions), and prints the answer and \
nothing else as its last line."""


@strategy("program")
class Program(Prompted):
    """One call that asks for a Python program; what the program prints last is the answer.

    It runs in the sandbox, for at most 10 seconds. A program that fails, prints nothing that can be read, or is cut
    off abstains. Helps where the arithmetic goes wrong, not where the problem is misread.

    Args:
        prompt: another prompt, with `{question}` where it belongs.
    """

    paper: ClassVar[str] = "Gao et al. 2022, 2211.10435; Chen et al. 2022, 2211.12588"
    template: ClassVar[str] = PROMPT
    needs: ClassVar[frozenset[str]] = frozenset({"sandbox"})

    async def solve(self, question: Question, lm: LM) -> Answer:
        """See `Strategy.solve`. The text behind the answer is the program.

        Raises:
            SandboxError: there is no sandbox here, or it does not start.
        """
        sample = await lm.sample(ask(self.prompt or self.template, question), step="program")
        source = None if sample.finish == "refusal" else source_of(sample.text, truncated=sample.truncated)
        if source is None:
            return self._answer(sample, None, sample.text, Step("no program"))
        outcome = await ran(printing(source))
        if outcome.status != "ok":
            return self._answer(sample, None, source, Step(trouble(outcome)))
        last = outcome.stdout.rstrip().rpartition("\n")[2]
        value = read_output(last, question)
        return self._answer(sample, value, source, Step("printed", last[:200]))

    def _answer(self, sample: Sample, value: str | None, text: str, step: Step) -> Answer:
        votes = {} if value is None else {value: 1}
        whole = Step(self.name, value, (sample,), (step,))
        return Answer(value, text, votes, abstained=int(value is None), usage=sample.usage, step=whole)
