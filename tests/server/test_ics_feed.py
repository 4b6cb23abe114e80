"""A feed at a secret address, over real HTTP on loopback."""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

from kepthour_connectors.base import (
    CalendarGone,
    Connector,
    ConnectorError,
    Kind,
    Known,
    Nonsense,
    RateLimited,
    SignInNeeded,
    Surroundings,
    Transient,
)
from kepthour_connectors.ics import Options, connect
from kepthour_connectors.ics import feed as feed_module
from kepthour_connectors.secrets import Secret
from tests.fakes.scripted_http import LOGIN_PAGE, Answer, Request, ScriptedServer
from tests.support.calendars import calendar, event, single

TOKEN = "private-0815"


class Feed:
    """A server with a feed at one address; `answer` is what stands there."""

    def __init__(self) -> None:
        self.answer: Answer = Answer(200, single("a"))
        self.at: dict[str, Answer] = {}

    def __call__(self, request: Request) -> Answer:
        answer = self.at.get(request.path, self.answer)
        etag = answer.headers.get("ETag")
        return Answer(304) if etag and request.headers.get("If-None-Match") == etag else answer


@pytest.fixture
def feed() -> Feed:
    return Feed()


@pytest.fixture
def server(feed: Feed) -> Iterator[ScriptedServer]:
    with ScriptedServer(feed) as server:
        yield server


@pytest.fixture
def connector(server: ScriptedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connector]:
    monkeypatch.setenv("FEED", f"{server.url}{TOKEN}/basic.ics")
    connector = connect(Options(url=Secret(env="FEED")), Surroundings("ehr", tmp_path))
    yield connector
    connector.close()


def after(connector: Connector) -> Known:
    batch = connector.poll(Known())
    return Known(batch.cursor, {each.href: each.etag for each in batch.changed})


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"ETag": '"v1"'}, {"If-None-Match": '"v1"'}),
        (
            {"Last-Modified": "Mon, 02 Mar 2026 08:00:00 GMT"},
            {"If-Modified-Since": "Mon, 02 Mar 2026 08:00:00 GMT"},
        ),
        ({}, {}),
    ],
)
def test_validators_are_given_back(
    feed: Feed, server: ScriptedServer, connector: Connector, given: dict[str, str], sent: dict[str, str]
) -> None:
    feed.answer = Answer(200, single("a"), given)
    known = after(connector)
    connector.poll(known)
    headers = server.log[-1].headers
    names = ("If-None-Match", "If-Modified-Since")
    assert {name: headers[name] for name in names if name in headers} == sent


def test_what_is_not_modified_is_no_change(feed: Feed, connector: Connector) -> None:
    feed.answer = Answer(200, single("a"), {"ETag": '"v1"'})
    known = after(connector)
    batch = connector.poll(known)
    assert (batch.kind, batch.changed, batch.cursor, batch.requests) == (Kind.DELTA, (), known.cursor, 1)


def test_a_feed_that_stamps_itself_anew_at_every_fetch_is_no_change(feed: Feed, connector: Connector) -> None:
    known = after(connector)
    feed.answer = Answer(200, calendar(event("a", stamp="20260505T050505Z")))
    batch = connector.poll(known)
    assert (batch.kind, batch.changed, batch.cursor) == (Kind.DELTA, (), known.cursor)


@pytest.mark.parametrize("full", [True, False])
def test_no_conditions_are_sent_when_all_is_wanted(
    feed: Feed, server: ScriptedServer, connector: Connector, full: bool
) -> None:
    feed.answer = Answer(200, single("a"), {"ETag": '"v1"'})
    known = after(connector)
    batch = connector.poll(Known(known.cursor if full else None, known.etags, full))
    assert "If-None-Match" not in server.log[-1].headers
    assert (batch.kind, batch.changed) == (Kind.FULL, ())


def test_a_new_address_is_not_asked_with_the_validators_of_the_old(
    feed: Feed, server: ScriptedServer, connector: Connector, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed.answer = Answer(200, single("a"), {"ETag": '"v1"'})
    known = after(connector)
    monkeypatch.setenv("FEED", f"{server.url}another.ics")
    assert connector.poll(known).kind is Kind.FULL


FAILURES = [
    (Answer(401), SignInNeeded),
    (Answer(403, LOGIN_PAGE), SignInNeeded),
    (Answer(404), CalendarGone),
    (Answer(410), CalendarGone),
    (Answer(429, "", {"Retry-After": "60"}), RateLimited),
    (Answer(503, "", {"Retry-After": "60"}), RateLimited),
    (Answer(500), Transient),
    (Answer(503), Transient),
    (Answer(200, LOGIN_PAGE), Nonsense),
    (Answer(200, ""), Nonsense),
    (Answer(304), Nonsense),
    (Answer(204), Nonsense),
    (Answer(200, single("a") * 3, cut_after=100), Transient),
    (Answer(200, single("a")[:-30]), Nonsense),
    (Answer(302, "", {"Location": "http://example.org/x.ics"}), Nonsense),
    (Answer(302, "", {"Location": "ftp://127.0.0.1/x.ics"}), Nonsense),
    (Answer(302, "", {"Location": "/again.ics"}), Nonsense),
]


@pytest.mark.parametrize(("answer", "error"), FAILURES)
def test_a_failure_is_told_by_its_kind_without_the_address(
    feed: Feed, connector: Connector, answer: Answer, error: type[ConnectorError]
) -> None:
    feed.answer = answer
    with pytest.raises(error) as failure:
        connector.poll(Known())
    assert type(failure.value) is error
    shown = "".join(traceback.format_exception(failure.value)) + failure.value.remedy
    assert TOKEN not in shown
    feed.answer = Answer(200, single("a"))
    assert connector.poll(Known()).kind is Kind.FULL


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "60"}, 60.0),
        ({"Retry-After": "Mon, 02 Mar 2026 08:05:00 GMT", "Date": "Mon, 02 Mar 2026 08:00:00 GMT"}, 300.0),
        ({"Retry-After": "-5"}, 0.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "9" * 400}, None),
        ({}, None),
    ],
)
def test_a_pause_is_told_in_seconds(
    feed: Feed, connector: Connector, headers: dict[str, str], seconds: float | None
) -> None:
    feed.answer = Answer(429, "", headers)
    with pytest.raises(RateLimited) as failure:
        connector.poll(Known())
    assert failure.value.retry_after == seconds


def test_a_redirect_is_followed_and_counted(feed: Feed, connector: Connector) -> None:
    feed.answer = Answer(302, "", {"Location": "/moved/here.ics"})
    feed.at["/moved/here.ics"] = Answer(200, single("a"))
    batch = connector.poll(Known())
    assert (len(batch.changed), batch.requests) == (1, 2)


def test_a_feed_without_end_is_cut_off(feed: Feed, connector: Connector) -> None:
    feed.answer = Answer(200, single("a") + " " * (21 * 1024 * 1024))
    with pytest.raises(Nonsense, match="larger than 20 MB"):
        connector.poll(Known())


def test_a_feed_that_is_down_is_transient(server: ScriptedServer, connector: Connector) -> None:
    connector.poll(Known())
    server.stop()
    with pytest.raises(Transient) as failure:
        connector.poll(Known())
    # The library's own error, which holds the address, is in no traceback.
    assert "".join(traceback.format_exception(failure.value)).count("Traceback") == 1


def test_a_feed_that_comes_by_the_byte_is_cut_off(
    feed: Feed, connector: Connector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "TOTAL_SECONDS", 0.2)
    over = threading.Event()
    feed.answer = Answer(200, single("a") * 99, trickles_until=over)
    with pytest.raises(Transient, match="took longer"):
        connector.poll(Known())
    over.set()


@pytest.mark.parametrize("address", ["http://example.org/x.ics", "ftp://example.org/", "not an address"])
def test_an_address_that_may_not_be_used_is_refused_without_showing_it(
    connector: Connector, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("FEED", address)
    with pytest.raises(SignInNeeded) as failure:
        connector.poll(Known())
    assert "example" not in str(failure.value)


def test_an_address_that_is_not_at_hand_asks_for_a_sign_in(
    connector: Connector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FEED")
    with pytest.raises(SignInNeeded, match="FEED is not set"):
        connector.poll(Known())


def test_neither_proxy_variables_nor_netrc_are_read(
    server: ScriptedServer, connector: Connector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login anna password secret-word\n")
    monkeypatch.setenv("NETRC", str(netrc))
    connector.poll(Known())
    assert "Authorization" not in server.log[-1].headers


def test_neither_address_nor_content_reaches_a_log_or_the_cursor(
    feed: Feed, connector: Connector, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    feed.answer = Answer(200, single("a", "AB very private"), {"ETag": '"v1"'})
    batch = connector.poll(Known())
    feed.answer = Answer(500, "AB very private")
    with pytest.raises(ConnectorError):
        connector.poll(Known())
    for text in (caplog.text, str(batch.cursor)):
        assert TOKEN not in text
        assert "private" not in text


def test_a_connection_that_is_kept_wakes_nobody(connector: Connector) -> None:
    before = set(threading.enumerate())
    connector.poll(Known())
    fresh = set(threading.enumerate()) - before
    assert [one.name for one in fresh if "idle_conn_watch" in one.name] == []
