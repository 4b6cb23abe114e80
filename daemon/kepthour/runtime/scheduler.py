"""The timer: a handful of jobs, and no truth. The only file that knows APScheduler.

Its jobs live in memory; what is due, and what was done, stands in the store. Should a job ever be lost,
the next pump finds what is late.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.date import DateTrigger

from kepthour.core.errors import place
from kepthour.logger import log

_ANY = 1_000_000

Work = Callable[[], Awaitable[None]]


def _report(event: JobExecutionEvent) -> None:
    """What APScheduler itself would log holds the error's text, which may hold a client's words."""
    if isinstance(event.exception, asyncio.CancelledError):
        return  # no error: it was stopped
    log.error("job.failed", job=event.job_id, problem=event.exception, place=place(event.exception))


class _Every(BaseTrigger):  # type: ignore[misc]
    """`span` after each run, however late that was.

    APScheduler's own trigger counts out every run that a leap of the clock skipped: for a leap of years (no battery
    behind the clock) that takes a minute and a gigabyte, in which nobody is reminded.
    """

    def __init__(self, span: timedelta) -> None:
        self._span = span

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> Any:
        return now + self._span


class Scheduler:
    """Runs named work at intervals or once at an instant, each at most once at a time."""

    def __init__(self) -> None:
        # misfire_grace_time None: the default deletes a job that is a second late without a word.
        defaults = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        self._timer = AsyncIOScheduler(
            timezone=UTC, jobstores={"default": MemoryJobStore()}, job_defaults=defaults
        )
        self._timer.add_listener(_report, EVENT_JOB_ERROR)

    def start(self) -> None:
        """Begin, on the running event loop."""
        self._timer.start()

    def every(self, name: str, span: timedelta, work: Work, first: datetime) -> None:
        """Run `work` at `first` (aware) and then `span` after each run; replaces work of the same name."""
        self._timer.add_job(
            work,
            _Every(span),
            id=name,
            next_run_time=first,
            replace_existing=True,
        )

    def once(self, name: str, at: datetime, work: Work) -> None:
        """Run `work` at `at` (aware), or at once if that has passed; replaces work of the same name."""
        # APScheduler counts work as running until after its last line, and drops what comes due before that: work
        # that sets its own next turn for "now" would never run again. Callers guard against running twice at once.
        self._timer.add_job(work, DateTrigger(at), id=name, replace_existing=True, max_instances=_ANY)

    def revive(self) -> None:
        """Look for due work now, and set the timer anew: an exception may have cost it."""
        if self._timer.running:
            self._timer.wakeup()

    def forget(self, name: str) -> None:
        """Take work of this name off the timer, if it is there."""
        if self._timer.get_job(name) is not None:
            self._timer.remove_job(name)

    def stop(self) -> None:
        """Start nothing more, and cancel what runs just now: nobody waits for it any more."""
        if self._timer.running:
            self._timer.shutdown(wait=False)
