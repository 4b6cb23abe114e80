"""Column types: instants as microseconds since 1970 UTC, protected texts as Phi."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Dialect, Text, TypeDecorator

from kepthour.core.privacy import Phi

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Instant(TypeDecorator[datetime]):
    """An aware datetime; comes back in UTC. A naive one is refused."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Microseconds since the epoch."""
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """The instant, aware, UTC."""
        return None if value is None else _EPOCH + timedelta(microseconds=value)


class Span(TypeDecorator[timedelta]):
    """A timedelta, as microseconds."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: timedelta | None, dialect: Dialect) -> int | None:
        """Microseconds."""
        return None if value is None else value // _MICROSECOND

    def process_result_value(self, value: Any | None, dialect: Dialect) -> timedelta | None:
        """The span."""
        return None if value is None else timedelta(microseconds=value)


class PhiText(TypeDecorator[Phi]):
    """A protected text; comes back wrapped, so that it cannot be logged by accident."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Phi | None, dialect: Dialect) -> str | None:
        """The text itself."""
        return None if value is None else value.reveal()

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Phi | None:
        """The text, wrapped."""
        return None if value is None else Phi(value)
