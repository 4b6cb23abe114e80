"""What is known of a calendar's resources before it is asked: read one by one, as an answer names them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Executable, Row, bindparam, func, select

from kepthour.core.errors import KeptHourError
from kepthour.store.calendars import CalendarRow
from kepthour.store.engine import Store, Tx
from kepthour.store.tables import OWED, calendars, resources

# Built once: see sessions.py.
_MINE = resources.c.calendar_id == bindparam("calendar")
_ALL = select(resources.c.href, resources.c.etag).where(_MINE)
_ONE = select(resources.c.etag).where(_MINE, resources.c.href == bindparam("name"))
_COUNT = select(func.count()).select_from(resources).where(_MINE)
_OWED = select(resources.c.href).where(_MINE, OWED)
_HEARD = select(calendars.c.last_good_at, calendars.c.last_full_at).where(
    calendars.c.id == bindparam("calendar"), calendars.c.name == bindparam("called")
)

_FEW = 20  # looked up one by one; who asks for more gets all at once


class Overtaken(KeptHourError):
    """Something else was stored of the calendar, or another configuration counts. Catch it to store nothing."""


class Etags(Mapping[str, str]):
    """href -> etag of everything stored, quarantined resources too (they need not be fetched again).

    The etag of a resource that was withheld is empty. Each look is a transaction of its own, and raises Overtaken if
    somebody stored in between: what one state names as changed, another has already.

    It is a connector that looks, and takes any error for its source's: what was raised is in `fault`, too.
    """

    def __init__(self, store: Store, calendar: CalendarRow) -> None:
        self._store = store
        self._calendar = calendar
        self._seen: dict[str, str | None] = {}
        self._all: dict[str, str] | None = None
        self.fault: KeptHourError | None = None

    def __getitem__(self, href: str) -> str:
        etag = self._looked_up(href)
        if etag is None:
            raise KeyError(href)
        return etag

    def __iter__(self) -> Iterator[str]:
        return iter(self._whole())

    def __len__(self) -> int:
        if self._all is not None:
            return len(self._all)
        ((count,),) = self._read(_COUNT)
        return int(count)

    def _looked_up(self, href: str) -> str | None:
        if self._all is None and href not in self._seen and len(self._seen) < _FEW:
            rows = self._read(_ONE, name=href)
            self._seen[href] = rows[0].etag if rows else None
        return self._seen[href] if href in self._seen else self._whole().get(href)

    def _whole(self) -> dict[str, str]:
        if self._all is None:
            self._all = {row.href: row.etag for row in self._read(_ALL)}
        return self._all

    def _read(self, statement: Executable, **values: Any) -> Sequence[Row[Any]]:
        try:
            with self._store.read() as tx:
                of = {"calendar": self._calendar.id}
                heard = tx.connection.execute(_HEARD, {**of, "called": self._calendar.name}).first()
                if heard is None or tuple(heard) != (
                    self._calendar.last_good_at,
                    self._calendar.last_full_at,
                ):
                    raise Overtaken
                return tx.connection.execute(statement, {**of, **values}).all()
        except KeptHourError as fault:
            self.fault = fault
            raise


def owed(tx: Tx, calendar: CalendarRow) -> frozenset[str]:
    """The hrefs of what was withheld: its source has it, and did not give it out when it was asked."""
    return frozenset(tx.connection.execute(_OWED, {"calendar": calendar.id}).scalars())
