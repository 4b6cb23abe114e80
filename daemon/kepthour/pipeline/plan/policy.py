"""What plans depend on: the part of the configuration, and how far they reach."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event
from zoneinfo import ZoneInfo

from kepthour.core.day import DigestTimes
from kepthour.core.ladder import Ladder
from kepthour.core.sessions import Rule, Take
from kepthour.core.sweep import SweepTimes


@dataclass(frozen=True, slots=True)
class Policy:
    """The part of the configuration that plans depend on."""

    calendars: tuple[tuple[str, Take], ...]
    rules: tuple[Rule, ...]
    ladder: Ladder
    digests: DigestTimes
    sweeps: SweepTimes
    early_if_odd: bool
    digest_channels: tuple[str, ...]  # digests, questions and cues go there
    end_cues: tuple[timedelta, ...]  # so long before the end of a session
    zone: ZoneInfo
    far_channels: tuple[str, ...] = ()  # what nobody answers goes there, too
    # Set: another configuration counts, or none; nothing is planned by this one any more.
    given_up: Event = field(default_factory=Event)

    def has(self, calendar: str) -> bool:
        """Whether a calendar of this name is configured."""
        return any(name == calendar for name, _take in self.calendars)
