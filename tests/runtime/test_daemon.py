"""A bug in a job of the daemon, or in its start: it reminds, it says where, and it does not call itself well."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kepthour.app import App
from kepthour.config import Configuration
from kepthour.config.reading import load
from kepthour.core.errors import TryLater
from kepthour.core.response import Kind
from kepthour.core.verdict import Verdict
from kepthour.pipeline.dispatch import Dispatcher, claim, dispatcher
from kepthour.ports import Answer, Key
from kepthour.runtime import daemon as module
from kepthour.runtime import health, jobs
from kepthour.runtime.clock import SystemClock
from kepthour.runtime.daemon import Daemon
from kepthour.runtime.pump import Pump
from kepthour.store import responses, sessions
from kepthour.store.access import WrongKey
from kepthour.store.sessions import SessionRow
from kepthour.views.agenda import Entry, agenda
from tests.fakes.channels import Recorder
from tests.support.calendars import calendar, event
from tests.support.day import CONFIG, FakePlugins
from tests.support.logs import capture_logs
from tests.support.stores import opened

RUNGS = ("-2s", "0s")  # on a busy machine, too, the first comes before the second is due


def ladder(rungs: Iterable[str]) -> str:
    return "".join(f'[[reminders.rungs]]\nat = "{rung}"\n' for rung in rungs)


def broken(*_args: object, **_more: object) -> None:
    raise ZeroDivisionError("a word of AB")


class Made:
    """An App on a calendar in memory with a session in a few seconds, by the machine's own clock."""

    def __init__(self, folder: Path) -> None:
        self.plugins = FakePlugins(SystemClock())  # type: ignore[arg-type]  # nobody moves this one
        self.file = folder / "config.toml"
        self.kept: list[Configuration] = []  # that reloads took up
        polled = CONFIG.replace('sessions = "all"', 'sessions = "all"\npoll = "1s"')
        self.file.write_text(polled + ladder(RUNGS), encoding="utf-8")
        self.store = opened(folder / "kepthour.db")
        self.app = self.load()
        self.start = (datetime.now(UTC) + timedelta(seconds=4)).replace(microsecond=0)
        begins, ends = (f"{at:%Y%m%dT%H%M%SZ}" for at in (self.start, self.start + timedelta(minutes=50)))
        text = calendar(event("one", "AB", begins, ends, zone=None))
        self.plugins.memory.calendar("practice").put("one.ics", text)
        self.app.sync()

    def load(self) -> App:
        return App(load(self.file, self.plugins), self.store, self.plugins, SystemClock())

    @property
    def screen(self) -> Recorder:
        return self.plugins.recorder.make("screen", None)  # type: ignore[arg-type]  # one and the same

    def rungs(self) -> list[str]:
        """What came of the ladder. That a calendar cannot be asked is told, too."""
        return [notice.rung for _at, notice in self.screen.received if notice.rung != "calendar"]

    def answers(self) -> list[Kind]:
        with self.store.read() as tx:
            now, around = datetime.now(UTC), timedelta(hours=1)
            (row,) = sessions.between(tx, now - around, now + around)
            return [one.kind for one in responses.to(tx, row)]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Daemon]:
        daemon = Daemon(self.app, self.load, keep=self.kept.append)
        task = asyncio.create_task(daemon.run())
        try:
            yield daemon
        finally:
            daemon.stop()
            await task


async def until(holds: Callable[[], bool], what: str) -> None:
    try:
        async with asyncio.timeout(30):
            while not holds():
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"not within 30 s: {what}") from None


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    monkeypatch.setattr(jobs, "_AUDIT", timedelta(seconds=0.2))
    monkeypatch.setattr(jobs, "_HOUSEKEEPING", timedelta(seconds=0.2))
    monkeypatch.setattr(jobs, "_FIRST_HOUSEKEEPING", timedelta(seconds=0.2))
    return Made(tmp_path)


PARTS = [
    (App, "audit"),
    (App, "refresh"),
    (App, "forget_old"),
    (App, "ask"),
    (App, "may_ask_from"),
    (App, "catch_up"),
    (dispatcher, "left_open"),
    (Recorder, "open"),
]


@pytest.mark.parametrize(("where", "name"), PARTS, ids=[name for _where, name in PARTS])
async def test_a_bug_in_a_job_or_at_the_start_costs_no_reminder_and_is_told(
    where: object, name: str, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(where, name, broken)
    with capture_logs() as said:
        async with made.running():
            await until(lambda: "0s" in made.rungs(), "the rung at the start")
            await until(lambda: any(_tells(one) for one in said), "the word in the log")
    assert made.rungs() == list(RUNGS)


def _tells(entry: object) -> bool:
    assert isinstance(entry, dict)
    return __name__ in str(entry.get("place")) or entry["event"] == "channel.open_failed"


def busy(*_args: object, **_more: object) -> None:
    raise TryLater("The store is busy.")


def refused(*_args: object) -> None:
    raise WrongKey("It is another key.", "Look.")


@pytest.mark.parametrize(
    ("where", "name", "does", "told"),
    [
        (App, "channels", broken, "configuration.not_taken_up"),
        (Pump, "begin", refused, None),
        (Pump, "close", broken, "configuration.not_let_go"),
    ],
    ids=["making it", "beginning with it", "letting go of the one before"],
)
async def test_a_reload_that_fails_leaves_nobody_unwatched(
    where: object,
    name: str,
    does: Callable[..., None],
    told: str | None,
    made: Made,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with capture_logs() as said:
        async with made.running() as daemon:
            await until(daemon.health.ok, "a daemon that is well")
            with monkeypatch.context() as there:
                there.setattr(where, name, does)
                with suppress(WrongKey):
                    await daemon.reload()
            await until(lambda: "0s" in made.rungs(), "the rung at the start")
    assert told is None or told in [entry["event"] for entry in said]
    assert len(made.kept) == (0 if told == "configuration.not_taken_up" else 1)


async def test_an_answer_that_is_held_while_a_reload_lets_go_is_stored_after_it(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    close = Recorder.close

    async def pressed_and_closed(screen: Recorder) -> None:
        screen.press(Key.HERE)
        await asyncio.sleep(0)  # it is heard
        await close(screen)

    async with made.running() as daemon:
        await until(lambda: "-2s" in made.rungs(), "a rung to answer")
        with monkeypatch.context() as there, capture_logs() as said:
            there.setattr(Recorder, "close", pressed_and_closed)
            there.setattr(App, "answer", busy)
            await daemon.reload()
            await until(lambda: "answer.held" in [one["event"] for one in said], "an answer that waits")
        await until(lambda: made.answers() == [Kind.HERE], "the answer in the store")


async def test_an_answer_that_a_reload_left_in_memory_holds_its_rungs_there(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    close, late = Recorder.close, "4s"  # what was claimed before the answer comes still
    made.file.write_text(made.file.read_text("utf-8") + ladder([late]), encoding="utf-8")
    made.app = made.load()
    over = made.start + timedelta(seconds=5)

    async def pressed_and_closed(screen: Recorder) -> None:
        screen.press(Key.HERE)
        await asyncio.sleep(0)  # it is heard
        await close(screen)

    async with made.running() as daemon:
        await until(lambda: "-2s" in made.rungs(), "a rung to answer")
        with monkeypatch.context() as there:
            there.setattr(Recorder, "close", pressed_and_closed)
            there.setattr(App, "answer", busy)
            await daemon.reload()
            await until(lambda: datetime.now(UTC) > over, "a while after that rung")
        await until(lambda: made.answers() == [Kind.HERE], "the answer in the store")
    assert late not in made.rungs()


async def test_a_store_that_works_no_longer_than_the_start_costs_no_reminder(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Pump, "turn", busy)
    async with made.running():
        await until(lambda: made.rungs() == list(RUNGS), "all rungs")


async def test_a_store_that_fails_while_a_reload_waits_for_a_turn_has_it_wait_on(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another pump would not know what went out."""
    begun, may_go_on = asyncio.Event(), asyncio.Event()

    async def stays_busy(_pump: Pump, **_more: object) -> None:
        begun.set()
        await may_go_on.wait()
        raise TryLater("The store is busy.")

    async with made.running() as daemon:
        await until(daemon.health.ok, "a daemon that is well")
        with capture_logs() as said:
            with monkeypatch.context() as there:
                there.setattr(Pump, "turn", stays_busy)
                daemon.wake()
                await begun.wait()
                reload = asyncio.create_task(daemon.reload())
                await until(lambda: bool(daemon._idle._waiters), "a reload that waits")
                may_go_on.set()
                await reload
                told = [one["event"] for one in said]
                assert "configuration.waits" in told and "configuration.reloaded" not in told
            await until(lambda: "configuration.reloaded" in [one["event"] for one in said], "the reload")


@pytest.mark.parametrize("hangs_in", ["what is planned", "what is kept in memory"])
async def test_a_store_that_hangs_while_a_reload_begins_holds_back_nothing(
    hangs_in: str, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, hangs = threading.Event(), threading.Event()

    def hang(*_args: object) -> list[object]:
        hangs.set()
        go_on.wait()
        return []

    async with made.running() as daemon:
        await until(daemon.health.ok, "a daemon that is well")
        if hangs_in == "what is planned":
            monkeypatch.setattr(App, "catch_up", hang)
        else:
            monkeypatch.setattr(dispatcher, "provisions", hang)
            daemon.wake()
            await until(hangs.is_set, "a store that hangs")
        reload = asyncio.create_task(daemon.reload())
        try:
            await until(lambda: "0s" in made.rungs(), "the rung at the start")
        finally:
            go_on.set()
            await reload


async def test_what_came_from_memory_while_a_reload_began_is_not_shown_again(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.file.write_text(made.file.read_text("utf-8") + ladder(["6s"]), encoding="utf-8")
    made.app = made.load()
    catch_up, show_again = App.catch_up, Dispatcher.show_again
    go_on, shown = threading.Event(), asyncio.Event()

    def hang(app: App) -> None:
        go_on.wait()
        catch_up(app)

    async def seen(one: Dispatcher) -> None:
        await show_again(one)
        shown.set()

    monkeypatch.setattr(module, "_BEGIN_SECONDS", 0.5)
    async with made.running() as daemon:
        await until(lambda: "0s" in made.rungs(), "the rung at the start")
        monkeypatch.setattr(App, "catch_up", hang)
        monkeypatch.setattr(Dispatcher, "show_again", seen)
        await daemon.reload()
        await until(lambda: "6s" in made.rungs(), "the last rung, from memory")
        go_on.set()
        await until(shown.is_set, "what is shown again")
    assert made.rungs().count("6s") == 1


async def test_reloads_that_come_at_once_take_up_one_after_the_other(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    going: list[str] = []

    def counted(name: str) -> None:
        real = getattr(Recorder, name)

        async def does(screen: Recorder, *args: object) -> None:
            going.append(name)
            await asyncio.sleep(0)  # as one that has to wait for something
            await real(screen, *args)

        monkeypatch.setattr(Recorder, name, does)

    counted("open")
    counted("close")
    async with made.running() as daemon:
        await until(daemon.health.ok, "a daemon that is well")
        await asyncio.gather(*(daemon.reload() for _ in range(3)))
    assert going == ["open", "close"] * 4


async def test_a_stop_during_a_reload_leaves_no_channel_open(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    going: list[str] = []
    begun, may_go_on = asyncio.Event(), asyncio.Event()
    opens, closes = Recorder.open, Recorder.close

    async def opened_(screen: Recorder, *args: Callable[[Answer], None]) -> None:
        await opens(screen, *args)
        going.append("open")

    async def closed(screen: Recorder) -> None:
        begun.set()
        await may_go_on.wait()
        await closes(screen)
        going.append("close")

    monkeypatch.setattr(Recorder, "open", opened_)
    monkeypatch.setattr(Recorder, "close", closed)
    async with made.running() as daemon:
        await until(daemon.health.ok, "a daemon that is well")
        daemon._spawn_reload()
        await begun.wait()
        daemon.stop()
        await until(lambda: bool(daemon._changing._waiters), "an end that waits for the reload")
        may_go_on.set()
    assert going in (["open", "close"], ["open", "close"] * 2)


@pytest.mark.parametrize(("where", "name"), [(App, "audit"), (App, "look"), (claim, "claim")])
async def test_a_daemon_with_a_bug_does_not_call_itself_well(
    where: object, name: str, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with made.running() as daemon:
        await until(daemon.health.ok, "a daemon that is well")
        with monkeypatch.context() as there:
            there.setattr(where, name, broken)
            there.setattr(health, "TURN_SECONDS", 0.5)
            there.setattr(health, "AUDIT_SECONDS", 0.5)
            await until(lambda: not daemon.health.ok(), "the end of that")
        await until(daemon.health.ok, "its being well again")


async def test_an_answer_that_a_channel_hears_while_it_opens_is_taken(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was given while no daemon ran."""
    (session,) = agenda(made.app.config, made.store, *_around(), SystemClock().now())

    async def hears(_self: Recorder, answered: Callable[[Answer], None]) -> None:
        answered(Answer("0", session.session.id, Key.HERE, "screen"))

    monkeypatch.setattr(Recorder, "open", hears)
    async with made.running():
        await until(lambda: _first(made).verdict is Verdict.ON_TIME, "the check-in")


async def test_an_answer_counts_from_when_it_was_given(made: Made) -> None:
    (session,) = agenda(made.app.config, made.store, *_around(), SystemClock().now())
    async with made.running():
        await until(lambda: made.screen.answered is not None, "the channel")
        await until(lambda: "0s" in made.rungs(), "the start")
        answered = made.screen.answered
        assert answered is not None
        answered(Answer("0", session.session.id, Key.HERE, "screen", ago=timedelta(minutes=1)))
        await until(lambda: _first(made).verdict is not None, "the verdict")
        with made.store.read() as tx:
            (response,) = responses.to(tx, _row(made, session.session.id))
    assert response.at <= session.session.start - timedelta(seconds=50)


def _around() -> tuple[datetime, datetime]:
    now = SystemClock().now()
    return now - timedelta(hours=1), now + timedelta(hours=1)


def _first(made: Made) -> Entry:
    return agenda(made.app.config, made.store, *_around(), SystemClock().now())[0]


def _row(made: Made, session_id: str) -> SessionRow:
    with made.store.read() as tx:
        row = sessions.living(tx, session_id)
    assert row is not None
    return row
