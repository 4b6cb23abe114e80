"""A hundred runs in a process of their own.

hypothesis also draws from the literals of all modules that happen to be loaded: beside other tests the same seed would
make other runs each time.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_SUM = re.compile(r"^(\d+) runs, (\d+) deliveries, 0 seeds", re.MULTILINE)


def run_apart(seed: int) -> None:
    """As `python -m tests.model --runs 100 --seed SEED`. Fails with the story of the first fault."""
    command = [sys.executable, "-m", "tests.model", "--runs", "100", "--seed", str(seed)]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
    told = _SUM.search(done.stdout)
    assert done.returncode == 0 and told is not None, done.stdout + done.stderr
    runs, deliveries = map(int, told.groups())
    assert deliveries > runs  # else nothing was put to the test
