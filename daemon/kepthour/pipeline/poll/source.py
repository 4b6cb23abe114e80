"""A calendar to poll, and what a poll of it brought."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event
from zoneinfo import ZoneInfo

from kepthour.core.edits import Edit
from kepthour.core.reach import HELD_AHEAD, HELD_BEHIND
from kepthour.core.reading.digest import made_with
from kepthour.store.holdings import Window
from kepthour_connectors.base import Batch, Connector, ConnectorError, Kind, Known, Transient


@dataclass(frozen=True, slots=True)
class Source:
    """One calendar to poll, and how its events are read."""

    name: str
    fingerprint: str
    connector: Connector
    zone: ZoneInfo
    join_hosts: tuple[str, ...]
    addresses: Collection[str] = field(repr=False)
    marks: bool = False  # whether it is to be told what is edited
    # Set: another configuration counts, or none; what still comes is not stored.
    given_up: Event = field(default_factory=Event)


@dataclass(frozen=True, slots=True)
class Polled:
    """What a poll brought. `problem` is a code, with a sentence and a remedy, or None."""

    name: str
    kind: Kind
    changed: int
    deleted: int
    quarantined: int
    requests: int
    warnings: tuple[str, ...] = ()
    problem: str | None = None
    what: str | None = None
    remedy: str | None = None
    refresh_after: timedelta | None = None  # how often the source wants to be asked; None: it did not say
    audit: bool = False  # all was asked for, to see whether what is known is right
    mended: bool = False  # an audit put right what had come of it
    first: bool = False  # it was never asked before
    overtaken: bool = False  # another poll stored something meanwhile; or another configuration counts
    edited: tuple[Edit, ...] = ()  # entries near now in which something else is written
    error: ConnectorError | None = field(default=None, repr=False)  # what the connector raised, if it did

    @property
    def news(self) -> bool:
        """Whether the stored occurrences may have changed, or it is known now that they have not."""
        return bool(self.changed or self.deleted or self.mended or self.first or self.overtaken)


class Unmade:
    """Stands for a connector that cannot be made: a library of its kind is broken, say. Whoever polls tries again."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def poll(self, known: Known) -> Batch:
        """As `Connector.poll`."""
        what = f"What asks it cannot be loaded ({type(self._error).__name__})."
        raise Transient(what, "Install Kept Hour again, with the extras that it had.") from self._error

    def close(self) -> None:
        """There is nothing to close."""


def new_window(source: Source, now: datetime) -> Window:
    """Over which its calendar is expanded from now on."""
    return Window(now - HELD_BEHIND, now + HELD_AHEAD, made_with(source.zone))
