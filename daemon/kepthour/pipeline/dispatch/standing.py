"""What still stands on a screen after a start, and what of it is to be shown again now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from contextlib import suppress
from datetime import datetime, timedelta

from kepthour.core.reminder import QUESTION, SWEEP, Reminder
from kepthour.pipeline.dispatch.claim import Parcel
from kepthour.pipeline.dispatch.surroundings import Surroundings
from kepthour.pipeline.dispatch.wording import Unworded, Wording, words_for
from kepthour.store import absences, reminders
from kepthour.store.engine import Store, Tx

_LATELY = timedelta(days=1)
_STANDS_FOR = timedelta(days=4)  # a question: over a long weekend
_ASKING = {QUESTION, SWEEP}  # of a session that had both, the sweep stands in the place of the question
_LONG_AGO = 5  # so many questions of longer ago are shown again: all of them would bury what is due today


def left_open(
    store: Store,
    channels: Collection[str],
    wording: Wording,
    now: datetime,
    only: Collection[int] | None = None,
) -> tuple[list[Parcel], dict[int, datetime]]:
    """What a process before this one left on the screen, to be shown again in its place; of `only`, if given.

    And which questions are not to be shown yet, by id, each with the time until when.
    """
    found, later = list[Parcel](), dict[int, datetime]()
    with store.read() as tx:
        around = Surroundings.read(tx, now)
        left = [
            one
            for one in reminders.left_open(tx, now, _asked_since(tx, now))
            if only is None or one.id in only
        ]
        buried = _buried(left, now)
        for reminder in left:
            if reminder.id in buried:
                continue
            waits = around.waits(reminder) if reminder.rung in _ASKING else None
            if waits is not None:  # they are with a client, or away
                later[reminder.id] = waits[0]
                continue
            with suppress(Unworded):
                words = words_for(tx, reminder, around, wording)
                if words is not None and reminder.channel in channels:
                    found.append(Parcel(reminder, words, reminder.reference))
    return found, later


def _asked_since(tx: Tx, now: datetime) -> datetime:
    """What was asked after this stands still: for so long, in which nobody was away."""
    left, at = _STANDS_FOR, now
    for one in sorted(absences.between(tx, now - _STANDS_FOR, now), key=lambda one: one.end, reverse=True):
        present = max(at - one.end, timedelta())
        if present >= left or one.start >= at:
            continue
        left, at = left - present, one.start
    return at - left


def _buried(left: Iterable[Reminder], now: datetime) -> set[int]:
    """The ids of old questions that are not shown again: on each channel all but the newest."""
    old: defaultdict[str, list[int]] = defaultdict(list)
    for one in left:
        if one.rung in _ASKING and _is_old(one, now):
            old[one.channel].append(one.id)
    return {number for numbers in old.values() for number in numbers[:-_LONG_AGO]}


def _is_old(question: Reminder, now: datetime) -> bool:
    return question.sent_at is not None and question.sent_at <= now - _LATELY
