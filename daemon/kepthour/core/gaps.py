"""When nobody watched, and why: what "Kept Hour did not run all the time" means in a therapist's words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

GAP = timedelta(seconds=60)  # a restart may take this long without making silence meaningless


class Pause(StrEnum):
    """Why nobody watched before a watch began, as it is stored with that watch."""

    ASLEEP = "asleep"  # the machine was suspended, and the process with it
    CLOCK_SET = "clock_set"  # the wall clock was set forward: the time between never was
    HELD_UP = "held_up"  # the process lived on, and could store no sign of life
    OFF = "off"  # another process, and the machine was started meanwhile
    NOT_RUNNING = "not_running"  # another process, on a machine that was on all the time


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """What a process knows of the time since its last sign of life."""

    slept: timedelta  # as the clocks tell of each other (core/timekeeping.py)
    stepped: timedelta  # of the wall clock; negative: it was set back
    booted_at: datetime  # when the machine was started, by its present clock; aware UTC
    is_first: bool  # it has given none before


@dataclass(frozen=True, slots=True)
class Kept:
    """One uninterrupted watch. Instants are aware UTC."""

    since: datetime
    until: datetime  # the last sign of life
    pause: Pause | None  # why nobody watched before it; None: that is not known


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which nobody watched. Instants are aware UTC."""

    since: datetime | None  # None: nobody ever watched before
    until: datetime | None  # None: nobody has since
    why: Pause | None  # None: that is not known


def pause(last_sign: datetime, now: datetime, meanwhile: Meanwhile) -> Pause | None:
    """Why there was no sign of life between `last_sign` and `now` (aware UTC); None: that is no gap. Never raises."""
    unexplained = now - last_sign - GAP
    if unexplained <= timedelta():
        return None
    if meanwhile.is_first:
        return Pause.OFF if meanwhile.booted_at > last_sign else Pause.NOT_RUNNING
    if meanwhile.slept >= unexplained:
        return Pause.ASLEEP
    return Pause.CLOCK_SET if meanwhile.slept + meanwhile.stepped >= unexplained else Pause.HELD_UP


def gaps(watches: Sequence[Kept], start: datetime, end: datetime) -> list[Gap]:
    """When nobody watched, after `start` and up to `end`, by time. `watches` are by their beginnings.

    A gap between two watches may be as long as a restart takes; before the first watch nobody watched. A longer one
    counts even if it begins only just before `end`: the clock leapt over it, perhaps, or the machine slept.
    """
    found: list[Gap] = []
    reached: datetime | None = None
    for one in watches:
        if (reached is None or one.since - reached > GAP) and one.since > start:
            found.append(Gap(reached, one.since, one.pause if reached is not None else None))
        reached = one.until if reached is None else max(reached, one.until)
    if reached is None or end - reached > GAP:
        found.append(Gap(reached, None, None))
    return found
