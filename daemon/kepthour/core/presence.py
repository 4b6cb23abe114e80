"""What a source of evidence saw of the therapist, what of that is proof, and when to ask it.

Only presence is proof. That nobody was seen may mean another account, a telephone, or a record that is not written yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

# Before the start: what was seen or pressed earlier was a try, or another session's.
EARLIEST_SIGN = timedelta(minutes=15)
# after the start: by then most have joined, and who checks in is not asked about
FIRST = timedelta(minutes=2)
EVERY = timedelta(seconds=150)
# before the deadline: so long the last answer may take before a verdict waits for it
LAST = timedelta(seconds=30)


class Seen(StrEnum):
    """What is told of a session, as it is stored: the three answers of a source, and what a calendar shows."""

    JOINED = "joined"
    NOT_SEEN = "not_seen"
    UNKNOWN = "unknown"  # it could not be asked, or did not answer
    EDITED = "edited"  # no answer: its entry was, while it was on


@dataclass(frozen=True, slots=True)
class Stay:
    """One spell in the session's room. Instants are aware UTC."""

    since: datetime
    until: datetime | None  # None: still there when it was asked


@dataclass(frozen=True, slots=True)
class Presence:
    """One answer of a source: JOINED with its stays, the other two with none."""

    seen: Seen
    stays: tuple[Stay, ...] = ()
    problem: str | None = None  # UNKNOWN: why, as a short code for the log


def proven_since(stays: Sequence[Stay], start: datetime, end: datetime) -> datetime | None:
    """Since when the therapist was in the session; None: that is not proven. Who left again was there, too.

    A stay counts if it overlaps [start, end). One that ended before the start was the session before in the same room,
    or somebody who gave up waiting; one that begins after the end is the session that follows.
    """
    counting = [
        stay.since for stay in stays if stay.since < end and (stay.until is None or stay.until > start)
    ]
    return min(counting, default=None)


def next_ask(start: datetime, deadline: datetime, last: datetime | None) -> datetime | None:
    """When to ask (again) about a session that nothing is proven of; None: it was asked for the last time.

    `last` is when it was last asked (None: never), `deadline` includes a "running late". The result may have passed.
    """
    if is_heard(deadline, last):
        return None
    wished = start + FIRST if last is None else last + EVERY
    return min(wished, max(start, deadline - LAST))


def is_heard(deadline: datetime, last: datetime | None) -> bool:
    """Whether the source was asked late enough that a verdict need not wait for it."""
    return last is not None and last >= deadline - LAST
