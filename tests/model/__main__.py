"""Many runs of the model, on every core: random weeks, and whether a reminder was lost, doubled or wrong."""

from __future__ import annotations

import argparse
import os
import random
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from kepthour.runtime.logs import set_up
from tests.model.runs import Result, run

_CHUNK = 100


def main() -> int:
    """Exit 0 if every promise was kept in every run."""
    parser = argparse.ArgumentParser(prog="python -m tests.model", description=__doc__)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument(
        "--seed", type=int, help="of the first hundred runs; without it, one that was not used before"
    )
    parser.add_argument(
        "--shrink", action="store_true", help="make a failing run as short as can be; takes minutes"
    )
    wanted = parser.parse_args()
    first = random.SystemRandom().randrange(2**32) if wanted.seed is None else wanted.seed
    chunk = min(_CHUNK, wanted.runs)
    seeds = range(first, first + -(-wanted.runs // chunk))
    print(f"seeds {seeds[0]} to {seeds[-1]}, {chunk} runs each", flush=True)
    results = []
    with ProcessPoolExecutor(os.cpu_count(), initializer=partial(set_up, 0)) as pool:
        for result in pool.map(partial(run, runs=chunk, shrink=wanted.shrink), seeds):
            results.append(result)
            _tell(result, len(results), len(seeds))
    faults = sum(result.fault is not None for result in results)
    runs, delivered = sum(result.runs for result in results), sum(result.deliveries for result in results)
    print(f"{runs} runs, {delivered} deliveries, {faults} seeds with a fault")
    return 1 if faults else 0


def _tell(result: Result, done: int, of: int) -> None:
    if result.fault is not None:
        print(
            f"\nseed {result.seed} (again: --runs {_CHUNK} --seed {result.seed} --shrink)\n{result.fault}",
            flush=True,
        )
    if done % 10 == 0:
        print(f"{done} of {of} seeds", flush=True)


if __name__ == "__main__":
    sys.exit(main())
