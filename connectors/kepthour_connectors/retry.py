"""The one retry policy: when to ask again after a failed poll, and when to leave a whole account in peace.

Three rules, the strictest wins:

- backoff: each failure in a row doubles the calendar's pause, from its own interval up to 15 minutes, with jitter, so
  that many calendars that failed together do not come back together; from five seconds, as long as the calendar has
  never answered: a machine that was just started or woken is asking before its network is there;
- Retry-After: what the source asked for is kept to, up to an hour, by all calendars of the account;
- the circuit: after three failures in a row on one account, whichever calendars they were, none of them is asked
  until it half-opens; then one is, and its answer closes the circuit or opens it again for twice as long; for five
  seconds at first, as long as the account has never answered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Protocol, runtime_checkable
from urllib.parse import urlsplit

from kepthour_connectors.base import ConnectorError, RateLimited, Transient

LONGEST = timedelta(minutes=15)
LONGEST_RETRY_AFTER = timedelta(hours=1)
_TRIPS_AFTER = 3
_FIRST_REST = timedelta(minutes=1)
# instead, of what has never answered: no longer than a network takes to come
_AT_FIRST = timedelta(seconds=5)
_PROBE = timedelta(minutes=1)  # how long others wait for the one that asks at a half-open circuit


def pause(retry_after: str | None, date: str | None) -> float | None:
    """Retry-After (RFC 9110, 10.2.3) in seconds; None: it was not said, or makes no sense.

    Said as a date it counts from the answer's own Date, so that no clock here matters.
    """
    if retry_after is None:
        return None
    try:
        return max(0.0, float(int(retry_after)))
    except (ValueError, OverflowError):
        pass
    try:
        return max(
            0.0, (parsedate_to_datetime(retry_after) - parsedate_to_datetime(str(date))).total_seconds()
        )
    except (ValueError, TypeError):
        return None


@dataclass(frozen=True, slots=True)
class Account:
    """Who is asked, and as whom: what a server counts requests by."""

    scheme: str
    host: str
    port: int | None
    user: str | None

    @classmethod
    def of(cls, url: str, user: str | None = None) -> Account:
        """The account behind an address that `base.checked_url` has accepted."""
        parts = urlsplit(url)
        return cls(parts.scheme, (parts.hostname or "").lower(), parts.port, user)


@runtime_checkable
class HasAccount(Protocol):
    """A connector that asks a server: its calendars share a circuit with all of the same account."""

    @property
    def account(self) -> Account | None:
        """Whose requests they are; None as long as that is not known."""
        ...


@dataclass(slots=True)
class _Circuit:
    failures: int = 0  # in a row, of any calendar
    rests: int = 0  # how often it opened since it was last closed
    open_until: datetime | None = None
    is_asking: bool = False  # whether it half-opened, and one was let through


class Policy:
    """What is known of failures since a start or a sleep. `jitter` gives numbers in [0, 1). Instants are aware.

    Not thread-safe.
    """

    def __init__(self, jitter: Callable[[], float]) -> None:
        self._jitter = jitter
        self._failures: dict[str, int] = {}  # in a row, by calendar
        self._circuits: dict[Account, _Circuit] = {}
        self._answered: set[str | Account] = set()  # calendars and accounts

    def succeeded(self, calendar: str, account: Account | None) -> None:
        """A poll was answered."""
        self._failures.pop(calendar, None)
        self._answered.add(calendar)
        if account is not None:
            self._circuits.pop(account, None)
            self._answered.add(account)

    def failed(
        self,
        calendar: str,
        account: Account | None,
        error: ConnectorError,
        interval: timedelta,
        now: datetime,
    ) -> datetime:
        """A poll failed; returns when to ask this calendar again. `interval` is its usual one."""
        failures = self._failures[calendar] = self._failures.get(calendar, 0) + 1
        unreached = isinstance(error, Transient) and calendar not in self._answered
        first = min(interval, _AT_FIRST) if unreached else interval
        pause = min(first * (1 << min(failures - 1, 16)), max(LONGEST, interval))
        again = now + pause * (0.5 + self._jitter() / 2)
        if account is not None and isinstance(error, Transient | RateLimited):
            self._count(account, error, now)
        return max(again, self.opens_at(account, now))

    def take_turn(self, account: Account | None, now: datetime) -> datetime:
        """`now` if this account may be asked, else from when on. At a half-open circuit one may, and others wait."""
        at = self.opens_at(account, now)
        circuit = self._circuits.get(account) if account is not None else None
        if at <= now and circuit is not None and circuit.open_until is not None:
            circuit.open_until, circuit.is_asking = now + _PROBE, True
        return at

    def opens_at(self, account: Account | None, now: datetime) -> datetime:
        """From when on this account may be asked: `now`, unless its circuit is open."""
        circuit = self._circuits.get(account) if account is not None else None
        if circuit is None or circuit.open_until is None:
            return now
        return max(now, circuit.open_until)

    def _count(self, account: Account, error: ConnectorError, now: datetime) -> None:
        circuit = self._circuits.setdefault(account, _Circuit())
        circuit.failures += 1
        rest = timedelta()
        # What was asked beside those that opened it tells nothing more: many calendars would shut it for long at once.
        is_news = circuit.is_asking or circuit.open_until is None or circuit.open_until <= now
        if circuit.failures >= _TRIPS_AFTER and is_news:
            circuit.is_asking = False
            unreached = isinstance(error, Transient) and account not in self._answered
            rest = min((_AT_FIRST if unreached else _FIRST_REST) * (1 << min(circuit.rests, 16)), LONGEST)
            circuit.rests += 1
        if isinstance(error, RateLimited) and error.retry_after is not None:
            # it may be larger than a timedelta
            asked = min(error.retry_after, LONGEST_RETRY_AFTER.total_seconds())
            rest = max(rest, timedelta(seconds=asked))
        if rest:
            circuit.open_until = now + rest if is_news else max(circuit.open_until or now, now + rest)
