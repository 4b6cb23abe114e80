"""A report as JSON. The field names are a promise: docs/json.md."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta, tzinfo
from typing import Any

from kepthour.cli.printing import stamp
from kepthour.core.few import FEWEST
from kepthour.core.report.findings import Findings, Unknown
from kepthour.core.report.groups import Group
from kepthour.core.report.patterns import ERRS, Pattern, Tally
from kepthour.core.report.rungs import Rungs
from kepthour.core.report.spread import Bin, Spread


def shape(found: Findings, zone: tzinfo) -> dict[str, Any]:
    """The document."""
    seen = found.punctuality
    return {
        "from": stamp(found.start, zone),
        "to": stamp(found.end, zone),
        "sessions": found.sessions,
        "fewest": FEWEST,
        "punctuality": {
            "counted": seen.counted,
            "on_time": seen.on_time,
            "on_time_nearly_missed": seen.narrowly,
            "late": seen.late,
            "missed": seen.missed,
        }
        if seen
        else None,
        "not_counted": {verdict.value: count for verdict, count in found.others.items()},
        "compared": _tally(found.compared),
        "false_alarm_rate": ERRS,
        "patterns": [_pattern(one) for one in found.patterns],
        "groups": [
            {"by": by.value, "group": row.part.value, **_tally(row.tally)}
            for by, rows in found.rows.items()
            for row in rows
        ],
        "reminders": _rungs(found.rungs) if found.rungs else None,
        "misses": _after(found),
        "alarms": {
            "reminders_per_session": _spread(found.alarms.rungs),
            "notices_per_session": _spread(found.alarms.notices),
            "notices_per_day": _spread(found.alarms.days),
            "sessions_by_reminders": _bins(found.alarms.rungs_by),
            "days_by_notices": _bins(found.alarms.days_by),
        },
        "unknown": _unknown(found.unknown),
    }


def _tally(tally: Tally) -> dict[str, int | None]:
    enough = tally.is_enough
    return {
        "sessions": tally.sessions,
        "near_misses": tally.near if enough else None,
        "missed": tally.missed if enough else None,
    }


def _pattern(one: Pattern) -> dict[str, Any]:
    return {
        "group": _group(one.group),
        "same_sessions": [_group(other) for other in one.alike],
        "here": _tally(one.here),
        "elsewhere": _tally(one.elsewhere),
        "p": one.p,
        "p_corrected": one.p_corrected,
        "compared_groups": one.compared,
    }


def _group(group: Group) -> dict[str, str]:
    return {part.by.value: part.value for part in group}


def _rungs(found: Rungs) -> dict[str, Any]:
    return {
        "signs": found.signs,
        "arrivals": found.arrivals,
        "sign_before_any": found.sign_unprompted,
        "arrival_before_any": found.arrival_unprompted,
        "rungs": [
            {
                "rung": one.rung,
                "delivered": one.delivered,
                "last_before_sign": one.before_sign,
                "last_before_arrival": one.before_arrival,
            }
            for one in found.uses
        ],
    }


def _after(found: Findings) -> dict[str, Any] | None:
    if found.missed < FEWEST:
        return None
    return {
        "missed": found.missed,
        "contacted": found.contacted,
        "minutes_to_first_contact": _spread(found.first_contact),
        "days_to_make_up": _spread(found.made_up),
    }


def _spread(one: Spread | None) -> dict[str, float] | None:
    if one is None:
        return None
    return {
        "cases": one.n,
        "least": one.least,
        "median": one.median,
        "ninth_decile": one.ninth_decile,
        "most": one.most,
    }


def _bins(bins: Sequence[Bin]) -> list[dict[str, int]]:
    return [{"from": one.low, "to": one.high, "count": one.count} for one in bins]


def _unknown(found: Unknown) -> dict[str, Any]:
    return {
        "because": {why.value: count for why, count in found.because.items()},
        "suspected_misses": found.suspected,
        "no_verdict": found.open,
        "near_miss_not_known": found.near,
        "unwatched": found.unwatched,
        "unwatched_minutes": {
            why.value if why else "unknown": length / timedelta(minutes=1)
            for why, length in found.time.items()
        },
    }
