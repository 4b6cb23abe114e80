"""How long a server may be silent: longer over a listing that takes long than over anything else; and a whole poll."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import niquests
import pytest

from kepthour_connectors import deadline
from kepthour_connectors.base import Transient
from kepthour_connectors.caldav import Options, connector
from kepthour_connectors.caldav.connector import CalDavConnector
from kepthour_connectors.caldav.wire import LISTING, TIMEOUT, Wire
from tests.fakes.scripted_http import Answer, FakeCalDav, Request, ScriptedServer
from tests.server.faulty import Scene
from tests.support.calendars import single

SHORT, LONG = (TIMEOUT, TIMEOUT), (TIMEOUT, LISTING)


class Watched(Scene):
    """Remembers which time-outs each sort of request had. The connector's clock stands still, or `moves`."""

    def __init__(self, fake: FakeCalDav, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(fake, server, CalDavConnector(Options(url=f"{server.url}cal/")))
        self.moves, self.at = 0.0, 0.0
        self.waits: dict[str, set[object]] = {}
        send = Wire.send

        def watched(
            wire: Wire, request: niquests.PreparedRequest, *args: Any, **kwargs: Any
        ) -> niquests.Response:
            response = send(wire, request, *args, **kwargs)
            self.at += self.moves
            self.waits.setdefault(server.log[-1].asks, set()).add(kwargs["timeout"])
            return response

        monkeypatch.setattr(Wire, "send", watched)
        monkeypatch.setattr(connector, "monotonic", lambda: self.at)
        monkeypatch.setattr(deadline, "monotonic", lambda: self.at)

    def takes(self, seconds: float) -> None:
        """From now on the server thinks so long over each answer."""

        def think(_request: Request) -> None:
            self.at += seconds

        self.fake.instead.update(dict.fromkeys(("sync", "list", "multiget"), think))

    def waited(self, *, full: bool = False) -> dict[str, set[object]]:
        """The time-outs of one poll."""
        self.waits.clear()
        self.poll(full)
        return self.waits


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    fake = FakeCalDav()
    with ScriptedServer(fake) as server:
        made = Watched(fake, server, monkeypatch)
        fake.put("one.ics", single("one"))
        yield made
        made.connector.close()


def test_the_first_listing_may_take_long_and_what_follows_it_may_not(scene: Watched) -> None:
    assert scene.waited() == {"sync": {LONG}, "multiget": {SHORT}}
    assert scene.waited() == {"sync": {SHORT}}
    assert scene.waited(full=True) == {"sync": {SHORT}}
    assert LISTING < deadline.ANSWER


def test_a_server_without_reports_is_listed_as_patiently(scene: Watched) -> None:
    scene.fake.instead["sync"] = Answer(501)
    assert scene.waited()["list"] == {LONG}
    assert scene.waited()["list"] == {SHORT}


def test_a_listing_that_failed_may_take_long_the_next_time_and_then_no_more(scene: Watched) -> None:
    scene.waited()
    scene.fake.instead["sync"] = Answer(503)
    with pytest.raises(Transient):
        scene.poll(full=True)
    del scene.fake.instead["sync"]
    assert scene.waited(full=True) == {"sync": {LONG}}
    assert scene.waited(full=True) == {"sync": {SHORT}}


def test_a_listing_that_takes_long_may_do_so_each_time(scene: Watched) -> None:
    scene.moves = TIMEOUT + 10.0
    scene.waited()
    assert scene.waited(full=True) == {"sync": {LONG}}
    scene.moves = 0.0
    assert scene.waited(full=True) == {"sync": {LONG}}
    assert scene.waited(full=True) == {"sync": {SHORT}}


def test_a_poll_goes_on_as_long_as_its_server_answers(scene: Watched) -> None:
    for number in range(450):
        scene.fake.put(f"{number}.ics", single(f"{number}"))
    scene.takes(deadline.ANSWER - 1)
    batch = scene.poll()
    assert (len(batch.changed), batch.requests) == (451, 4)
    assert scene.at > 2 * deadline.ANSWER


def test_a_poll_ends_when_an_answer_takes_too_long(scene: Watched) -> None:
    scene.takes(deadline.ANSWER + 1)
    with pytest.raises(Transient, match=r"took longer than 240 s\."):
        scene.poll()


def test_a_poll_ends_when_it_takes_too_long_in_all(scene: Watched) -> None:
    scene.poll()
    for number in range(20):
        scene.fake.put(f"{number}.ics", single(f"{number}"))
    scene.fake.page_size = 1
    scene.takes(deadline.ANSWER - 1)
    with pytest.raises(Transient, match=r"took longer than 30 min\."):
        scene.poll()
