"""Reads a calendar once, as the daemon does, and keeps nothing: whether a configuration would do, before it is one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from kepthour.config import Configuration
from kepthour.core.reading.digest import Held, Reader, expanded, reduced
from kepthour.core.reading.occurrences import Occurrence
from kepthour.plugins import Plugins
from kepthour.threads import Question
from kepthour_connectors.base import Known, Surroundings, Transient

_SECONDS = 240.0  # somebody waits for it


@dataclass(frozen=True, slots=True)
class Trial:
    """What a calendar holds, held in memory only."""

    held: tuple[Held, ...] = field(repr=False)
    unreadable: int  # resources
    config: Configuration = field(repr=False)

    def between(self, start: datetime, end: datetime) -> list[Occurrence]:
        """The occurrences that overlap [start, end), aware UTC, by start."""
        found = expanded(self.held, self.config.zone, start, end)
        return sorted((one for each in found for one in each.occurrences), key=lambda one: one.start)

    def begun(self, start: datetime, end: datetime) -> list[Occurrence]:
        """Those that begin in [start, end), so that what is weekly comes as often as there are weeks in it."""
        return [one for one in self.between(start, end) if start <= one.start]


def read_once(config: Configuration, surroundings: Surroundings, plugins: Plugins) -> Trial:
    """The calendar of `config`, which has this one. Blocks; raises ConnectorError."""
    (calendar,) = config.calendars
    connector = plugins.connector(calendar.type).connect(calendar.options, surroundings)
    reading = Question(lambda: connector.poll(Known()), _SECONDS, "trial")
    try:
        batch = reading()
    except TimeoutError:
        raise Transient(
            f"It did not come whole within {_SECONDS:.0f} s.",
            "The daemon waits longer, as long as answers come.",
        ) from None
    finally:
        connector.close()
    reader = Reader(config.join_hosts, calendar.addresses)
    held = [reduced(reader, one.href, one.etag, one.payload, one.series) for one in batch.changed]
    aside = [one for one in held if one.quarantine]
    return Trial(tuple(held), len(aside) + len(batch.bad), config)
