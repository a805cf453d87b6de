"""What a config says of one model: its price, and how fast it may be asked."""

from __future__ import annotations

from dataclasses import dataclass

from compound.models.budget import Price


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """What is set for a model by hand; None: what its backend knows, or no limit.

    Attributes:
        price: dollars per token, instead of what a price list says. What a recording gives stays free; its curves
            are drawn at this price.
        rpm: requests a minute at most.
        tpm: prompt and completion tokens a minute at most.
        max_in_flight: requests in flight at most.
        timeout: seconds for one request.
    """

    price: Price | None = None
    rpm: float | None = None
    tpm: float | None = None
    max_in_flight: int | None = None
    timeout: float | None = None


UNSET = ModelSettings()
