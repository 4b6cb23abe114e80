"""Fuzzed configurations and command lines against the whole command, each in a process of its own."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, Phase, given, settings

from tests.fuzz.commands import command_lines
from tests.fuzz.configurations import Case, configurations
from tests.fuzz.ending import judge, run, world_in
from tests.fuzz.practice import put_practice
from tests.fuzz.used import Used, fresh, used_world
from tests.support.world import World

FEW = settings(max_examples=1_000, deadline=None, suppress_health_check=list(HealthCheck))


def a_practice(folder: Path) -> World:
    """A world for configurations."""
    world = world_in(folder)
    world.configure("")
    put_practice(world)
    return world


def met(world: World, case: Case) -> int:
    """The command meets the configuration: its exit code. Asserts that it ends as it may."""
    if case.command[0] == "init":
        world.config_file.unlink(missing_ok=True)
    else:
        world.config_file.write_bytes(case.content)
    return judge(run(world, case.command))


def given_to(used: Used, args: list[str]) -> int:
    """The exit code of a command line, on a store as it was. Asserts that it ends as it may."""
    fresh(used)
    return judge(run(used.world, args))


def run_many(kind: str, examples: int) -> Counter[int]:
    """So many of a kind, others each time; raises what hypothesis found, with the shortest example. Exit codes."""
    ends: Counter[int] = Counter()
    many = settings(FEW, max_examples=examples, database=None, phases=[Phase.generate, Phase.shrink])
    with TemporaryDirectory() as name:
        folder = Path(name)
        os.chdir(folder)  # what a command writes into its folder
        if kind == "configurations":
            world = a_practice(folder)
            many(given(configurations())(lambda case: ends.update([met(world, case)])))()
        else:
            used = used_world(folder)
            many(given(command_lines(used.ids))(lambda args: ends.update([given_to(used, args)])))()
        os.chdir("/")
    return ends
