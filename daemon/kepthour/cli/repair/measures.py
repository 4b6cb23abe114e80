"""Rules of prevention in words: what one changes, for which sessions; and what helps where no setting does."""

from __future__ import annotations

from collections.abc import Mapping

from kepthour.core.ladder import Modality, Special
from kepthour.core.looking_back import Count
from kepthour.core.rules import Help, Kind, Rule, Scope
from kepthour.core.spans import parse_duration, parse_offset, spoken

_DAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
_HELD = {Modality.VIDEO: "by video", Modality.IN_PERSON: "without a link"}

INSTEAD: Mapping[Help, str] = {
    Help.CHANNEL: "No setting helps here: a channel did not take the reminder. See why with kepthour log, and "
    "whether it works with kepthour check.",
    Help.SECOND_CHANNEL: "No setting helps here, as long as there is one channel only. A phone or a bell would be a "
    "second one: docs/phone.md, docs/sound.md.",
    Help.FEED: "No setting helps here: the calendar has to be read. What is wrong with it, and how to mend it, says "
    "kepthour check.",
    Help.ONE_CALENDAR: "No setting helps here: keep the session in one calendar, and delete the other entry.",
    Help.POLLED: "No setting helps here: the calendar is read every few minutes. What is entered on the day itself "
    "stands in kepthour agenda.",
    Help.LEAVE: "No setting helps here: nothing reminds during a leave. See what is noted with kepthour away, and end "
    "it with kepthour away --end when you are back.",
    Help.RUNNING: "No setting helps here: Kept Hour has to run. Let systemd see to that: kepthour service install.",
    Help.ENOUGH: "There is enough of this in your configuration already; one more would only be overlooked, too.",
    Help.OWN: "Only you know what helps here. All settings that there are: config.example.toml.",
}


def what(rule: Rule) -> str:
    """What a rule changes, as the end of a sentence or the cell of a table."""
    match rule.kind:
        case Kind.EXTRA_RUNG:
            return f"one more reminder {spoken(-parse_offset(rule.value))} before the start"
        case Kind.EARLY_IF_ODD:
            return "the early reminder for sessions that are odd"
        case Kind.INSIST:
            return "a notice that was put away comes back until it is answered"
        case Kind.JOINS:
            return f"the channel “{rule.channel}” joins {spoken(-parse_offset(rule.value))} before the start"
        case Kind.BUFFER:
            return f"{spoken(parse_duration(rule.value))} between entries, where free times are looked for"
        case Kind.POLL:
            return f"the calendar “{rule.scope.calendar}” is read every {spoken(parse_duration(rule.value))}"
        case Kind.WAKE:
            return "this computer is woken for sessions"


def whom(scope: Scope) -> str:
    """The sessions that a rule is about."""
    parts = [f"client {scope.client.reveal()}"] if scope.client else []
    parts += [f"on {_DAYS[scope.weekday]}"] if scope.weekday is not None else []
    parts += [f"at {scope.place.reveal()}"] if scope.place else []
    parts += [f"calendar {scope.calendar}"] if scope.calendar is not None else []
    return ", ".join(parts) or "all sessions"


def for_whom(special: Special) -> str:
    """The sessions that an entry of [[reminders.rules]] is for: often more, or others, than those in question."""
    parts = [f"client {special.client}"] if special.client else []
    if special.weekdays is not None:
        parts += [f"on {' and '.join(_DAYS[day] for day in sorted(special.weekdays))}"]
    parts += ["at some places"] if special.place is not None else []
    parts += [f"held {_HELD[special.modality]}"] if special.modality is not None else []
    parts += [f"calendar {special.calendar}"] if special.calendar is not None else []
    return ", ".join(parts) or "all sessions"


def counted(count: Count) -> str:
    """What became of some sessions; of too few no more than that."""
    if not count.is_enough:
        return f"{count.sessions}, too few to tell"
    return f"{count.sessions}: {count.late} late, {count.near_misses} near misses, {count.missed} missed"
