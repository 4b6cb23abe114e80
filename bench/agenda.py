"""The sessions of a fortnight, printed by a process of its own, beside `khal list` of what vdirsyncer has fetched."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from bench.calendar_of_a_practice import monday
from bench.clients import KeptHour, Khal, Vdirsyncer
from bench.measuring import OURS, Cost, Failed, Row, Setting, in_turn, workshop
from bench.serving import serving

DAYS = 14
WARM = 0.3  # of khal's


def measure(setting: Setting) -> Iterator[Row]:
    with (
        workshop(setting) as name,
        serving("Radicale", setting.events, Path(name) / "server", setting) as practice,
    ):
        folder, url = Path(name), practice.url
        ours = KeptHour.of_server(folder / "kepthour", url)
        fetching = Vdirsyncer(folder / "vdirsyncer", url)
        theirs = Khal(folder / "khal", fetching.items)
        ours.synced(setting.events)
        works: dict[str, Callable[[], Cost]] = {OURS: lambda: ours.agenda(monday(), DAYS)}
        if setting.peers:
            works[Khal.name] = lambda: theirs.list(monday(), DAYS)
            _agree(ours, fetching, theirs, setting)

        def change() -> None:
            practice.change_one()
            ours.synced(1)
            if setting.peers:
                fetching.synced(setting.events)

        work = f"agenda of {DAYS} days, {setting.events:,} events"
        turns = in_turn(setting, work, works)
        yield turns.row(work, "s", lambda one: one.wall, of_peer=WARM)
        yield turns.row(f"{work}: processor", "s", lambda one: one.cpu)
        yield turns.row(f"{work}: memory at most", "MB", lambda one: one.peak)
        work = "agenda after a change"
        turns = in_turn(setting, work, works, before=change)
        yield turns.row(work, "s", lambda one: one.wall)
        yield turns.row(f"{work}: processor", "s", lambda one: one.cpu)


def _agree(ours: KeptHour, fetching: Vdirsyncer, theirs: Khal, setting: Setting) -> None:
    """Both show as many; this fills khal's cache, too. Raises Failed if they do not."""
    try:
        fetching.forget()
        fetching.synced(setting.events)
        there = theirs.events(monday(), DAYS)
    except Failed as failed:  # told again where it is measured
        setting.tell(f"FAILED: {failed}")
        return
    here = ours.sessions(monday(), DAYS)
    if here != there:
        raise Failed(f"kepthour agenda shows {here} sessions, khal list {there}")
    setting.tell(f"both show {here} sessions")
