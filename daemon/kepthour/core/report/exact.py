"""Fisher's exact test, one-sided, in whole numbers: no table is too small for it, and nothing is rounded."""

from __future__ import annotations

from math import comb


def by_chance(narrow: int, size: int, all_narrow: int, everything: int) -> float:
    """How probable it is that chance alone puts `narrow` or more of `all_narrow` cases into a group of `size`.

    `everything` is how many sessions there are, the group among them. From 0 to 1. Never raises for a real table.
    """
    rest = everything - all_narrow
    low, high = max(0, size - rest), min(size, all_narrow)
    if narrow <= low:
        return 1.0
    term = comb(all_narrow, narrow) * comb(rest, size - narrow)
    total = 0
    for count in range(narrow, high + 1):
        total += term
        # From one term to the next by a ratio that divides without a rest: each binomial anew takes far longer.
        term = term * (all_narrow - count) * (size - count) // ((count + 1) * (rest - size + count + 1))
    return total / comb(everything, size)
