"""Hosted models through LiteLLM: every provider that it knows."""

from __future__ import annotations

import logging
import os
import re
from dataclasses import replace
from typing import Any, ClassVar

from compound.core import Chat, MissingAbilityError, ModelError, ModelFailure, Sample
from compound.models import http, logprobs, prices, wire
from compound.models.backend import Call, Traits
from compound.models.budget import Price
from compound.models.capabilities import ABILITIES
from compound.models.server import read_reply

# The parameters that an ability needs.
_NEEDED = {
    "temperature": {"temperature"}, "logprobs": {"logprobs"}, "alternatives": {"logprobs", "top_logprobs"},
    "effort": {"reasoning_effort"}, "thinking": {"thinking"}, "n": {"n"}, "seed": {"seed"},
}  # fmt: skip


class Hosted:
    """The backend of any LiteLLM id. LiteLLM is imported at the first call that must be bought.

    Its retries, cache, router and callbacks are not used, nor is `drop_params`: a parameter that the provider
    refuses is an error that names it, never silently left out.
    """

    instead: ClassVar[str] = "use -m local/smollm2-135m, or another model (compound models)"

    def __init__(self, model: str) -> None:
        self.model = model
        self.endpoint = _configured(model)
        self.traits = Traits("hosted model", batch=8, defaults={"max_tokens": 1024})
        self._litellm: Any = None

    async def open(self) -> None:
        """Check the model id and the key before anything is sent."""
        can = self.known()
        missing = self._litellm.validate_environment(self.model).get("missing_keys") or []
        if missing:
            raise ModelError(f"no API key for {self.model}: set {' and '.join(missing)}, or {self.instead}")
        abilities = frozenset(name for name in ABILITIES if can.get(name))
        self.traits = replace(self.traits, batch=self.traits.batch if can["n"] else 1, abilities=abilities)

    def known(self) -> dict[str, bool]:
        """What LiteLLM knows of the model's abilities, and of `n` and `seed`; what is missing it does not know.

        Raises:
            ModelError: it does not know the provider.
        """
        # Otherwise it looks for a newer price list on the network at import.
        os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
        import litellm

        litellm.suppress_debug_info = True
        logging.getLogger("openai._base_client").addFilter(http.unlogged)  # it logs the headers of replies
        self._litellm = litellm
        try:
            litellm.get_llm_provider(self.model)
        except Exception as error:
            raise ModelError(
                f"unknown model '{self.model}': LiteLLM ids look like provider/model (openai/gpt-4o-mini); "
                "see compound models, or give --base-url for a server of your own"
            ) from error
        takes = set(litellm.get_supported_openai_params(self.model) or [])
        if not litellm.supports_reasoning(self.model):
            takes -= {"reasoning_effort", "thinking"}  # listed for whole providers
        prefill = {"prefill": True} if self.listed().get("supports_assistant_prefill") else {}
        return {name: needed <= takes for name, needed in _NEEDED.items()} | prefill

    def listed(self) -> dict[str, Any]:
        """What LiteLLM's list says of the model; empty where it does not know it."""
        return prices.listed(self.model)

    def price(self) -> Price | None:
        """What LiteLLM's list says, open or not; None where it does not know the model."""
        return prices.completions(self.model)

    async def complete(self, call: Call) -> list[Sample]:
        """See `Backend.complete`."""
        prompt = call.request.prompt
        if not isinstance(prompt, Chat):
            raise MissingAbilityError(
                f"{self.model} continues no plain text: ask it as a chat (few_shot(form='chat')), or serve the "
                "model yourself and give --base-url"
            )
        many = {"n": call.n} if call.n > 1 else {}
        with wire.listening(call.heard) as said:
            try:
                reply = await self._litellm.acompletion(
                    model=self.model,
                    messages=prompt.payload(),
                    timeout=call.timeout,
                    num_retries=0,
                    max_retries=0,
                    drop_params=False,
                    **many,
                    **call.parameters,
                )
            except Exception as error:
                raise self._failure(error, said) from None  # LiteLLM's own text may repeat the key
        return read_reply(reply.model_dump(), logprobs.asked(call.parameters))

    def _failure(self, error: Exception, said: wire.Reply) -> Exception:
        """One of our errors for one of LiteLLM's."""
        detail = http.one_line(str(error))
        if said.failure:
            return said.failure
        if isinstance(error, self._litellm.UnsupportedParamsError):
            return MissingAbilityError(
                f"{self.model} refuses a parameter: {detail}; set it to null in `parameters:`"
            )
        if said.status is not None and said.status < 300:
            return ModelFailure("bad reply", detail)
        if isinstance(error, self._litellm.Timeout):
            return ModelFailure("timeout", detail)
        if isinstance(error, self._litellm.APIConnectionError):
            return ModelFailure("no connection", detail)
        status = said.status or getattr(error, "status_code", None)
        if isinstance(status, int) and status >= 300:
            return http.failure(status, detail, self.model, said.retry_after, _code(error))
        return ModelFailure("error", f"{type(error).__name__}: {detail}", retryable=False)

    async def close(self) -> None:
        """Nothing was started."""


def _code(error: Exception) -> Any:
    """The code in an error body, which LiteLLM hands on as a mapping, or as JSON within its own text."""
    body = getattr(error, "body", None)
    if isinstance(body, dict):
        return body.get("code")
    found = re.search(r'"code":\s*"(\w+)"', str(error))
    return found and found[1]


def _configured(model: str) -> str:
    """The address that the environment gives to a provider: LiteLLM goes there, and it is another model."""
    provider = model.partition("/")[0].upper() if "/" in model else "OPENAI"
    names = (f"{provider}_BASE_URL", f"{provider}_API_BASE")
    url = next((url for name in names if (url := os.environ.get(name))), "")
    return http.address(url, model) if url else ""
