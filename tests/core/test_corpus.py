"""Resources as calendars send them, each with what has to come of it, against the way from resource to occurrences.

A case is one file of `corpus/`: a whole iCalendar resource whose own X- lines say why it is there and what is right.

    X-WHY         what the case shows, with the report that taught it
    X-EXPECT      an occurrence: start (UTC), length or "open", "all-day", "cancelled", "was" and the original start
    X-SET-ASIDE   the code with which the resource is set aside instead
    X-DOUBT       the code of what had to be guessed
    X-THERAPIST   the therapist's zone, if it is not Europe/Berlin
    X-WINDOW      the days from/to, if they are not those of 2026
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from icalendar import vDuration

from kepthour.core.reading.occurrences import Expansion, Occurrence, expand
from kepthour.core.reading.resources import Unreadable, read, slim

CORPUS = Path(__file__).parent / "corpus"
PATHS = sorted(CORPUS.rglob("*.ics"))


@dataclass(frozen=True)
class Case:
    text: str

    def all(self, name: str) -> list[str]:
        return [line.partition(":")[2] for line in self.text.splitlines() if line.startswith(f"X-{name}:")]

    def one(self, name: str, default: str) -> str:
        return next(iter(self.all(name)), default)

    @property
    def payload(self) -> str:
        return self.text.replace("\n", "\r\n")

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.one("THERAPIST", "Europe/Berlin"))

    @property
    def window(self) -> tuple[datetime, datetime]:
        start, end = (
            datetime.combine(date.fromisoformat(day), time(), UTC)
            for day in self.one("WINDOW", "2026-01-01/2027-01-01").split("/")
        )
        return start, end


def told(occurrence: Occurrence, expected: str) -> str:
    """`occurrence` in the words of X-EXPECT, with as much of it as `expected` says."""
    words = [f"{occurrence.start:%Y-%m-%dT%H:%MZ}"]
    length = occurrence.end - occurrence.start if occurrence.end else None
    if wanted := next((word for word in expected.split() if word.startswith("PT")), None):
        read_length: timedelta = vDuration.from_ical(wanted)  # type: ignore[no-untyped-call]
        words.append(wanted if length == read_length else str(length))
    words += ["open"] * (occurrence.end is None)
    words += ["all-day"] * occurrence.all_day + ["cancelled"] * occurrence.cancelled
    if "was" in expected.split():
        words += ["was", f"{occurrence.recurrence_id:%Y-%m-%dT%H:%MZ}" if occurrence.recurrence_id else "-"]
    return " ".join(words)


def expansion(case: Case, payload: str) -> Expansion:
    return expand(read(payload), case.zone, *case.window)


def cases(*, aside: bool) -> pytest.MarkDecorator:
    found = {path: Case(path.read_text("utf-8")) for path in PATHS}
    return pytest.mark.parametrize(
        "case",
        [
            pytest.param(case, id=str(path.relative_to(CORPUS).with_suffix("")))
            for path, case in found.items()
            if bool(case.all("SET-ASIDE")) is aside
        ],
    )


@cases(aside=False)
def test_a_resource_comes_to_what_it_says(case: Case) -> None:
    found, expected = expansion(case, case.payload), case.all("EXPECT")
    padded = [*expected, *[""] * len(found.occurrences)]
    assert [told(*pair) for pair in zip(found.occurrences, padded, strict=False)] == expected
    assert list(found.doubts) == case.all("DOUBT")


@cases(aside=False)
def test_what_is_stored_of_it_comes_to_the_same(case: Case) -> None:
    assert expansion(case, slim(read(case.payload))) == expansion(case, case.payload)


@cases(aside=True)
def test_a_resource_that_cannot_be_trusted_is_set_aside(case: Case) -> None:
    with pytest.raises(Unreadable) as caught:
        expansion(case, case.payload)
    assert [caught.value.code] == case.all("SET-ASIDE")


def test_the_corpus_covers_every_theme() -> None:
    assert len(PATHS) >= 60
    assert all(Case(path.read_text("utf-8")).all("WHY") for path in PATHS)
    assert {path.parent.name for path in PATHS} == {
        "clock-changes", "exceptions", "further-dates", "lengths", "limits-of-series", "overrides", "rules",
        "set-aside", "zones",
    }  # fmt: skip
