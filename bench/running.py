"""A process of the product's that has imported everything and does what it is told: as a daemon works, at our word."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from bench.clients import KeptHour
from bench.measuring import ROOT, Failed, end


class Running:
    """Figures are processor time, in ms."""

    def __init__(self, to: IO[str], of: IO[str], errors: IO[str]) -> None:
        self._to, self._of, self._errors = to, of, errors

    def polls(self, changed: int) -> float:
        """A poll that must find so many changes, and what follows from it. Raises Failed."""
        found = self._told("poll")
        if found["gave"] != changed:
            raise Failed(f"a poll found {found['gave']} changes, not {changed}")
        return float(found["cpu"])

    def plans(self) -> float:
        return float(self._told("plan")["cpu"])

    def _told(self, work: str) -> Any:
        print(work, file=self._to, flush=True)
        answer = self._of.readline()
        if not answer:
            self._errors.seek(0)
            raise Failed(f"the process ended at a {work}: {end(self._errors.read())}")
        return json.loads(answer)


@contextmanager
def running(ours: KeptHour) -> Iterator[Running]:
    """On the store of `ours`; it has polled and planned once."""
    command = [sys.executable, "-m", "bench.inside", "told", str(ours.world.config_file)]
    pipe, env = subprocess.PIPE, ours.world.env
    with (
        tempfile.TemporaryFile("w+") as errors,
        subprocess.Popen(command, cwd=ROOT, env=env, stdin=pipe, stdout=pipe, stderr=errors, text=True) as it,
    ):
        assert it.stdin is not None
        assert it.stdout is not None
        yield Running(it.stdin, it.stdout, errors)
