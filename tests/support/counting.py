"""How much a store is asked for: statements, and the steps that SQLite takes for them, whatever machine it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, event


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that any store of this process gets in the block."""
    seen: list[str] = []

    def keep(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        seen.append(statement.split(None, 1)[0])

    event.listen(Engine, "before_cursor_execute", keep)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", keep)


@dataclass(slots=True)
class Steps:
    """Tens of the instructions of SQLite's virtual machine."""

    tens: int = 0

    def count(self) -> int:
        self.tens += 1
        return 0  # go on


@contextmanager
def stepped() -> Iterator[Steps]:
    """The work that SQLite has in the block, for any store of this process."""
    steps = Steps()

    def watch(connection: Connection) -> None:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.set_progress_handler(steps.count, 10)

    event.listen(Engine, "begin", watch)
    try:
        yield steps
    finally:
        event.remove(Engine, "begin", watch)
