"""Some hundreds of runs, apart from all other tests, each hundred in a process of its own.

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
RUNS = 500


def run_apart(seed: int) -> None:
    """As `python -m tests.model --runs 500 --seed SEED`, on one core. Fails with the stories of the faults."""
    wanted = ("--runs", str(RUNS), "--seed", str(seed), "--processes", "1")
    command = [sys.executable, "-m", "tests.model", *wanted]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
    told = _SUM.search(done.stdout)
    assert done.returncode == 0 and told is not None, done.stdout + done.stderr
    runs, deliveries = map(int, told.groups())
    assert runs >= RUNS and deliveries > runs  # else nothing was put to the test
