"""What a report says of groups of sessions: the patterns, and the numbers of every kind of group."""

from __future__ import annotations

from kepthour.core.report.findings import Findings, Row
from kepthour.core.report.groups import By, Part
from kepthour.core.report.patterns import ERRS, Pattern
from kepthour.core.report.sections import Bars, Section, Series, Table
from kepthour.core.report.words import COLUMNS, TITLES, TOO_FEW, chance, label, phrase, share

_NEAR, _MISSED = "nearly missed", "missed"


def stated(found: Findings) -> Section:
    """The patterns, and what it takes to be one."""
    said = tuple(_pattern(one, place) for place, one in enumerate(found.patterns))
    if not found.compared.is_enough:
        said = ("Fewer than five sessions can be compared: nothing is said.",)
    elif not said:
        said = (
            "None is stated. Where the numbers below differ, chance is enough to explain it, "
            "or they are too few to tell.",
        )
    how = (
        "A pattern is stated only if an exact test finds it, in at least five sessions on five days, beyond what so "
        f"many comparisons would show by chance: of {1 / ERRS:.0f} reports on sessions without any pattern, at most "
        "one would state one."
    )
    return Section("patterns", "Patterns", (*said, how))


def _pattern(one: Pattern, place: int) -> str:
    here, there = one.here, one.elsewhere
    others = "of all others that are in none of the patterns above" if place else "of all others"
    text = (
        f"Sessions {phrase(one.group)}: {share(here.narrow, here.sessions)} were nearly missed or missed "
        f"({here.near:,} and {here.missed:,} of {here.sessions:,}); {others} {share(there.narrow, there.sessions)} "
        f"({there.near:,} and {there.missed:,} of {there.sessions:,}). "
        f"Chance alone would show this in {chance(one.p_corrected)} reports."
    )
    same = "; or ".join(phrase(group) for group in one.alike)
    return f"{text} The same sessions are those {same}." if same else text


def by_kind(by: By, found: Findings) -> Section:
    """The groups of one kind."""
    rows, key = found.rows[by], by.value
    enough = [row for row in rows if row.tally.is_enough]
    if not enough:
        return Section(key, TITLES[by], ("Fewer than five sessions each: nothing is said.",))
    shares = [row.tally.narrow / row.tally.sessions for row in enough]
    says: tuple[str, ...] = (
        f"Nearly missed (late ones are among them) or missed, {_BY[by]}: "
        f"{_from_to(100 * min(shares), 100 * max(shares))} of sessions.",
    )
    if len(enough) > 1:
        says += ("A difference may be chance, unless it stands among the patterns.",)
    table = Table((COLUMNS[by], "sessions", _NEAR, _MISSED, "share"), tuple(map(_row, rows)))
    return Section(key, TITLES[by], says, table, _shares(enough) if len(enough) > 1 else None)


_BY = {
    By.WEEKDAY: "by weekday",
    By.HOUR: "by the hour in which they began",
    By.GAP: "by how long no session was before, that day",
    By.ROW: "by how many went before without a pause of more than 10 min",
    By.RECURRENCE: "in a series or single",
    By.CHANGE: "by whether they had been moved, or cancelled and restored",
    By.CALENDAR: "by calendar",
}


def _from_to(low: float, high: float) -> str:
    return f"{low:.1f}%" if f"{low:.1f}" == f"{high:.1f}" else f"from {low:.1f}% to {high:.1f}%"


def _row(row: Row) -> tuple[str, ...]:
    name, tally = label(row.part), row.tally
    if not tally.is_enough:
        return name, f"{tally.sessions}", "", "", TOO_FEW
    narrow = share(tally.narrow, tally.sessions)
    return name, f"{tally.sessions:,}", f"{tally.near:,}", f"{tally.missed:,}", narrow


def _shares(rows: list[Row]) -> Bars:
    near = tuple(row.tally.near / row.tally.sessions for row in rows)
    missed = tuple(row.tally.missed / row.tally.sessions for row in rows)
    labels = tuple(_with_size(row.part, row.tally.sessions) for row in rows)
    series = (Series(_NEAR, near), Series(_MISSED, missed))
    return Bars(labels, series, "share of sessions", is_share=True, is_stacked=True)


def _with_size(part: Part, sessions: int) -> str:
    return f"{label(part)} ({sessions:,})"
