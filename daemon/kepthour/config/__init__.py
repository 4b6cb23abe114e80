"""The configuration, as the rest of the program works with it. `reading.load` makes one from a file."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from kepthour.core.day import DigestTimes
from kepthour.core.errors import NeedsPerson
from kepthour.core.ladder import Ladder
from kepthour.core.notice import Showing
from kepthour.core.patterns import Pattern
from kepthour.core.privacy import Phi
from kepthour.core.sessions import Rule, Take
from kepthour.core.slots import Practice
from kepthour.core.sweep import SweepTimes
from kepthour.core.words.text import Show
from kepthour.languages import tongue
from kepthour_connectors.secrets import Secret


@dataclass(frozen=True, slots=True)
class Calendar:
    """One `[[calendars]]` entry."""

    name: str
    type: str
    options: BaseModel
    poll: timedelta
    stale_after: timedelta
    take: Take
    addresses: frozenset[str]
    fingerprint: str  # changes whenever what is stored of this calendar must be read anew


@dataclass(frozen=True, slots=True)
class ChannelConfig:
    """One `[channels.NAME]` table."""

    name: str
    type: str
    options: BaseModel


@dataclass(frozen=True, slots=True)
class EvidenceConfig:
    """One `[[evidence]]` table: a source that watches this machine."""

    type: str
    options: BaseModel


@dataclass(frozen=True, slots=True)
class HeartbeatConfig:
    """The `[heartbeat]` table: a service that is to hear from the daemon, and how often."""

    url: Secret
    every: timedelta


@dataclass(frozen=True, slots=True)
class RepairConfig:
    """The `[repair]` table."""

    offer: int  # so many free times for a make-up session
    within: timedelta  # so far ahead
    high_need: frozenset[Phi] = frozenset()  # aliases: a miss of one of these weighs more


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything a run needs to know."""

    file: Path
    zone: ZoneInfo
    zone_follows_system: bool  # the configuration names none
    calendars: tuple[Calendar, ...]
    rules: tuple[Rule, ...]
    join_hosts: tuple[str, ...]
    ladder: Ladder
    channels: tuple[ChannelConfig, ...]
    digests: DigestTimes
    sweeps: SweepTimes
    end_cues: tuple[timedelta, ...]  # so long before the end of a session
    show: Show
    language: str  # of notices: one of `languages()`
    heartbeat: HeartbeatConfig | None  # None: nobody is told that the daemon is well
    store: Path | None  # None: the default place
    store_key: Secret | None  # None: it is not encrypted
    practice: Practice
    repair: RepairConfig
    wake_before: timedelta | None = None  # how long before a rung a sleeping machine is woken; None: never
    early_if_odd: bool = True  # a session of which something is odd gets the early rung
    evidence: tuple[EvidenceConfig, ...] = ()
    keep_evidence: timedelta = timedelta(days=30)  # so long after it was seen
    keep_sessions: timedelta = timedelta(days=365)  # so long after its end, with all that was said and done
    in_person: Pattern | None = None  # of a place: there silence is asked about, and never suspected
    reads_edits: bool = False  # edits of an entry are evidence: `[[evidence]]` of type "edits"
    insists: bool = False  # a notice that is put away without an answer comes back
    content: bytes = field(default=b"", repr=False)  # of the file, as it was read

    @property
    def showing(self) -> Showing:
        """How notices are worded."""
        return Showing(self.zone, self.show, tongue(self.language), self.insists)

    @property
    def templates(self) -> Path:
        """Where the therapist's own templates for drafts are, if there are any."""
        return self.file.parent / "templates"

    @property
    def near_channels(self) -> tuple[str, ...]:
        """The channels that take part from the first rung on, in calm ones too: digests and questions go there.

        If there is none: those that take the calmest.
        """
        rules = self.ladder.channels
        calmest = min((rule.urgency.rank for rule in rules), default=0)
        near = tuple(rule.name for rule in rules if rule.near)
        return near or tuple(rule.name for rule in rules if rule.urgency.rank == calmest)

    @property
    def far_channels(self) -> tuple[str, ...]:
        """The channels that join later, and take calm notices too: what nobody answers goes there."""
        near = self.near_channels
        return tuple(rule.name for rule in self.ladder.channels if rule.calm and rule.name not in near)

    def calendar(self, name: str) -> Calendar:
        """The calendar called `name`. Raises NeedsPerson."""
        for calendar in self.calendars:
            if calendar.name == name:
                return calendar
        names = ", ".join(calendar.name for calendar in self.calendars)
        raise NeedsPerson(f'There is no calendar "{name}".', f"The configuration has: {names}.")
