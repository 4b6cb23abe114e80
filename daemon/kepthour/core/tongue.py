"""A language of notices: its words, and how it writes times. Where its catalogue comes from is not known here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from gettext import NullTranslations
from zoneinfo import ZoneInfo

from kepthour.core.spans import parts

_WEEK = timedelta(days=7)  # within it a weekday names one day


@dataclass(frozen=True, slots=True)
class Tongue:
    """One language. Facts are filled in by name: `tongue.gettext("Session at {clock}", clock=…)`.

    The three first methods are called as gettext's are, so that tools find the messages. A message is written in
    English, as one literal.
    """

    language: str  # "de": the name of its catalogue
    catalogue: NullTranslations = field(default_factory=NullTranslations, compare=False, repr=False)

    def gettext(self, message: str, **facts: object) -> str:
        """`message` in this language."""
        return _filled(self.catalogue.gettext(message), message, facts)

    def ngettext(self, one: str, many: str, count: int, **facts: object) -> str:
        """The one of the two that is right for `count`, which may be filled in."""
        said = self.catalogue.ngettext(one, many, count)
        return _filled(said, one if count == 1 else many, {"count": count, **facts})

    def pgettext(self, context: str, message: str, **facts: object) -> str:
        """`message`, where the same English words mean something else in another `context`."""
        return _filled(self.catalogue.pgettext(context, message), message, facts)

    def clock(self, instant: datetime, zone: ZoneInfo) -> str:
        """The time of day in `zone`, with seconds only where there are some."""
        moment = instant.astimezone(zone)
        if not moment.second:
            # Translators: a time of day, for Python's strftime; 24-hour clock.
            return moment.strftime(self.pgettext("time of day", "%H:%M"))
        # Translators: a time of day with seconds, for Python's strftime; 24-hour clock.
        return moment.strftime(self.pgettext("time of day", "%H:%M:%S"))

    def weekday(self, instant: datetime, zone: ZoneInfo) -> str:
        """The short name of the weekday in `zone`."""
        names = (
            self.pgettext("weekday", "Mon"),
            self.pgettext("weekday", "Tue"),
            self.pgettext("weekday", "Wed"),
            self.pgettext("weekday", "Thu"),
            self.pgettext("weekday", "Fri"),
            self.pgettext("weekday", "Sat"),
            self.pgettext("weekday", "Sun"),
        )
        return names[instant.astimezone(zone).weekday()]

    def when(self, instant: datetime, zone: ZoneInfo, now: datetime) -> str:
        """The time of day in `zone`; on another day than `now` after the weekday, of the last six, or the date."""
        day, clock = self._other_day(instant, zone, now), self.clock(instant, zone)
        return f"{day} {clock}" if day else clock

    def whens(self, instants: Sequence[datetime], zone: ZoneInfo, now: datetime) -> str:
        """All of them, in a list; each day once."""
        days = [self._other_day(instant, zone, now) for instant in instants]
        if any(days):  # after another day's, a bare time would be that day's: today has its name, too
            days = [day or self.weekday(instant, zone) for instant, day in zip(instants, days, strict=True)]
        said = [
            f"{day} {self.clock(instant, zone)}" if day != before else self.clock(instant, zone)
            for instant, day, before in zip(instants, days, ["", *days], strict=False)
        ]
        return ", ".join(said)

    def _other_day(self, instant: datetime, zone: ZoneInfo, now: datetime) -> str:
        day, today = instant.astimezone(zone).date(), now.astimezone(zone).date()
        if day == today:
            return ""
        return self.weekday(instant, zone) if abs(day - today) < _WEEK else day.isoformat()

    def span(self, span: timedelta) -> str:
        """`span` for a sentence, exact to the second: `5 min`, `1 min 55 s`, `2 h 10 min`."""
        return " ".join(self._measured(count, unit) for count, unit in parts(span))

    def _measured(self, count: int, unit: str) -> str:
        match unit:
            case "h":
                # Translators: spans stand alone ("1 h, video") and in sentences ("starts in 1 h", "began 1 h ago").
                return self.ngettext("{count} h", "{count} h", count)
            case "min":
                return self.ngettext("{count} min", "{count} min", count)
            case _:
                return self.ngettext("{count} s", "{count} s", count)


def _filled(said: str, message: str, facts: dict[str, object]) -> str:
    try:
        return said.format(**facts)
    except (AttributeError, IndexError, KeyError, ValueError):
        return message.format(**facts)  # a slip in a catalogue may cost the language, never the reminder


ENGLISH = Tongue("en")
