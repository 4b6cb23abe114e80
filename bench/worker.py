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


class Worker:
    """Gets lines, and answers each with one line of JSON."""

    def __init__(self, to: IO[str], of: IO[str], errors: IO[str]) -> None:
        self._to, self._of, self._errors = to, of, errors

    def told(self, work: str) -> Any:
        """What it says to `work`. Raises Failed."""
        print(work, file=self._to, flush=True)
        answer = self._of.readline()
        if not answer:
            self._errors.seek(0)
            raise Failed(f"the process ended at a {work}: {end(self._errors.read())}")
        return json.loads(answer)


@contextmanager
def worker(ours: KeptHour, module: str, *args: str) -> Iterator[Worker]:
    """`python -m module args CONFIG`, on the configuration and the store of `ours`."""
    command = [sys.executable, "-m", module, *args, str(ours.world.config_file)]
    pipe, env = subprocess.PIPE, ours.world.env
    with (
        tempfile.TemporaryFile("w+") as errors,
        subprocess.Popen(command, cwd=ROOT, env=env, stdin=pipe, stdout=pipe, stderr=errors, text=True) as it,
    ):
        assert it.stdin is not None
        assert it.stdout is not None
        yield Worker(it.stdin, it.stdout, errors)
