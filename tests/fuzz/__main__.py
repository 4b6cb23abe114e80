"""Many inputs, on every core: nothing but Unreadable may come out, and none may take longer than its bound."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import traceback
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager

from tests.fuzz import whole
from tests.fuzz.inputs import resource
from tests.fuzz.judge import judge

BOUND = 3.0  # seconds of processor time for all that is done with one input; the machine's other work does not count
_CHUNK = 500


class TooLong(BaseException):
    """Past every handler of exceptions."""


@contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """Raise TooLong after so many `seconds` of processor time. In the main thread only."""

    def end(_signal: int, _frame: object) -> None:
        raise TooLong

    before = signal.signal(signal.SIGPROF, end)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def run(seeds: range) -> tuple[Counter[str], list[str]]:
    """What became of the inputs of these numbers, and the faults, each with its number."""
    ends: Counter[str] = Counter()
    faults: list[str] = []
    for seed in seeds:
        try:
            with bounded(BOUND):
                ends[judge(resource(seed))] += 1
        except (Exception, TooLong) as error:  # noqa: BLE001  (this is what is looked for)
            last = traceback.extract_tb(error.__traceback__)[-1]
            faults.append(f"input {seed}: {error!r} at {last.filename}:{last.lineno}")
    return ends, faults


def main() -> int:
    """Exit 0 if every input of the run held."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--first", type=int, default=0, help="the number of the first input")
    parser.add_argument(
        "--of",
        choices=("resources", "configurations", "commands"),
        default="resources",
        help="what is fuzzed",
    )
    wanted = parser.parse_args()
    if wanted.of != "resources":
        print(f"exit codes: {dict(whole.run_many(wanted.of, wanted.inputs))}")
        return 0
    last = wanted.first + wanted.inputs
    chunks = [range(start, min(start + _CHUNK, last)) for start in range(wanted.first, last, _CHUNK)]
    ends: Counter[str] = Counter()
    faults: list[str] = []
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for some_ends, some_faults in pool.map(run, chunks):
            ends += some_ends
            faults += some_faults
    print(f"{wanted.inputs} inputs: {dict(ends)}, {len(faults)} faults")
    print(*faults[:20], sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
