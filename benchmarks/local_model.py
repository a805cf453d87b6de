"""The embedded model: 32 draws in one request against one at a time, and through us against the bare runtime."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import aiohttp

from compound.core import Question, Text
from compound.models.session import Session

PROMPT = "Q: 2 + 2\nA: 4\n\nQ: 5 + 1\nA: 6\n\nQ: {a} + {b}\nA:"
PARAMETERS = {"temperature": 0.8, "max_tokens": 8, "stop": ["\n"]}
REQUESTS, BATCH = 8, 32


def prompts(offset: int) -> list[Text]:
    """Prompts that no earlier measurement has put into the runtime's cache."""
    return [Text(PROMPT.format(a=offset + i, b=i + 1)) for i in range(REQUESTS)]


async def through_us(session: Session, texts: list[Text], *, batch: int, draws: int) -> float:
    """Samples a second of `draws` draws of each prompt, in calls of at most `batch`."""
    client = session.client("local/smollm2-135m")
    client.backend.traits = replace(client.backend.traits, batch=batch)
    began = time.perf_counter()
    for text in texts:
        lm = session.lm("local/smollm2-135m", Question(text.text))
        await lm.sample(text, n=draws, **PARAMETERS)
    return len(texts) * draws / (time.perf_counter() - began)


async def bare(address: str, texts: list[Text]) -> float:
    """Samples a second of the same requests sent straight to the runtime's server."""
    async with aiohttp.ClientSession() as http:
        began = time.perf_counter()
        for seed, text in enumerate(texts):
            body = {
                "prompt": text.text, "n": BATCH, "n_predict": 8, "temperature": 0.8, "top_p": 1.0, "top_k": 0,
                "min_p": 0.0, "stop": ["\n"], "seed": 1000 * seed,
            }  # fmt: skip
            async with http.post(f"{address}/completion", json=body) as reply:
                await reply.json()
        return len(texts) * BATCH / (time.perf_counter() - began)


async def main() -> None:
    """Print the figures."""
    async with Session() as session:
        await through_us(session, prompts(900), batch=BATCH, draws=BATCH)  # load the weights
        address = session.client("local/smollm2-135m").backend._address  # type: ignore[attr-defined]
        straight, ours = [], []
        for turn in range(3):  # in turns, so that whatever else the machine does meets both
            straight.append(await bare(address, prompts(100 + 20 * turn)))
            ours.append(await through_us(session, prompts(300 + 20 * turn), batch=BATCH, draws=BATCH))
        single = await through_us(session, prompts(500), batch=1, draws=4)
    print(f"bare runtime, n={BATCH}          {max(straight):6.1f} samples/s")
    ratio = max(ours) / max(straight)
    print(f"compound, n={BATCH}              {max(ours):6.1f} samples/s, {ratio:.2f} x the bare runtime")
    print(f"compound, one at a time   {single:6.1f} samples/s: n={BATCH} is {max(ours) / single:.1f} times as fast")


if __name__ == "__main__":
    asyncio.run(main())
