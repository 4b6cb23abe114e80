"""The heartbeat, sent to a real server on loopback: when it comes, when it does not, and what is in it."""

from __future__ import annotations

import asyncio
import json
import stat
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kepthour.config import HeartbeatConfig
from kepthour.core.heartbeat import Problem, Record
from kepthour.runtime.beat import send
from kepthour.runtime.health import TURN_SECONDS, Health
from kepthour.runtime.heartbeat import Heartbeat
from kepthour.runtime.scheduler import Scheduler
from kepthour.store import heartbeat as store
from kepthour_connectors.secrets import Secret
from tests.fakes.scripted_http import Answer, Request, ScriptedServer
from tests.support.certificates import make_certificate, serving
from tests.support.clock import FakeClock
from tests.support.day import Day

OFTEN = timedelta(milliseconds=30)


class Service:
    """What watches: keeps nothing, answers `answer`. Use it as a ScriptedServer's program."""

    def __init__(self) -> None:
        self.answer = Answer(200, "OK")

    def __call__(self, request: Request) -> Answer:
        return self.answer


class SystemClock(FakeClock):
    """The real one: the timer goes by it."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def server(service: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedServer]:
    with ScriptedServer(service) as made:
        monkeypatch.setenv("BEAT", f"{made.url}ping/secret-4711")
        yield made


@pytest.fixture
async def scheduler() -> AsyncIterator[Scheduler]:
    made = Scheduler()
    made.start()
    yield made
    made.stop()


@pytest.fixture
def day(tmp_path: Path) -> Day:
    """An application whose configuration wants a heartbeat every few milliseconds."""
    made = Day(tmp_path, "2026-03-02 08:00")
    made.app.clock = SystemClock(made.clock.at)
    made.app.config = replace(made.app.config, heartbeat=HeartbeatConfig(Secret(env="BEAT"), OFTEN))
    return made


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():
            await asyncio.sleep(0.01)


async def test_a_well_daemon_is_heard_again_and_again(
    day: Day, scheduler: Scheduler, server: ScriptedServer
) -> None:
    heartbeat = Heartbeat(day.app, scheduler, lambda: True)
    heartbeat.begin()
    await until(lambda: len(server.log) >= 3)
    heartbeat.forget()
    assert {(one.method, one.path, one.body) for one in server.log} == {("GET", "/ping/secret-4711", "")}


async def test_a_pump_that_hangs_is_not_heard_until_it_turns_again(
    day: Day, scheduler: Scheduler, server: ScriptedServer
) -> None:
    seconds, looks = [1000.0], []
    health = Health(lambda: seconds[0])

    def well() -> bool:
        looks.append(health.ok())
        return looks[-1]

    health.audited()
    health.turned()
    heartbeat = Heartbeat(day.app, scheduler, well)
    heartbeat.begin()
    await until(lambda: len(server.log) >= 2)
    seconds[0] += TURN_SECONDS + 1
    await until(lambda: looks[-3:] == [False] * 3)
    heard = len(server.log)
    await until(lambda: looks[-6:] == [False] * 6)
    assert len(server.log) == heard
    assert store.kept(day.store_path).problem is Problem.WITHHELD
    health.turned()
    await until(lambda: len(server.log) > heard)
    await until(lambda: store.kept(day.store_path).problem is None)
    heartbeat.forget()


async def test_one_that_is_under_way_when_it_is_forgotten_is_the_last(
    day: Day, scheduler: Scheduler, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    monkeypatch.setattr(Service, "__call__", lambda self, request: go_on.wait(20) and Answer(200))
    heartbeat = Heartbeat(day.app, scheduler, lambda: True)
    heartbeat.begin()
    await until(lambda: bool(server.log))
    jobs: list[str] = []
    monkeypatch.setattr(scheduler, "once", lambda name, at, work: jobs.append(name))
    heartbeat.forget()
    go_on.set()
    await until(lambda: not heartbeat.under_way)
    heartbeat.begin()
    assert jobs == []
    assert store.kept(day.store_path) == Record()


async def test_without_the_table_nothing_is_sent(day: Day, scheduler: Scheduler) -> None:
    asked: list[str] = []
    day.app.config = replace(day.app.config, heartbeat=None)
    heartbeat = Heartbeat(day.app, scheduler, lambda: asked.append("well?") is None)
    heartbeat.begin()
    done = asyncio.Event()

    async def later() -> None:
        done.set()

    scheduler.once("later", datetime.now(UTC) + OFTEN * 3, later)
    async with asyncio.timeout(10):
        await done.wait()
    assert asked == []


async def test_a_service_that_hangs_holds_nothing_up_and_gets_one_connection(
    day: Day, scheduler: Scheduler, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    monkeypatch.setattr(Service, "__call__", lambda self, request: go_on.wait(20) and Answer(200))
    looks: list[str] = []
    heartbeat = Heartbeat(day.app, scheduler, lambda: looks.append("well?") is None, seconds=0.2)
    heartbeat.begin()
    await until(lambda: bool(server.log))  # whose thread may be later than many looks
    seen = len(looks)
    await until(lambda: len(looks) >= seen + 4)
    assert store.kept(day.store_path) == Record(None, Problem.TIMEOUT)
    assert len(server.log) == 1
    go_on.set()
    await until(lambda: store.kept(day.store_path).problem is None)
    heartbeat.forget()


async def test_a_record_that_cannot_be_kept_does_not_end_it(
    day: Day, scheduler: Scheduler, server: ScriptedServer, tmp_path: Path
) -> None:
    (tmp_path / "kepthour.db.heartbeat").mkdir()
    heartbeat = Heartbeat(day.app, scheduler, lambda: True)
    heartbeat.begin()
    await until(lambda: len(server.log) >= 3)
    heartbeat.forget()


def test_it_tells_nothing_but_that_it_came(server: ScriptedServer) -> None:
    netrc = Path.home() / ".netrc"
    netrc.write_text("machine 127.0.0.1\nlogin anna\npassword secret\n", encoding="utf-8")
    netrc.chmod(0o600)
    assert send(Secret(env="BEAT")) is None
    (request,) = server.log
    assert request.headers["User-Agent"] == "kepthour"
    assert {name.lower() for name in request.headers} <= {
        "host",
        "user-agent",
        "connection",
        "accept-encoding",
    }


def test_no_cookie_is_brought_back(server: ScriptedServer, service: Service) -> None:
    service.answer = Answer(200, "OK", {"Set-Cookie": "a=b; Path=/"})
    assert [send(Secret(env="BEAT")), send(Secret(env="BEAT"))] == [None, None]
    assert [request.headers.get("Cookie") for request in server.log] == [None, None]


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (Answer(204), None),
        (Answer(302, "", {"Location": "/elsewhere"}), Problem.REDIRECTED),
        (Answer(404, "not found"), Problem.UNKNOWN_THERE),
        (Answer(410), Problem.UNKNOWN_THERE),
        (Answer(500), Problem.SERVICE_FAULT),
    ],
    ids=lambda value: str(getattr(value, "status", value)),
)
def test_what_the_service_answers_is_understood_and_no_redirect_is_followed(
    answer: Answer, problem: Problem | None, server: ScriptedServer, service: Service
) -> None:
    service.answer = answer
    assert send(Secret(env="BEAT")) is problem
    assert len(server.log) == 1


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("http://127.0.0.1:9/x", Problem.UNREACHABLE),
        ("http://example.org/x", Problem.BAD_ADDRESS),
        ("https://anna:secret@example.org/x", Problem.BAD_ADDRESS),
        ("ftp://example.org/x", Problem.BAD_ADDRESS),
        ("", Problem.NO_ADDRESS),
    ],
)
def test_an_address_that_cannot_be_used_is_a_problem(
    address: str, problem: Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BEAT", address)
    assert send(Secret(env="BEAT")) is problem


def test_a_certificate_that_nobody_vouches_for_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, service: Service
) -> None:
    with ScriptedServer(service, serving(make_certificate(tmp_path))) as server:
        monkeypatch.setenv("BEAT", server.url)
        assert send(Secret(env="BEAT")) is Problem.NOT_SECURE
        assert server.log == []


def test_the_record_comes_back_as_it_was_kept_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    record = Record(datetime(2026, 3, 2, 9, tzinfo=UTC), Problem.UNREACHABLE)
    store.keep(tmp_path / "kepthour.db", record)
    assert store.kept(tmp_path / "kepthour.db") == record
    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "text",
    ["", "nonsense", "[]", "{}", json.dumps({"last_success": "soon", "problem": None}),
     json.dumps({"last_success": None, "problem": "of a later version"})],
)  # fmt: skip
def test_a_record_that_cannot_be_read_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "kepthour.db.heartbeat").write_text(text)
    assert store.kept(tmp_path / "kepthour.db") == Record()
