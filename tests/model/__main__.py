"""Many runs of the model, on every core: random weeks, and whether a reminder was lost, doubled or wrong."""

from __future__ import annotations

import argparse
import os
import random
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

from tests.model.runs import Result, begin, run

_CHUNK = 100
_PRELOADED = ("kepthour.store.migrate", "tests.model.runs")


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
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="at a time; else one a core")
    wanted = parser.parse_args()
    first = random.SystemRandom().randrange(2**32) if wanted.seed is None else wanted.seed
    chunk = min(_CHUNK, wanted.runs)
    seeds = range(first, first + -(-wanted.runs // chunk))
    print(f"seeds {seeds[0]} to {seeds[-1]}, {chunk} runs each", flush=True)
    results = []
    # Each hundred has a process of its own (why: apart.py), born of one that has imported all.
    born = get_context("forkserver")
    born.set_forkserver_preload([*_PRELOADED])
    with ProcessPoolExecutor(wanted.processes, born, begin, max_tasks_per_child=1) as pool:
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
