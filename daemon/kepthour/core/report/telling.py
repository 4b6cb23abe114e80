"""Findings -> sections: what a report says, in which order. Facts; no scores, no ranks, no client."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from kepthour.core.few import FEWEST
from kepthour.core.report.about_groups import by_kind, stated
from kepthour.core.report.about_reminders import load, which
from kepthour.core.report.findings import Findings, Unknown
from kepthour.core.report.groups import By
from kepthour.core.report.sections import Bars, Section, Series, Table
from kepthour.core.report.words import (
    BECAUSE,
    PAUSES,
    SPREAD,
    VERDICTS,
    in_columns,
    many,
    minutes,
    number,
    share,
)
from kepthour.core.spans import spoken

_CANNOT = "What the program cannot say"
_ALL_KNOWN = (
    "Of each session that is counted here it is known what became of it. What was deleted is not counted."
)


def sections(found: Findings) -> list[Section]:
    """All of them; of what rests on too few cases each says so."""
    groups = [by_kind(by, found) for by in By] if found.compared.is_enough else []
    told = [_punctuality(found), stated(found), *groups, which(found.rungs)]
    return [*told, *load(found.alarms), _after(found), _unknown(found.unknown)]


def watched(since: datetime | None, start: datetime, as_text: Callable[[datetime], str]) -> str | None:
    """From when on sessions were watched, if that is after the report's `start`. `since`: the first watch ever."""
    if since is None:
        return "Kept Hour has never run, so it watched no session yet."
    if since <= start:
        return None
    return f"It watches since {as_text(since)}; nothing is known of before."


def _punctuality(found: Findings) -> Section:
    title, seen = "Punctuality", found.punctuality
    others = tuple(
        f"Not counted: {many(count, 'session')}, {VERDICTS[verdict]}."
        for verdict, count in found.others.items()
    )
    if seen is None:
        return Section(
            "punctuality",
            title,
            ("Of fewer than five sessions it is known how they began: nothing is said.", *others),
        )
    rows = [
        ("on time", seen.on_time - seen.narrowly),
        ("on time, nearly missed", seen.narrowly),
        ("late", seen.late),
        ("missed", seen.missed),
    ]
    says = (
        f"Of {many(seen.counted, 'session')} it is known: {seen.on_time:,} began on time, {seen.narrowly:,} of them "
        f"only after one of the last reminders; {seen.late:,} late; {seen.missed:,} were missed.",
    )
    table = Table(
        ("began", "sessions", "share"),
        tuple((name, f"{count:,}", share(count, seen.counted)) for name, count in rows),
    )
    bars = Bars(
        tuple(name for name, _n in rows), (Series("sessions", tuple(n for _name, n in rows)),), "sessions"
    )
    return Section("punctuality", title, says + others, table, bars)


def _after(found: Findings) -> Section:
    title = "After a miss"
    if found.missed < FEWEST:
        return Section(
            "after", title, ("Fewer than five sessions were missed: nothing is said of what came after.",)
        )
    says: tuple[str, ...] = (
        f"The first contact (step 1 of the card) is noted for {found.contacted:,} of "
        f"{many(found.missed, 'missed session')}.",
    )
    rows = []
    if found.first_contact:
        rows.append(("start to first contact", *in_columns(found.first_contact, minutes)))
    else:
        says += ("That is too few to say how long it took.",)
    if found.made_up:
        rows.append(("start to make-up session", *in_columns(found.made_up, _days)))
    else:
        says += (
            "Fewer than five make-up sessions are known (the event was moved, and held then): nothing is said of them.",
        )
    return Section("after", title, says, Table(("of what", *SPREAD), tuple(rows)) if rows else None)


def _days(value: float) -> str:
    return f"{number(value)} d"


def _unknown(found: Unknown) -> Section:
    rows = [(f"unknown: {BECAUSE.get(why, why.value)}", f"{count:,}") for why, count in found.because.items()]
    rows += [
        (name, f"{count:,}")
        for name, count in (
            ("asked about as a suspected miss, and not answered", found.suspected),
            ("no verdict: before Kept Hour watched, or still open", found.open),
            ("held, and whether narrowly was deleted with the evidence", found.near),
            ("nobody watched all the time from 15 min before to the deadline", found.unwatched),
        )
        if count
    ]
    rows += [(f"not watched then: {PAUSES[why]}", spoken(length)) for why, length in found.time.items()]
    says = ("None of this is counted for you or against you.",)
    if not rows:
        return Section("unknown", _CANNOT, (_ALL_KNOWN,))
    return Section("unknown", _CANNOT, says, Table(("what", "how many, how long"), tuple(rows)))
