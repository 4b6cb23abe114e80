"""A day of a therapist whose calendar is at the fake Google: the real connector, a real store, a clock by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from kepthour.core.reading.occurrences import Occurrence
from kepthour.pipeline.poll import Polled
from kepthour.store import calendars, instances
from kepthour_connectors.google import CALENDAR_SCOPES
from tests.fakes.google import Account, Calendar, GoogleFake
from tests.support.day import Day

CONFIG = """
timezone = "Europe/Berlin"
[[calendars]]
name = "practice"
type = "google"
endpoint = "{endpoint}"
token = "{token}"
sessions = "all"
{more}
[channels.screen]
type = "recorder"
[digests]
enabled = {digests}
"""


class GoogleDay:
    """Anna's day; `calendar` is her own at Google, `day` her machine."""

    def __init__(
        self, google: GoogleFake, anna: Account, folder: Path, at: str, more: str, digests: bool
    ) -> None:
        self.google = google
        self.anna = anna
        self.token = folder / "token.json"
        self.sign_in()
        config = CONFIG.format(
            endpoint=google.endpoint, token=self.token, more=more, digests=str(digests).lower()
        )
        self.day = Day(folder, at, config)

    @property
    def calendar(self) -> Calendar:
        return self.anna.calendar

    def sign_in(self, scopes: Sequence[str] = CALENDAR_SCOPES) -> None:
        """As `kepthour auth google` does it."""
        self.token.touch(0o600)
        self.token.write_text(json.dumps(self.google.authorized_user(self.anna, scopes)), "utf-8")

    def poll(self) -> Polled:
        return self.day.app.ask("practice")

    def settle(self) -> Polled:
        """Poll until an answer is believed: the loss of much needs a second one that agrees."""
        for _time in range(3):
            polled = self.poll()
            if polled.problem != "vanished":
                return polled
        raise AssertionError("an unchanging calendar is still not believed")

    def stored(self, start: datetime, end: datetime) -> list[Occurrence]:
        with self.day.app.store.read() as tx:
            row = calendars.get(tx, "practice")
            assert row is not None
            return instances.between(tx, row, start, end)

    def starts(self) -> list[str]:
        """What takes place in the next hundred days, as local times in Berlin, cancelled and declined left out."""
        now = self.day.clock.at
        found = self.stored(now, now + timedelta(days=100))
        zone = self.day.app.config.zone
        return [
            f"{one.start.astimezone(zone):%m-%d %H:%M}"
            for one in found
            if not one.cancelled and not one.declined
        ]

    def requests(self) -> int:
        """How many requests of events there were."""
        return len(self.google.asked("/events"))


@contextmanager
def google_day(
    folder: Path, at: str = "2026-03-01 12:00", more: str = "", digests: bool = False
) -> Iterator[GoogleDay]:
    """Signed in, nothing polled yet."""
    days: list[GoogleDay] = []
    begins = datetime.fromisoformat(f"{at}:00+01:00")
    with GoogleFake(lambda: days[0].day.clock.at if days else begins) as google:
        days.append(GoogleDay(google, google.add_account("anna@example.org"), folder, at, more, digests))
        yield days[0]
        days[0].day.app.close()
