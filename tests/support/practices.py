"""Four weeks of practices as people keep their calendars, in German and English; made up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from kepthour.core.privacy import NOTHING, Phi
from kepthour.core.reading.occurrences import Occurrence

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 3, 2, tzinfo=BERLIN)  # no change of the clocks within four weeks but the last Sunday


@dataclass(frozen=True, slots=True)
class Weekly:
    """One title at one hour of the week, for so many minutes, in these weeks; `more`: fields of the occurrence."""

    title: str
    day: int = 0
    hour: float = 10
    minutes: int = 50
    weeks: Sequence[int] = (0, 1, 2, 3)
    more: tuple[tuple[str, Any], ...] = ()

    def occurrences(self) -> Iterable[Occurrence]:
        for week in self.weeks:
            local = MONDAY + timedelta(days=7 * week + self.day, hours=self.hour)
            start = local.astimezone(UTC)
            single = Occurrence(
                uid=f"{self.title} {self.day} {self.hour}", recurrence_id=start, start=start,
                end=start + timedelta(minutes=self.minutes), all_day=False, title=Phi(self.title), place=NOTHING,
                join_url=NOTHING, categories=(), colour=None, attendees=0, cancelled=False, declined=False, free=False,
                kind=None,
            )  # fmt: skip
            yield replace(single, **dict(self.more))


@dataclass(frozen=True, slots=True)
class Practice:
    """What stands in a calendar: clients, what is plainly nobody's session, and what no rule ever takes."""

    clients: tuple[Weekly, ...]
    others: tuple[Weekly, ...] = ()
    never: tuple[Weekly, ...] = ()
    aliases: tuple[str, ...] = ()  # that are to be found; none: nothing is said of them

    @property
    def occurrences(self) -> list[Occurrence]:
        return [one for each in (*self.clients, *self.others, *self.never) for one in each.occurrences()]


def spread(titles: Sequence[str], **more: Any) -> tuple[Weekly, ...]:
    """Each at an hour of its own, from Monday at eight on, five a day."""
    return tuple(
        Weekly(title, day=at // 5 % 5, hour=8 + 1.5 * (at % 5), **more) for at, title in enumerate(titles)
    )


_ALL_DAY = (("all_day", True),)
_ONCE = (1,)

PRACTICES = {
    "initials, German": Practice(
        clients=(
            *spread(["AB", "CD", "EF", "GH", "MÜ", "KL"]),
            Weekly("NO Erstgespräch", 4, 15, weeks=_ONCE),
            Weekly("PQ Paar", 4, 16, 90, weeks=(0, 2)),
        ),
        others=(
            *(Weekly("Mittagspause", day, 12.5, 30) for day in range(5)),
            Weekly("Supervision", 2, 17, 90, weeks=(0, 2)),
            Weekly("Intervision extern", 3, 18, 120, weeks=_ONCE),
            Weekly("Zahnarzt", 1, 16, 60, weeks=_ONCE),
            Weekly("Fortbildung", 4, 9, 480, weeks=(2,)),
        ),
        never=(
            Weekly("Urlaub", 0, 0, 1440, weeks=(3,), more=_ALL_DAY),
            Weekly("Geburtstag Oma", 3, 0, 1440, weeks=_ONCE, more=_ALL_DAY),
            Weekly("XY", 4, 10, weeks=_ONCE, more=(("cancelled", True),)),
            Weekly("Laufen", 4, 7, weeks=_ONCE, more=(("free", True),)),
        ),
        aliases=("AB", "CD", "EF", "GH", "MÜ", "KL", "NO", "PQ"),
    ),
    "dotted initials behind a word": Practice(
        clients=spread(["Therapie A.B.", "Therapie C. D.", "Therapie E.F.", "Erstgespräch G.H."]),
        others=(Weekly("Büro", 4, 14, 120), Weekly("Teamsitzung", 2, 13, 60)),
        aliases=("A.B.", "C. D.", "E.F."),
    ),
    "first names, English": Practice(
        clients=spread(["Session with Anna", "Session with Ben M.", "Session with Chloe", "Intake call"]),
        others=(
            *(Weekly("Lunch", day, 12, 60) for day in range(5)),
            Weekly("Lunch & admin", 4, 13, 60),
            Weekly("Peer supervision", 1, 17, 90, weeks=(0, 2)),
            Weekly("Team meeting", 0, 9, 60),
        ),
        aliases=("Anna", "Ben M.", "Chloe"),
    ),
    "surnames alone": Practice(
        clients=spread(["Müller", "Schäfer-Koch", "Weber", "Frei", "Erstgespräch", "Mittag"]),
        others=(Weekly("Abrechnung", 4, 15, 90),),
        aliases=("Müller", "Schäfer-Koch", "Weber"),
    ),
    "kinds of therapy before the initials": Practice(
        clients=spread(["KZT AB", "KZT CD", "LZT EF", "LZT GH", "VT IJ", "VT KL"]),
        aliases=("AB", "CD", "EF", "GH", "IJ", "KL"),
    ),
    "a feed of a practice system": Practice(
        clients=spread(["J.A. Appointment", "M.B. Appointment", "T.C. Appointment"]),
        aliases=("J.A.", "M.B.", "T.C."),
    ),
    "names before a word": Practice(
        clients=spread(["Anna Müller – Therapie", "Ben K. – Therapie", "Cem Yıldız – Probatorik"]),
        others=(Weekly("Pause", 0, 12, 20),),
    ),
    "titles that tell nothing": Practice(clients=spread(["busy", "busy", "", "belegt"])),
    "psychoanalysis: four hours a week": Practice(
        clients=tuple(
            Weekly(name, day, hour) for hour, name in ((8, "AB"), (9, "CD"), (10, "Sport")) for day in range(4)
        ),
        others=(Weekly("Mittag", 1, 12, 60),),
        aliases=("AB", "CD"),
    ),
    "odd lengths": Practice(
        clients=(
            *spread(["AB", "CD", "EF"]),
            Weekly("GH Anruf", 4, 8, 10),
            Weekly("Gruppe Dienstag", 1, 18, 150),
            Weekly("IJ Intensivtag", 2, 9, 420, weeks=_ONCE),
        ),
        others=(Weekly("Lunch", 0, 12, 45),),
        aliases=("AB", "CD", "EF", "GH", "IJ"),
    ),
    "the therapist supervises others": Practice(
        clients=spread(["Supervision AB", "Supervision Frau Weber", "Coaching CD", "EF"]),
    ),
    "only what is no session": Practice(clients=spread(["Lunch", "Team meeting"])),
    "nothing": Practice(clients=()),
}  # fmt: skip
