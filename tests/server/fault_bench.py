"""One calendar on a server that can be made to fail, behind a real connector, with the whole product on top."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

import pytest

from kepthour.core.reminder import Reminder
from kepthour.core.verdict import SessionState
from kepthour.pipeline.poll import Polled
from kepthour.store import reminders
from kepthour.views.rehearse import Rehearsed, rehearse
from kepthour.views.status import CalendarStatus, calendar_statuses
from kepthour_connectors.caldav import wire
from kepthour_connectors.ics import feed
from tests.fakes.scripted_http import Answer, FakeCalDav, Request, ScriptedServer
from tests.support.calendars import calendar, event
from tests.support.certificates import make_certificate, serving
from tests.support.day import BERLIN, CONFIG, Day, when
from tests.support.radicale import PASSWORD

FEED_SECRET = "private-0815"
TITLE = "Anna B."
SECRETS = (PASSWORD, FEED_SECRET, TITLE, "Please sign in")

Program = Callable[[Request], Answer | None]
Trouble = Callable[["Bench"], AbstractContextManager[None]]


class Source(Protocol):
    """A calendar as its server keeps it."""

    certificate: Path | None

    @property
    def reading(self) -> Collection[str]:
        """The sorts of requests by which contents are read, once it is known what changed."""
        ...

    def configured(self, url: str, monkeypatch: pytest.MonkeyPatch) -> str:
        """Its keys in the configuration."""
        ...

    def put(self, uid: str, start: datetime) -> None: ...

    def delete(self, uid: str) -> None: ...

    def __call__(self, request: Request) -> Answer: ...


class CalDavSource:
    """On a CalDAV server, with hrefs that may be escaped in two ways."""

    reading = ("multiget", "GET")

    def __init__(self) -> None:
        self.certificate: Path | None = None  # what the server shows; None: it speaks plain http
        self.fake = FakeCalDav()
        self.fake.spells = quote

    def configured(self, url: str, monkeypatch: pytest.MonkeyPatch) -> str:
        trusted = f'ca_file = "{self.certificate}"' if self.certificate else ""
        return (
            f'type = "caldav"\nurl = "{url}cal/"\nauth = "basic"\nusername = "anna"\n'
            f'password = {{ env = "TEST_PASSWORD" }}\n{trusted}'
        )

    def put(self, uid: str, start: datetime) -> None:
        self.fake.put(f"{uid}@example.ics", calendar(appointment(uid, start)))

    def delete(self, uid: str) -> None:
        self.fake.delete(f"{uid}@example.ics")

    def __call__(self, request: Request) -> Answer:
        return self.fake(request)


class FeedSource:
    """A feed at a secret address. `validates`: it gives an ETag, and 304 to who has it."""

    reading = ("GET",)

    def __init__(self) -> None:
        self.events: dict[str, str] = {}
        self.version = 0
        self.certificate: Path | None = None
        self.validates = True

    def configured(self, url: str, monkeypatch: pytest.MonkeyPatch) -> str:
        monkeypatch.setenv("FEED", f"{url}{FEED_SECRET}/basic.ics")
        return 'type = "ics"\nurl = { env = "FEED" }'

    def put(self, uid: str, start: datetime) -> None:
        self.events[uid] = appointment(uid, start)
        self.version += 1

    def delete(self, uid: str) -> None:
        del self.events[uid]
        self.version += 1

    @property
    def text(self) -> str:
        return calendar(*self.events.values())

    def __call__(self, request: Request) -> Answer:
        etag = f'"v{self.version}"'
        if self.validates and request.headers.get("If-None-Match") == etag:
            return Answer(304)
        return Answer(200, self.text, {"ETag": etag} if self.validates else {})


def appointment(uid: str, start: datetime) -> str:
    stamp = "%Y%m%dT%H%M%S"
    return event(uid, TITLE, f"{start:{stamp}}", f"{start + timedelta(minutes=50):{stamp}}")


class Bench:
    """2026-03-02, half a minute before the first reminder of `kept`; all is in sync."""

    kept, gone, moved, late = "10:00", "11:00", "12:00", "16:00"
    before = (kept, gone, moved, late)
    after = (kept, "13:00", "14:00", late)  # once `change` has arrived: one moved, one added, one gone
    in_the_end = (kept, "15:00", late, "17:00")  # and once `change_again` has

    def __init__(self, source: Source, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.source, self.folder, self.monkeypatch = source, folder, monkeypatch
        self.fault: Program | None = None
        self.server = self._served()
        keys = source.configured(self.server.url, monkeypatch)
        for uid, at in (("kept", self.kept), ("gone", self.gone), ("moved", self.moved), ("late", self.late)):
            source.put(uid, on_the_day(at))
        self.day = Day(folder, "2026-03-02 08:59:30", CONFIG.replace('type = "memory"', keys))

    def _served(self, port: int = 0, certificate: Path | None = None) -> ScriptedServer:
        shown = certificate or self.source.certificate
        return ScriptedServer(self._answer, serving(shown) if shown else None, port)

    def restart(self, certificate: Path | None = None) -> None:
        """Serve on the same port again; with another certificate if there is one."""
        self.server.stop()
        self.server = self._served(self.server.port, certificate)
        self.server.__enter__()

    def _answer(self, request: Request) -> Answer:
        answer = self.fault(request) if self.fault is not None else None
        return answer or self.source(request)

    def change(self) -> None:
        """What happens in the calendar meanwhile: an addition, a change and a deletion."""
        self.source.put("added", on_the_day("14:00"))
        self.source.put("moved", on_the_day("13:00"))
        self.source.delete("gone")

    def change_again(self) -> None:
        """The same once more, when all is well again."""
        self.source.put("added", on_the_day("15:00"))
        self.source.put("more", on_the_day("17:00"))
        self.source.delete("moved")

    @property
    def caldav(self) -> FakeCalDav:
        """The server's own side, if it is one of CalDAV."""
        assert isinstance(self.source, CalDavSource)
        return self.source.fake

    def poll(self) -> Polled:
        return self.day.app.ask("practice")

    def starts(self) -> tuple[str, ...]:
        """When the day's sessions begin."""
        entries = self.day.agenda("2026-03-02 00:00", "2026-03-03 00:00")
        there = [entry for entry in entries if entry.state is not SessionState.CANCELLED]
        return tuple(f"{entry.session.start.astimezone(BERLIN):%H:%M}" for entry in there)

    def plan(self) -> tuple[list[Rehearsed], list[Reminder]]:
        """All reminders to come: as they are rehearsed, and as they wait in the outbox."""
        app, span = self.day.app, (when("2026-03-02 00:00"), when("2026-03-03 00:00"))
        with app.store.read() as tx:
            waiting = reminders.everything(tx)
        return rehearse(app.config, app.store, *span, self.day.clock.at), waiting

    def status(self) -> CalendarStatus:
        (found,) = calendar_statuses(self.day.app.config, self.day.app.store, self.day.clock.at)
        return found

    def close(self) -> None:
        self.day.app.close()
        self.day.app.store.close()
        self.server.stop()


def on_the_day(at: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-02T{at}:00")


@contextmanager
def bench_on(source: Source, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    with new_bench_on(source, folder, monkeypatch) as bench:
        bench.poll()
        assert bench.starts() == Bench.before
        yield bench


@contextmanager
def new_bench_on(source: Source, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """A bench whose calendar was never asked."""
    bench = Bench(source, folder, monkeypatch)
    with bench.server:
        yield bench
    bench.close()


# Troubles: each is entered to begin, and left to end.


def answering(answer: Answer) -> Trouble:
    """Every request gets `answer`."""
    return playing(lambda request: answer)


def playing(program: Program) -> Trouble:
    """Every request gets what `program` says, or the true answer if that is None."""

    @contextmanager
    def trouble(bench: Bench) -> Iterator[None]:
        bench.fault = program
        yield
        bench.fault = None

    return trouble


def only_for(sorts: Collection[str], trouble: Trouble) -> Trouble:
    """`trouble` for some sorts of requests (the words of `Request.asks`); others get the true answer."""

    @contextmanager
    def narrowed(bench: Bench) -> Iterator[None]:
        with trouble(bench):
            program = bench.fault
            assert program is not None
            bench.fault = lambda request: program(request) if request.asks in sorts else None
            yield

    return narrowed


def truly(change: Callable[[Answer], Answer]) -> Trouble:
    """Every request gets its true answer as `change` spoils it."""

    @contextmanager
    def trouble(bench: Bench) -> Iterator[None]:
        bench.fault = lambda request: change(bench.source(request))
        yield
        bench.fault = None

    return trouble


def cut_in_the_middle(chunked: bool) -> Trouble:
    return truly(lambda answer: replace(answer, chunked=chunked, cut_after=len(answer.raw) // 2))


@contextmanager
def silence(bench: Bench) -> Iterator[None]:
    """Requests are read and never answered. The connectors' patience is shortened for it."""
    over = threading.Event()
    bench.day.hang_up()  # a client that is open has its patience already
    with bench.monkeypatch.context() as patch:
        patch.setattr(wire, "TIMEOUT", 0.2)
        patch.setattr(wire, "LISTING", 0.2)
        patch.setattr(feed, "TIMEOUT", 0.2)
        bench.fault = lambda request: Answer(500) if over.wait(30) else None
        yield
        bench.fault = None
        over.set()


@contextmanager
def nobody_listens(bench: Bench) -> Iterator[None]:
    bench.server.stop()
    yield
    bench.restart()


@contextmanager
def another_certificate(bench: Bench) -> Iterator[None]:
    """The server shows one that the configured authority did not sign."""
    folder = bench.folder / "another"
    folder.mkdir()
    bench.restart(make_certificate(folder))
    yield
    bench.restart()


@contextmanager
def a_certificate_of_nobody(bench: Bench) -> Iterator[None]:
    """Every request is sent on to a server whose certificate signs itself."""
    with ScriptedServer(bench.source, serving(make_certificate(bench.folder))) as other:
        bench.fault = lambda request: Answer(307, "", {"Location": f"{other.url}{request.path[1:]}"})
        yield
        bench.fault = None
        assert other.log == []


@contextmanager
def no_tls_where_it_is_due(bench: Bench) -> Iterator[None]:
    """Every request is sent on to an address that says https, where nobody speaks TLS."""
    address = bench.server.url.replace("http:", "https:")
    with answering(Answer(307, "", {"Location": address}))(bench):
        yield
