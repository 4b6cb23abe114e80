"""A clock that stands still until a test moves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kepthour.core.timekeeping import Reading

_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


class FakeClock:
    """Satisfies `ports.Clock`. Setting `at` lets time pass; `sleep` and `step` do what a machine's clocks do then."""

    def __init__(self, at: datetime) -> None:
        self.at = at.astimezone(UTC)
        self._slept = timedelta()
        self._stepped = timedelta()
        self._booted_at = _EPOCH

    def now(self) -> datetime:
        """Where the test put it."""
        return self.at

    def read(self) -> Reading:
        """Wall, monotonic and boot-time clock."""
        boot = self.at - self._booted_at - self._stepped
        return Reading(self.at, boot - self._slept, boot)

    def sleep(self, span: timedelta) -> None:
        """The machine is suspended for so long."""
        self.at += span
        self._slept += span

    def step(self, span: timedelta) -> None:
        """Somebody sets the wall clock by so much; no time passes."""
        self.at += span
        self._stepped += span

    def boot(self) -> None:
        """The machine is started now."""
        self._booted_at, self._slept, self._stepped = self.at, timedelta(), timedelta()
