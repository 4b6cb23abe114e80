"""What still stands on a screen after a start, and what of it is to be shown again now."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from datetime import datetime

from kepthour.pipeline.dispatch.claim import Parcel
from kepthour.pipeline.dispatch.surroundings import Surroundings
from kepthour.pipeline.dispatch.wording import Unworded, Wording, words_for
from kepthour.store import questions, reminders
from kepthour.store.engine import Store


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
            for one in reminders.left_open(tx, now, questions.asked_since(tx, now))
            if only is None or one.id in only
        ]
        buried = questions.buried(left, now)
        for reminder in left:
            if reminder.id in buried:
                continue
            waits = around.waits(reminder) if reminder.rung in questions.ASKING else None
            if waits is not None:  # they are with a client, or away
                later[reminder.id] = waits[0]
                continue
            with suppress(Unworded):
                words = words_for(tx, reminder, around, wording)
                if words is not None and reminder.channel in channels:
                    found.append(Parcel(reminder, words, reminder.reference))
    return found, later
