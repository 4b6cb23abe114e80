"""Many numbers in a few: what is usual, and what is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles

from kepthour.core.few import FEWEST


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


@dataclass(frozen=True, slots=True)
class Bin:
    """From `low` to `high`, both included: so many."""

    low: int
    high: int
    count: int


def binned(numbers: Sequence[int], at_most: int = 12) -> tuple[Bin, ...]:
    """How often which number came, in bins that hold five at least; none of fewer than five numbers."""
    if len(numbers) < FEWEST:
        return ()
    low, high = min(numbers), max(numbers)
    width = -(-(high - low + 1) // at_most)
    found: list[Bin] = []
    for first in range(low, high + 1, width):
        last = min(first + width - 1, high)
        one = Bin(first, last, sum(first <= number <= last for number in numbers))
        if found and found[-1].count < FEWEST:
            one = _joined(found.pop(), one)
        found.append(one)
    if len(found) > 1 and found[-1].count < FEWEST:
        last_one = found.pop()
        found.append(_joined(found.pop(), last_one))
    return tuple(found)


def _joined(one: Bin, other: Bin) -> Bin:
    return Bin(one.low, other.high, one.count + other.count)
