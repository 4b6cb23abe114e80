"""A calendar in memory. Satisfies `kepthour_connectors.base.Connector`; `broken` makes its polls fail."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from kepthour_connectors.base import Batch, ConnectorError, Kind, Known, Resource, Surroundings


class Options(BaseModel):
    model_config = ConfigDict(extra="forbid")

    evidence: str | None = None  # the kind that its account gives


class MemoryCalendar:
    """Keeps a version per resource; its cursor is the number of changes so far."""

    def __init__(self) -> None:
        self._there: dict[str, tuple[int, str]] = {}
        self._log: list[str] = []
        self.broken: ConnectorError | None = None

    def put(self, href: str, payload: str) -> None:
        """Add or replace a resource."""
        self._log.append(href)
        self._there[href] = (len(self._log), payload)

    def delete(self, href: str) -> None:
        """Take a resource away."""
        self._log.append(href)
        del self._there[href]

    def text(self, href: str) -> str:
        """What the resource holds."""
        return self._there[href][1]

    @property
    def cursor(self) -> str:
        """What its next poll tells."""
        return str(len(self._log))

    def poll(self, known: Known) -> Batch:
        if self.broken is not None:
            raise self.broken
        cursor = self.cursor
        if known.cursor is None or known.full:
            before = known.at_once().etags
            changed = [href for href in self._there if before.get(href) != self._etag(href)]
            return Batch(Kind.FULL, self._read(changed), frozenset(), frozenset(self._there), cursor, 1)
        touched = dict.fromkeys(self._log[int(known.cursor) :])
        changed = [href for href in touched if href in self._there]
        deleted = frozenset(href for href in touched if href not in self._there)
        return Batch(Kind.DELTA, self._read(changed), deleted, None, cursor, 1)

    def close(self) -> None:
        return

    def _etag(self, href: str) -> str:
        return str(self._there[href][0])

    def _read(self, hrefs: list[str]) -> tuple[Resource, ...]:
        return tuple(Resource(href, self._etag(href), self._there[href][1]) for href in hrefs)


class MemoryKind:
    """What an entry point would name: every calendar of this kind is made once, by its name."""

    Options = Options

    def __init__(self) -> None:
        self.made: dict[str, MemoryCalendar] = {}

    def connect(self, options: Options, surroundings: Surroundings) -> MemoryCalendar:
        assert isinstance(surroundings.data, Path)
        return self.calendar(surroundings.name)

    def calendar(self, name: str) -> MemoryCalendar:
        """The calendar called `name`, made by whoever asks first."""
        return self.made.setdefault(name, MemoryCalendar())
