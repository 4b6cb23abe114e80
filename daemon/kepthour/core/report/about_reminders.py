"""What a report says of reminders: which ones worked, and how many there were."""

from __future__ import annotations

from collections.abc import Iterator

from kepthour.core.report.findings import Alarms
from kepthour.core.report.rungs import Rungs
from kepthour.core.report.sections import Bars, Section, Series, Table
from kepthour.core.report.spread import Bin
from kepthour.core.report.words import SPREAD, in_columns, many, number


def which(found: Rungs | None) -> Section:
    """The last ones before a sign, and before the therapist was there."""
    title = "Which reminder it was"
    if found is None:
        return Section(
            "rungs", title, ("In fewer than five sessions a sign of you is known: nothing is said.",)
        )
    says = (
        f"In {many(found.signs, 'session')} it is known when you first gave a sign (an answer, the room, a call), in "
        f"{found.arrivals:,} when you were there. Told is the last reminder that was delivered before the first sign, "
        "and the last one before you were there, which is the one that worked.",
        f"The first sign came before any reminder in {found.sign_unprompted:,} of them; in "
        f"{found.arrival_unprompted:,} you were there before any.",
    )
    rows = [
        (one.rung or "others, seldom", one.delivered, one.before_sign, one.before_arrival)
        for one in found.uses
    ]
    table = Table(
        ("reminder", "delivered in", "last before the first sign", "last before you were there"),
        tuple((name, *(f"{count:,}" for count in counts)) for name, *counts in rows),
    )
    bars = Bars(
        tuple(row[0] for row in rows),
        (
            Series("last before the first sign", tuple(row[2] for row in rows)),
            Series("last before you were there", tuple(row[3] for row in rows)),
        ),
        "sessions",
    )
    return Section("rungs", title, says, table, bars if rows else None)


def load(found: Alarms) -> Iterator[Section]:
    """How many a session, and a day."""
    title = "Alarm load"
    measured = (
        ("reminders of one session", found.rungs),
        ("its notices, on all channels", found.notices),
        ("notices of one day", found.days),
    )
    rows = tuple((name, *in_columns(one, number)) for name, one in measured if one is not None)
    if not rows:
        yield Section("alarms", title, ("Fewer than five sessions had a reminder: nothing is said.",))
        return
    says = (
        "How many reminders were delivered for one session (one that went to several channels counts once), and how "
        "many notices of any kind on one day with sessions.",
    )
    yield Section("alarms", title, says, Table(("of what", *SPREAD), rows))
    for key, name, what, bins in (
        ("alarms_per_session", "Reminders of one session", "session", found.rungs_by),
        ("alarms_per_day", "Notices of one day", "day", found.days_by),
    ):
        if bins:
            yield _distribution(key, name, what, bins)


def _distribution(key: str, title: str, what: str, bins: tuple[Bin, ...]) -> Section:
    notices = title.split(maxsplit=1)[0].lower()
    labels = tuple(f"{one.low}" if one.low == one.high else f"{one.low}–{one.high}" for one in bins)
    says = f"How many {what}s had how many {notices}; neighbours with fewer than five {what}s are joined."
    table = Table(
        (notices, f"{what}s"), tuple((name, f"{one.count:,}") for name, one in zip(labels, bins, strict=True))
    )
    numbers = Series(f"{what}s", tuple(one.count for one in bins))
    bars = Bars(labels, (numbers,), notices, is_upright=True) if len(bins) > 1 else None
    return Section(key, title, (says,), table, bars)
