"""Many numbers in a few: what is usual, and what is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles

from kepthour.core.report.patterns import FEWEST


@dataclass(frozen=True, slots=True)
class Spread:
    """Of `n` numbers, in whatever unit they have."""

    n: int
    least: float
    median: float
    ninth_decile: float  # nine of ten are not above it
    most: float


def spread(numbers: Sequence[float]) -> Spread | None:
    """None: these are too few to say anything about."""
    if len(numbers) < FEWEST:
        return None
    deciles = quantiles(numbers, n=10, method="inclusive")
    return Spread(len(numbers), min(numbers), deciles[4], deciles[8], max(numbers))
