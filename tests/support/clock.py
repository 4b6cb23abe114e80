"""A clock that stands still until a test moves it."""

from __future__ import annotations

from datetime import UTC, datetime


class FakeClock:
    """Satisfies `ports.Clock`."""

    def __init__(self, at: datetime) -> None:
        self.at = at.astimezone(UTC)

    def now(self) -> datetime:
        """Where the test put it."""
        return self.at
