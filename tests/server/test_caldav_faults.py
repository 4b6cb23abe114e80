"""What servers answer that they should not: told by its kind, healed by the next poll, shown to nobody."""

from __future__ import annotations

import logging
import socket
import threading
import traceback
from typing import Any

import pytest

from kepthour_connectors import deadline
from kepthour_connectors.base import (
    CalendarGone,
    ConnectorError,
    Known,
    Nonsense,
    RateLimited,
    SignInNeeded,
    Surroundings,
    Transient,
)
from kepthour_connectors.caldav import Options, connect, wire
from kepthour_connectors.secrets import Secret
from tests.fakes.scripted_http import LOGIN_PAGE, Answer, Request, ScriptedServer, precondition, xml
from tests.server.faulty import SECRET_TITLE, Scene
from tests.support.calendars import single

# Failures


FAILURES = [
    (Answer(401), SignInNeeded),
    (Answer(401, "", {"WWW-Authenticate": "Negotiate"}), SignInNeeded),
    (Answer(403), SignInNeeded),
    (precondition("need-privileges"), SignInNeeded),
    (Answer(404), CalendarGone),
    (Answer(410), CalendarGone),
    (Answer(429, "", {"Retry-After": "120"}), RateLimited),
    (Answer(503, "", {"Retry-After": "120"}), RateLimited),
    (Answer(429), RateLimited),
    (Answer(500), Transient),
    (Answer(502, LOGIN_PAGE, {"Content-Type": "text/html"}), Transient),
    (Answer(500, LOGIN_PAGE, {"Content-Type": "application/xml"}), Transient),
    (Answer(503), Transient),
    (Answer(200, LOGIN_PAGE, {"Content-Type": "text/html"}), Nonsense),
    (Answer(200, LOGIN_PAGE, {"Content-Type": "application/xml"}), Nonsense),
    (Answer(207, "<D:multistatus xmlns:D='DAV:'><D:resp", {"Content-Type": "application/xml"}), Nonsense),
    (Answer(207, "", {"Content-Type": "application/xml"}), Nonsense),
    (Answer(200, "OK"), Nonsense),
    (Answer(207, "\x00\x01\x02", {"Content-Type": "application/xml"}), Nonsense),
    (xml("<hello/>"), Nonsense),
    (xml('<D:multistatus xmlns:D="DAV:"><D:response/></D:multistatus>'), Nonsense),
    (Answer(207, "<D:multistatus xmlns:D='DAV:'/>" + " " * 999, cut_after=40), Transient),
    (Answer(302, "", {"Location": "http://example.org/cal/"}), Nonsense),
    (Answer(302, "", {"Location": "/cal/"}), Nonsense),
]


@pytest.mark.parametrize(("answer", "error"), FAILURES)
def test_a_failure_is_told_by_its_kind_and_the_next_poll_heals(
    synced: Scene, answer: Answer, error: type[ConnectorError]
) -> None:
    synced.fake.put("b.ics", single("b", "moved"))
    synced.fake.instead = dict.fromkeys(("sync", "list", "look", "multiget", "GET"), answer)
    with pytest.raises(error) as failure:
        synced.poll()
    assert type(failure.value) is error
    assert failure.value.remedy.endswith(".")
    synced.fake.instead.clear()
    assert [each.href for each in synced.poll().changed] == ["/cal/b.ics"]


@pytest.mark.parametrize("sort", ["multiget", "GET"])
def test_a_failure_between_listing_and_reading_fails_the_whole_poll(scene: Scene, sort: str) -> None:
    scene.fake.put("a.ics", single("a"))
    scene.fake.multiget_omits = {"a.ics"} if sort == "GET" else set()
    scene.fake.instead[sort] = Answer(503)
    with pytest.raises(Transient):
        scene.poll()
    scene.fake.instead.clear()
    scene.poll()
    assert scene.names == {"a"}


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "120"}, 120.0),
        ({"Retry-After": "-5"}, 0.0),
        ({"Retry-After": "Mon, 02 Mar 2020 08:00:00 GMT"}, 0.0),
        ({"Retry-After": "soon"}, None),
        ({}, None),
    ],
)
def test_a_pause_is_told_in_seconds(synced: Scene, headers: dict[str, str], seconds: float | None) -> None:
    synced.fake.instead["sync"] = Answer(429, "", headers)
    with pytest.raises(RateLimited) as failure:
        synced.poll()
    assert failure.value.retry_after == seconds


def test_a_listing_without_the_collection_itself_is_not_believed(synced: Scene) -> None:
    synced.fake.instead = {"sync": Answer(501), "list": xml('<D:multistatus xmlns:D="DAV:"/>')}
    with pytest.raises(Nonsense):
        synced.poll()


def test_an_address_that_is_no_calendar_is_said(scene: Scene) -> None:
    scene.fake.is_calendar = False
    with pytest.raises(CalendarGone, match="not that of a calendar"):
        scene.poll()


def test_nobody_listening_is_transient(tmp_path: Any) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    connector = connect(Options(url=f"http://127.0.0.1:{port}/"), Surroundings("practice", tmp_path))
    with pytest.raises(Transient) as failure:
        connector.poll(Known())
    # The libraries' own errors, which may hold bodies, are in no traceback.
    assert "".join(traceback.format_exception(failure.value)).count("Traceback") == 1


def test_a_server_that_never_answers_is_transient(synced: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "TIMEOUT", 0.2)
    synced.connector.close()
    over = threading.Event()
    synced.fake.instead["sync"] = lambda request: Answer(500) if over.wait(10) else None
    with pytest.raises(Transient, match="in time"):
        synced.poll()
    over.set()


def test_a_server_that_answers_by_the_byte_is_cut_off(synced: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadline, "ANSWER", 0.2)
    over = threading.Event()
    synced.fake.instead["sync"] = Answer(207, "<" + " " * 9999, trickles_until=over)
    with pytest.raises(Transient, match="took longer"):
        synced.poll()
    over.set()


# Signing in


@pytest.mark.parametrize("auth", [None, "digest"])
def test_a_digest_challenge_is_answered_and_every_request_counted(
    scene: Scene, tmp_path: Any, auth: str | None
) -> None:
    refused: list[Request] = []

    def guarded(request: Request) -> Answer | None:
        if request.headers.get("Authorization", "").startswith('Digest username="anna"'):
            return None
        refused.append(request)
        return Answer(401, "", {"WWW-Authenticate": 'Digest realm="dav", nonce="abc", qop="auth"'})

    scene.fake.put("a.ics", single("a"))
    scene.fake.instead["sync"] = guarded
    connector = connect(options(scene.server, auth=auth), Surroundings("practice", tmp_path))
    batch = connector.poll(Known())
    connector.close()
    assert len(batch.changed) == 1
    assert refused
    assert batch.requests == len(scene.server.log)


def test_a_bearer_token_is_sent_at_once(scene: Scene, tmp_path: Any) -> None:
    connector = connect(
        options(scene.server, username=None, auth="bearer"), Surroundings("practice", tmp_path)
    )
    connector.poll(Known())
    connector.close()
    assert {request.headers["Authorization"] for request in scene.server.log} == {"Bearer secret-word"}


def test_the_password_goes_to_no_other_host_that_an_answer_names(scene: Scene, tmp_path: Any) -> None:
    with ScriptedServer(lambda request: Answer(200, single("a"))) as other:
        scene.fake.put("a.ics", single("a"))
        named = scene.fake._named("a.ics").replace("<D:href>/", f"<D:href>{other.url}")
        body = f'<D:multistatus xmlns:D="DAV:">{named}<D:sync-token>t1</D:sync-token></D:multistatus>'
        scene.fake.instead["sync"] = xml(body)
        scene.fake.multiget_omits = {"a.ics"}
        connector = connect(options(scene.server, auth="basic"), Surroundings("practice", tmp_path))
        assert [each.href for each in connector.poll(Known()).changed] == ["/cal/a.ics"]
        connector.close()
        assert other.log == []


def options(server: ScriptedServer, **more: Any) -> Options:
    given = {"username": "anna", "password": Secret(env="TEST_PASSWORD"), **more}
    return Options(url=f"{server.url}cal/", **given)


# Privacy


def test_nothing_of_an_answer_reaches_a_log(synced: Scene, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    private = f"<p>{SECRET_TITLE}"
    bodies = [
        Answer(200, private, {"Content-Type": "text/html"}),
        Answer(500, private, {"Content-Type": "application/xml"}),
        Answer(404, private),
        xml(f'<D:multistatus xmlns:D="DAV:"><odd>{SECRET_TITLE}</odd></D:multistatus>'),
    ]
    for body in bodies:
        synced.fake.instead = dict.fromkeys(("sync", "list", "look"), body)
        with pytest.raises(ConnectorError):
            synced.poll()
    synced.fake.instead = {}
    synced.fake.put("a.ics", f"{SECRET_TITLE} is not a calendar")
    synced.fake.multiget_omits = {"a.ics"}
    assert synced.poll().bad
    assert SECRET_TITLE not in caplog.text
