"""A DSPy program as a strategy: `vote(dspy_program("qa"), n=8)`."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, ClassVar

import dspy

from compound.core import Answer, ExpressionError, ModelFailure, Question, Step, in_series, nearest
from compound.integrations.dspy.engine import Engine
from compound.strategies import Strategy, strategy
from compound.strategies.conversation import broken_off
from compound.strategies.running import read_output

if TYPE_CHECKING:
    from compound.models.lm import LM

Program = Any  # a dspy.Module, or whatever makes one when it is called
PROGRAMS: dict[str, Program] = {}

# Not the loop's own threads: a rollout waits for the loop, and the loop needs those to look up addresses.
_THREADS = ThreadPoolExecutor(64, "dspy")


def dspy_program(name: str) -> Callable[[Program], Program]:
    """Register a DSPy program under a name, for `vote(dspy_program("name"), n=8)`.

    For every rollout a function or class that makes the program is called, and a program (a compiled one, say) is
    copied. So nothing that a program remembers reaches another question.
    """

    def register(program: Program) -> Program:
        PROGRAMS[name] = program
        return program

    return register


@strategy("dspy_program")
class DSPyProgram(Strategy):
    """One run of a registered DSPy program; every call that it makes is a draw of its own.

    Its calls go through our store, limits and meter, whatever language model DSPy is configured with; all of its
    predictors ask the strategy's model. DSPy's cache, retries and history are off, its callbacks and adapter stay.
    A reply that the adapter cannot read abstains, and so does a last reply that was cut off. Any other error of the
    program is its author's to see.

    Args:
        program: the name that it was registered under.
        input: the field that is given the question, with its choices.
        output: the field that holds the answer.
    """

    paper: ClassVar[str] = "Khattab et al. 2023, 2310.03714"
    cost: ClassVar[str] = "as many as the program makes"

    program: str
    input: str = "question"
    output: str = "answer"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.program not in PROGRAMS:
            known = nearest(self.program, PROGRAMS)
            raise ExpressionError(
                f"no DSPy program '{self.program}': {known}; @dspy_program('{self.program}') registers one"
            )

    async def solve(self, question: Question, lm: LM) -> Answer:
        """See `Strategy.solve`. The program runs in a thread; its calls hop to this loop."""
        loop = asyncio.get_running_loop()
        engine = Engine(lm, loop)
        context = contextvars.copy_context()
        running = loop.run_in_executor(_THREADS, context.run, self._run, engine, question)
        try:
            said = await running
        except asyncio.CancelledError as error:
            engine.stop(error)
            raise
        except dspy.utils.exceptions.AdapterParseError:
            said = None
        except Exception:
            if engine.error is None:
                raise
        calls = [Step("call", None, (sample,)) for sample in engine.samples]
        if isinstance(engine.error, ModelFailure):
            return broken_off(self.name, calls, engine.error)
        if engine.error is not None:
            raise engine.error
        cut = bool(engine.samples) and engine.samples[-1].finish != "stop"
        value = None if cut or said is None else read_output(said, question)
        text = engine.samples[-1].text if said is None and engine.samples else said or ""
        votes = {} if value is None else {value: 1}
        step = Step(self.name, value, (), tuple(calls))
        usage = in_series(sample.usage for sample in engine.samples)
        return Answer(value, text, votes, abstained=int(value is None), usage=usage, step=step)

    def _run(self, engine: Engine, question: Question) -> str | None:
        """What the program says, in this thread."""
        program = PROGRAMS[self.program]
        module = program.deepcopy() if isinstance(program, dspy.Module) else program()
        lm = engine.as_lm()
        module.set_lm(lm)
        given = {self.input: question.statement}
        own: dict[str, Any] = {
            "lm": lm, "trace": [], "disable_history": True, "usage_tracker": None, "track_usage": False,
            "caller_modules": None, "caller_predict": None, "send_stream": None,
        }  # fmt: skip
        with dspy.context(**own):
            found = module(**given) if hasattr(type(module), "forward") else asyncio.run(module.acall(**given))
        if self.output not in found:
            raise ExpressionError(
                f"the DSPy program '{self.program}' gave no field '{self.output}': "
                f"{nearest(self.output, found.keys())}"
            )
        said = found[self.output]
        return None if said is None else str(said)
