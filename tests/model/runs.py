"""Runs of the model: so many, from a seed."""

from __future__ import annotations

import gc
from dataclasses import dataclass

from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as seeded
from hypothesis.stateful import run_state_machine_as_test

from kepthour.runtime.logs import set_up
from tests.model.judge import Fault
from tests.model.machine import STEPS_A_RUN, Weeks


@dataclass(frozen=True, slots=True)
class Result:
    """What became of the runs of one seed. `fault` is the story of the shortest run that failed; None: none did."""

    seed: int
    runs: int
    deliveries: int
    fault: str | None


def begin() -> None:
    """In a process of its own: a quiet log, and no look again and again through all that was imported."""
    set_up(0)
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def run(seed: int, runs: int, *, shrink: bool = True) -> Result:
    """Make `runs` runs (or somewhat more); the same seed makes the same ones.

    With `shrink` a run that fails is made as short as can be, which takes a minute or several.
    """
    counted = [0, 0]

    class Counted(Weeks):
        def teardown(self) -> None:
            counted[0] += 1
            try:
                super().teardown()
            finally:
                counted[1] += self.deliveries()

    how = settings(
        max_examples=runs,
        stateful_step_count=STEPS_A_RUN,
        deadline=None,  # a run takes as long as this machine lets it
        database=None,
        derandomize=False,  # on a build machine hypothesis would choose its own
        phases=(Phase.generate, Phase.shrink) if shrink else (Phase.generate,),
        suppress_health_check=list(HealthCheck),
        print_blob=False,
        report_multiple_bugs=False,
    )
    fault = None
    try:
        run_state_machine_as_test(seeded(seed)(Counted), settings=how)
    except Fault as error:
        fault = str(error)
    return Result(seed, *counted, fault)
