"""How a command may end, whatever it was given."""

from __future__ import annotations

import re
import resource
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.fuzz import values
from tests.support.forked import run_forked
from tests.support.world import KEPTHOUR, World

CPU_SECONDS = 20  # a bound, not a measure: who computes for so long computes for ever
_MEMORY = 3 << 30
_LONGEST = 20_000  # of what is said of a fault, in characters: it does not hold what it is about
_UNKIND = re.compile(
    r"Traceback|something went wrong inside|<class|object at 0x|\[Errno|Error\(|pydantic|tomllib|sqlalchemy"
    r"|[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u202e]"
)


def run(world: World, args: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """The command, in bounds of processor time and memory."""
    limits = {resource.RLIMIT_CPU: CPU_SECONDS, resource.RLIMIT_AS: _MEMORY}
    return run_forked(str(KEPTHOUR), args, world.env, seconds=120, limits=limits)


def judge(done: subprocess.CompletedProcess[str]) -> int:
    """Its exit code. Asserts that it is one of the three, and that what it says is a sentence for people."""
    said = f"exit {done.returncode}\nstdout: {done.stdout[:2000]}\nstderr: {done.stderr[:2000]}"
    assert done.returncode in {0, 1, 2}, said
    assert values.SECRET not in done.stdout + done.stderr, said
    found = _UNKIND.search(done.stderr)
    assert found is None, f"{found!r}\n{said}"
    if done.returncode:
        # `check` tells what it finds on its standard output: that is what it is asked for.
        told = done.stderr or done.stdout
        assert told.strip(), said
        assert len(done.stderr) <= _LONGEST, f"{len(done.stderr)} characters\n{said}"
    return done.returncode


def world_in(folder: Path) -> World:
    """One in which nothing can be started, and nobody is reached."""
    world = World(folder)
    nothing = folder / "no-programs"
    nothing.mkdir()
    world.env["PATH"] = str(nothing)
    return world
