"""The password goes to the configured server, whatever address an answer names."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from kepthour_connectors.base import CalendarGone, Known, Surroundings
from kepthour_connectors.caldav import Options, connect, hosts
from kepthour_connectors.caldav.hosts import may_go
from kepthour_connectors.secrets import Secret
from tests.fakes.scripted_http import CALDAV, Answer, FakeCalDav, Request, ScriptedServer, xml
from tests.support.calendars import single

pytestmark = pytest.mark.usefixtures("caldav_password")


@pytest.fixture
def caldav_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEPTHOUR_TEST_PASSWORD", "a-password")


_NAME = "<D:displayname>Practice</D:displayname>"


def _options(url: str) -> Options:
    secret = Secret(env="KEPTHOUR_TEST_PASSWORD")
    return Options(url=url, calendar="Practice", username="anna", password=secret, auth="basic")


def _responses(href: str, props: str) -> Answer:
    return xml(
        f'<D:multistatus xmlns:D="DAV:" xmlns:C="{CALDAV[1:-1]}"><D:response><D:href>{href}</D:href><D:propstat>'
        f"<D:prop>{props}</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response></D:multistatus>"
    )


def _property(name: str, address: str) -> Answer:
    return _responses("/", f"<{name}><D:href>{address}</D:href></{name}>")


def _home_elsewhere(elsewhere: str) -> Callable[[Request], Answer]:
    def program(request: Request) -> Answer:
        if "calendar-home-set" in request.body:
            return _property("C:calendar-home-set", elsewhere + "home/")
        return _property("D:current-user-principal", "/principal/")

    return program


def _principal_elsewhere(elsewhere: str) -> Callable[[Request], Answer]:
    return lambda request: _property("D:current-user-principal", elsewhere + "principal/")


def _redirecting(status: int) -> Callable[[str], Callable[[Request], Answer]]:
    return lambda elsewhere: lambda request: Answer(status, "", {"Location": elsewhere + "cal/"})


@pytest.mark.parametrize(
    "program",
    [_home_elsewhere, _principal_elsewhere, _redirecting(301), _redirecting(307)],
    ids=["home-set", "principal", "redirect-301", "redirect-307"],
)
def test_another_host_is_not_asked_and_the_therapist_is_told(
    tmp_path: Path,
    program: Callable[[str], Callable[[Request], Answer]],
) -> None:
    with (
        ScriptedServer(lambda request: Answer(404)) as other,
        ScriptedServer(program(other.url)) as configured,
        pytest.raises(CalendarGone, match="an address on another host") as failure,
    ):
        connect(_options(configured.url), Surroundings("practice", tmp_path)).poll(Known())
    assert other.log == []
    assert configured.log[0].headers["Authorization"].startswith("Basic ")
    assert "as url" in failure.value.remedy


def test_a_provider_s_own_further_host_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts, "_OWN_HOSTS", {"localhost": re.compile(r"127\.0\.0\.1")})
    fake = FakeCalDav()
    fake.put("a.ics", single("a"))
    address = ""

    def program(request: Request) -> Answer:
        if request.path.startswith("/cal/"):
            return fake(request)
        if request.path.startswith("/home/"):
            return _responses(
                "/cal/", "<D:resourcetype><D:collection/><C:calendar/></D:resourcetype>" + _NAME
            )
        return _home_elsewhere(address)(request)

    with ScriptedServer(program) as server:
        address = server.url
        options = _options(server.url.replace("127.0.0.1", "localhost"))
        batch = connect(options, Surroundings("practice", tmp_path)).poll(Known())
    assert [each.href for each in batch.changed] == ["/cal/a.ics"]
    assert {request.headers["Host"].partition(":")[0] for request in server.log} == {"localhost", "127.0.0.1"}


@pytest.mark.parametrize(
    ("configured", "url", "allowed"),
    [
        ("https://dav.example.org/a/", "https://dav.example.org/b/", True),
        ("https://dav.example.org/a/", "https://DAV.example.org:443/b/", True),
        ("https://dav.example.org/a/", "https://dav.example.org.:443/b/", True),
        ("https://dav.example.org/a/", "https://dav.example.org:8443/b/", False),
        ("https://dav.example.org/a/", "https://example.org/b/", False),
        ("https://dav.example.org/a/", "http://dav.example.org/b/", False),
        ("http://127.0.0.1:5232/a/", "http://127.0.0.1:5233/a/", False),
        ("https://caldav.icloud.com/", "https://p42-caldav.icloud.com:443/1234/calendars/", True),
        ("https://caldav.icloud.com/", "https://p42-caldav.icloud.com:8443/1234/calendars/", False),
        ("https://caldav.icloud.com/", "http://p42-caldav.icloud.com/1234/calendars/", False),
        ("https://caldav.icloud.com/", "https://p42-caldav.icloud.com.example.org/", False),
        ("https://caldav.icloud.com/", "https://www.icloud.com/", False),
        ("https://p42-caldav.icloud.com/", "https://caldav.icloud.com/", False),
    ],
)
def test_an_account_has_its_own_origin_and_those_its_provider_is_known_for(
    configured: str, url: str, allowed: bool
) -> None:
    assert may_go(configured, url) is allowed
