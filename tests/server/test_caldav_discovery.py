"""Where a host's calendars are is found at /.well-known/caldav: only if asked for, only on that host, only by https."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kepthour_connectors.base import (
    Batch,
    CalendarGone,
    ConnectorError,
    Known,
    Nonsense,
    SignInNeeded,
    Surroundings,
    Transient,
)
from kepthour_connectors.caldav import Options, calendars, connect
from kepthour_connectors.caldav.offering import _keys
from kepthour_connectors.secrets import Secret
from tests.fakes.scripted_http import CALDAV, Answer, Request, ScriptedServer, xml
from tests.support.calendars import single
from tests.support.certificates import Authority
from tests.support.dav import USER, DavServer
from tests.support.radicale import RadicaleServer

WELL_KNOWN = "/.well-known/caldav"
Poll = Callable[..., Batch]


@pytest.fixture
def poll(tmp_path: Path) -> Poll:
    def polled(url: str, **options: Any) -> Batch:
        given = {"calendar": "Practice", "discover": True, "username": USER, **options}
        connector = connect(
            Options(url=url, password=Secret(env="TEST_PASSWORD"), **given),
            Surroundings("practice", tmp_path),
        )
        try:
            return connector.poll(Known())
        finally:
            connector.close()

    return polled


def moved(location: str, status: int = 301) -> Answer:
    return Answer(
        status, "<html><body>moved<hr></body></html>", {"Location": location, "Content-Type": "text/html"}
    )


class Account:
    """An account at /dav/ with one calendar, "Practice", and whatever `doors` answer at other paths."""

    def __init__(self, doors: dict[str, Answer]) -> None:
        self.doors = doors

    def __call__(self, request: Request) -> Answer:
        if request.path in self.doors:
            return self.doors[request.path]
        if request.method == "REPORT":
            return _told("/dav/cal/", "", "<D:sync-token>t1</D:sync-token>")
        if "current-user-principal" in request.body and request.path == "/dav/":
            return _told(
                "/dav/", "<D:current-user-principal><D:href>/dav/me/</D:href></D:current-user-principal>"
            )
        if "calendar-home-set" in request.body:
            return _told("/dav/me/", "<C:calendar-home-set><D:href>/dav/me/</D:href></C:calendar-home-set>")
        if request.path == "/dav/me/":
            kind = "<D:resourcetype><D:collection/><C:calendar/></D:resourcetype>"
            return _told("/dav/cal/", f"{kind}<D:displayname>Practice</D:displayname>")
        if request.path == "/dav/cal/":
            return _told("/dav/cal/", "<D:resourcetype><D:collection/><C:calendar/></D:resourcetype>")
        return Answer(404)


def _told(href: str, props: str, more: str = "") -> Answer:
    response = (
        f"<D:response><D:href>{href}</D:href><D:propstat><D:prop>{props}</D:prop>"
        "<D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>"
    )
    return xml(
        f'<D:multistatus xmlns:D="DAV:" xmlns:C="{CALDAV[1:-1]}">{response * bool(props)}{more}</D:multistatus>'
    )


@pytest.mark.parametrize("auth", [None, "basic"])
def test_a_host_is_enough_on_a_real_server(server: DavServer, poll: Poll, auth: str | None) -> None:
    server.make_calendar("practice", "Practice")
    server.write("practice", "a.ics", single("a"))
    batch = poll(server.url.rstrip("/"), auth=auth)
    assert batch.listed == {server.href("practice", "a.ics")}
    assert any(WELL_KNOWN in line for line in server.log)
    assert batch.requests == server.requests


def test_it_is_asked_only_once(server: DavServer, tmp_path: Path) -> None:
    server.make_calendar("practice", "Practice")
    options = Options(
        url=server.url,
        calendar="Practice",
        discover=True,
        username=USER,
        password=Secret(env="TEST_PASSWORD"),
    )
    connector = connect(options, Surroundings("practice", tmp_path))
    first = connector.poll(Known())
    server.log.clear()
    assert connector.poll(Known(first.cursor)).requests == 1
    connector.close()
    connector.poll(Known(first.cursor))
    connector.close()
    assert not any(WELL_KNOWN in line for line in server.log)


def test_without_discover_it_is_not_asked(server: DavServer, poll: Poll) -> None:
    server.make_calendar("practice", "Practice")
    poll(server.url, discover=False)
    assert not any("well-known" in line for line in server.log)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed_and_the_question_stays_what_it_is(poll: Poll, status: int) -> None:
    doors = {WELL_KNOWN: moved("/remote.php/dav", status), "/remote.php/dav": moved("dav/", status)}
    doors["/remote.php/dav/"] = moved("/dav/", status)
    with ScriptedServer(Account(doors)) as server:
        assert poll(server.url, auth="basic").listed == frozenset()
    assert [(each.method, each.path) for each in server.log[:4]] == [
        ("PROPFIND", WELL_KNOWN),
        ("PROPFIND", "/remote.php/dav"),
        ("PROPFIND", "/remote.php/dav/"),
        ("PROPFIND", "/dav/"),
    ]
    assert all("current-user-principal" in each.body for each in server.log[:4])


def test_a_server_that_answers_there_itself_is_understood(poll: Poll) -> None:
    itself = _told(
        WELL_KNOWN, "<D:current-user-principal><D:href>/dav/me/</D:href></D:current-user-principal>"
    )
    with ScriptedServer(Account({WELL_KNOWN: itself})) as server:
        assert poll(server.url, auth="basic").listed == frozenset()


def test_a_redirect_to_another_host_is_refused_and_no_password_goes_there(poll: Poll) -> None:
    with (
        ScriptedServer(lambda request: Answer(404)) as other,
        ScriptedServer(Account({WELL_KNOWN: moved(f"{other.url}dav/")})) as server,
        pytest.raises(CalendarGone, match="on another host"),
    ):
        poll(server.url, auth="basic")
    assert other.log == []


def test_a_redirect_away_from_https_is_refused(poll: Poll, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue("server"))
    doors: dict[str, Answer] = {}
    with ScriptedServer(Account(doors), context) as server:
        for plain in ("http://example.org/dav/", server.url.replace("https:", "http:") + "dav/"):
            doors[WELL_KNOWN] = moved(plain)
            with pytest.raises(ConnectorError) as failure:
                poll(server.url, auth="basic", ca_file=authority.path)
            assert isinstance(failure.value, Nonsense | CalendarGone)
        assert len(server.log) == 2


def test_a_circle_of_redirects_ends(poll: Poll) -> None:
    circle = Account({WELL_KNOWN: moved(WELL_KNOWN)})
    with ScriptedServer(circle) as server, pytest.raises(CalendarGone, match="does not say"):
        poll(server.url, auth="basic")
    assert len(server.log) == 6


@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        (Answer(404), CalendarGone),
        (Answer(405), CalendarGone),
        (Answer(301), CalendarGone),  # and no Location
        (Answer(200, "<html><body>Welcome</body></html>"), CalendarGone),
        (Answer(200, "<!DOCTYPE html><html><br>"), Nonsense),
        (Answer(503), Transient),
        (Answer(401, "", {"WWW-Authenticate": 'Basic realm="x"'}), SignInNeeded),
    ],
)
def test_a_host_that_does_not_say_it_is_told_with_the_remedy(
    poll: Poll, answer: Answer, raised: type[ConnectorError]
) -> None:
    with ScriptedServer(Account({WELL_KNOWN: answer})) as server, pytest.raises(raised) as failure:
        poll(server.url, auth="basic")
    if raised is CalendarGone:
        assert "Leave out discover" in failure.value.remedy


# Which calendars there are, for who is to choose one


def offered(url: str, **more: Any) -> dict[str, dict[str, str | bool]]:
    options = Options(url=url, username=USER, password=Secret(env="TEST_PASSWORD"), **more)
    return {one.name: dict(one.keys) for one in calendars(options)}


def test_an_account_s_calendars_are_offered_by_their_own_addresses(server: DavServer) -> None:
    server.make_calendar("practice", "Practice")
    server.make_calendar("private", "Ärger & Zeit")
    wanted = {
        "Practice": {"url": server.calendar_url("practice")},
        "Ärger & Zeit": {"url": server.calendar_url("private")},
    }
    for url in (server.url.rstrip("/"), server.url, server.principal_url):
        found = offered(url)
        assert wanted.items() <= found.items()
        assert list(found) == sorted(found, key=str.casefold)


def test_what_takes_no_events_is_not_offered(tmp_path: Path) -> None:
    with RadicaleServer(tmp_path) as server:
        server.make_calendar("practice", "Practice")
        server.make_calendar("both", "Both", only="VEVENT,VTODO")
        server.make_calendar("tasks", "Tasks", only="VTODO")
        assert list(offered(server.url)) == ["Both", "Practice"]


def test_what_is_offered_is_read(server: DavServer, poll: Poll) -> None:
    server.make_calendar("practice", "Practice")
    server.write("practice", "a.ics", single("a"))
    keys = offered(server.url)["Practice"]
    assert poll(**{"calendar": None, "discover": False, **keys}).listed == {server.href("practice", "a.ics")}


def test_a_calendar_s_own_address_is_offered_as_it_is(server: DavServer) -> None:
    server.make_calendar("practice", "Practice")
    assert offered(server.calendar_url("practice")) == {"": {"url": server.calendar_url("practice")}}


def test_a_path_that_is_none_of_the_account_s_leads_to_its_host() -> None:
    with ScriptedServer(Account({WELL_KNOWN: moved("/dav/")})) as server:
        assert offered(server.url + "index.php/apps/calendar", auth="basic") == {
            "Practice": {"url": server.url + "dav/cal/"}
        }


def test_a_host_that_says_nothing_is_asked_at_its_root() -> None:
    with ScriptedServer(Account({"/": _told("/", "")})) as server:
        assert offered(server.url, auth="basic") == {}
    assert [request.path for request in server.log][:2] == [WELL_KNOWN, "/"]


def test_a_wrong_password_is_said_at_once(server: DavServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_PASSWORD", "wr0ng")
    with pytest.raises(SignInNeeded, match="refuses the user name or password"):
        offered(server.url)


def test_a_server_that_is_gone_is_said(server: DavServer) -> None:
    server.stop()
    with pytest.raises(Transient, match="cannot be reached"):
        offered(server.url)


def test_a_calendar_elsewhere_hides_no_other_and_one_on_a_known_host_goes_by_its_name() -> None:
    assert _keys("A", "https://cloud.example.org/a/", "https://cloud.example.org", True) == {
        "url": "https://cloud.example.org/a/"
    }
    assert _keys("A", "https://p42-caldav.icloud.com/1/a/", "https://caldav.icloud.com", True) == {
        "url": "https://caldav.icloud.com", "discover": True, "calendar": "A",
    }  # fmt: skip
    assert _keys("A", "https://p42-caldav.icloud.com/1/a/", "https://caldav.icloud.com/x/", False) == {
        "url": "https://caldav.icloud.com/x/", "calendar": "A",
    }  # fmt: skip
