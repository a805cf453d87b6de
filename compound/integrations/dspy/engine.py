"""The engine that lets a DSPy program ask our models: every call of it is a draw.

DSPy 3.4 asks an engine for one response to one request, and keeps retries, cache and history to itself; these are
switched off, since ours apply.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any

import dspy
from dspy import lm15

from compound.core import Chat, Message, ModelError, Sample

if TYPE_CHECKING:
    from compound.core.prompt import Role
    from compound.models.lm import LM

# Settings of a request that are sampling parameters of ours, under the same name.
_PARAMETERS = ("temperature", "max_tokens", "top_p", "top_k", "frequency_penalty", "presence_penalty")
_FINISH = {"stop": "stop", "length": "length", "refusal": "content_filter"}


class Engine:
    """Draws from a model in one lane, one call after the other, for a program in any thread or loop.

    Identical requests of one rollout are the draws k = 0, 1, … of its lane. Calls made at once wait for each other.

    Args:
        lm: the model, in the lane of the rollout.
        loop: the loop that the model lives on; no call may come from its thread.

    Attributes:
        samples: what was drawn, in order.
        error: the first error of ours; DSPy wraps it, or a program may swallow it.
    """

    def __init__(self, lm: LM, loop: asyncio.AbstractEventLoop) -> None:
        self.samples: list[Sample] = []
        self.error: BaseException | None = None
        self._lm, self._loop = lm, loop
        self._turn = threading.Lock()  # a program may ask from several threads
        self._waiting: Future[Sample] | None = None

    def complete(self, request: lm15.Request) -> lm15.Response:
        """The response to one request. Blocks the calling thread until it is there."""
        with self._turn:
            try:
                sample = self._wait(self._asked(request))
            except BaseException as error:
                self.error = self.error or error
                raise
            self.samples.append(sample)
        return _response(request, sample)

    def stop(self, error: BaseException) -> None:
        """End the call that is waited for, and refuse every later one."""
        self.error = self.error or error
        if self._waiting is not None:
            self._waiting.cancel()

    def _wait(self, asking: Coroutine[Any, Any, Sample]) -> Sample:
        if self.error is not None:
            asking.close()
            raise self.error
        self._waiting = asyncio.run_coroutine_threadsafe(asking, self._loop)
        return self._waiting.result()

    async def _asked(self, request: lm15.Request) -> Sample:
        sample: Sample = await self._lm.sample(_chat(request), step="answer", **_parameters(request))
        return sample

    def as_lm(self) -> dspy.LM:
        """What DSPy programs take for a language model."""
        return dspy.LM(
            f"compound/{self._lm.model}", engine=self, async_engine=_Awaited(self), cache=False, num_retries=0
        )


class _Awaited:
    """The same engine for programs that await: a thread waits for them."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    async def complete(self, request: lm15.Request) -> lm15.Response:
        return await asyncio.to_thread(self.engine.complete, request)


def _chat(request: lm15.Request) -> Chat:
    """The messages of a request.

    Raises:
        ModelError: they are more than texts, or there are tools.
    """
    if request.tools:
        raise ModelError(
            "DSPy sent native tools, and only texts can be asked here: use dspy.ReAct, which needs none"
        )
    system = request.system if isinstance(request.system, str) else _text(request.system or ())
    head = (Message("system", system),) if system else ()
    return Chat((*head, *(Message(_role(message.role), _text(message.parts)) for message in request.messages)))


def _role(name: str) -> Role:
    roles: dict[str, Role] = {"user": "user", "assistant": "assistant", "developer": "system"}
    if name not in roles:
        raise ModelError(f"DSPy sent a message of role '{name}': only texts of users and assistants can be asked")
    return roles[name]


def _text(parts: tuple[Any, ...]) -> str:
    if wrong := sorted({str(part.type) for part in parts if not isinstance(part, lm15.TextPart)}):
        raise ModelError(f"DSPy sent {', '.join(wrong)} in a message: only texts can be asked here")
    return "".join(part.text for part in parts)


def _parameters(request: lm15.Request) -> dict[str, Any]:
    """What a request sets.

    Raises:
        ModelError: something that cannot be sent on; it is never left out silently.
    """
    given: dict[str, Any] = {}
    for field in fields(request.config):
        value = getattr(request.config, field.name)
        default = field.default_factory() if field.default_factory is not MISSING else field.default
        if value is None or value == default:
            continue
        if field.name == "stop":
            given["stop"] = list(value)
        elif field.name in _PARAMETERS:
            given[field.name] = value
        else:
            raise ModelError(f"DSPy set {field.name}, which cannot be asked for here; leave it out")
    return given


def _response(request: lm15.Request, sample: Sample) -> lm15.Response:
    return lm15.Response(
        id=None,
        model=request.model,
        message=lm15.Message.assistant([lm15.TextPart(sample.text)]),
        finish_reason=_FINISH[sample.finish],
        usage=lm15.Usage(input_tokens=sample.tokens_in, output_tokens=sample.tokens_out),
    )
