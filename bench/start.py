"""How long each command takes that has little to do, in the practice of a full week."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from bench.calendar_of_a_practice import full_week
from bench.clients import KeptHour, Khal
from bench.measuring import OURS, Cost, Row, Setting, in_turn, workshop
from tests.support.calendars import calendar

_HERE = ("here",)  # 1: nothing is due, perhaps
COMMANDS = (
    ("--help",), ("check", "--help"), ("status",), ("agenda",), _HERE, ("sync",), ("explain", "AB"),
    ("rehearse",), ("log",), ("sweep",), ("repair",), ("report",), ("export",),
)  # fmt: skip
_VERSION = ("--version",)
_WEEKS = 10


def measure(setting: Setting) -> Iterator[Row]:
    with workshop(setting) as name:
        folder = Path(name)
        (folder / "practice.ics").write_text(calendar(*full_week(30, _WEEKS)), encoding="utf-8", newline="")
        ours = KeptHour.of_file(folder / "kepthour", folder / "practice.ics")
        ours.sync()

        def command(args: tuple[str, ...]) -> Callable[[], Cost]:
            codes = (0, 1) if args == _HERE else (0,)
            return lambda: ours.cost(*args, codes=codes)

        khal = Khal(folder / "khal", folder)
        works = {OURS: command(_VERSION)} | ({Khal.name: khal.version} if setting.peers else {})
        yield in_turn(setting, "kepthour --version", works).row("--version", "s", _wall)
        for args in COMMANDS:
            turns = in_turn(setting, f"kepthour {' '.join(args)}", {OURS: command(args)})
            yield turns.row(" ".join(args), "s", _wall)


def _wall(cost: Cost) -> float:
    return cost.wall
