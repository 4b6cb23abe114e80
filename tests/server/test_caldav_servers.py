"""The CalDAV connector on real servers: what it costs, what it finds, what it says when it may not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kepthour_connectors.base import (
    CalendarGone,
    Connector,
    Kind,
    Known,
    SignInNeeded,
    Surroundings,
    Transient,
)
from kepthour_connectors.caldav import Options, connect
from kepthour_connectors.secrets import Secret
from tests.support.calendars import single, todo
from tests.support.dav import USER, DavServer

Make = Callable[..., Connector]
PASSWORD = Secret(env="TEST_PASSWORD")


@pytest.fixture
def make(server: DavServer, tmp_path: Path) -> Iterator[Make]:
    made: list[Connector] = []

    def connected(**options: Any) -> Connector:
        given = {"url": server.calendar_url("practice"), "username": USER, "password": PASSWORD, **options}
        made.append(connect(Options(**given), Surroundings("practice", tmp_path)))
        return made[-1]

    server.make_calendar("practice", "Practice")
    yield connected
    for connector in made:
        connector.close()


def etags(batch: Any) -> dict[str, str]:
    return {each.href: each.etag for each in batch.changed}


def test_events_come_by_hundreds_a_request_and_then_nothing_with_one(server: DavServer, make: Make) -> None:
    for number in range(350):
        server.write("practice", f"{number}.ics", single(f"event-{number}"))
    connector = make(auth="basic")
    first = connector.poll(Known())
    assert len(first.changed) == 350
    assert first.requests == server.requests == 1 + 3  # the listing; 100, 200, 50
    again = connector.poll(Known(first.cursor, etags(first)))
    assert (again.kind, again.changed, again.requests) == (Kind.DELTA, (), 1)


def test_one_change_takes_two_requests(server: DavServer, make: Make) -> None:
    server.write("practice", "a.ics", single("a"))
    connector = make()
    first = connector.poll(Known())
    server.put("practice", "a.ics", single("a", "moved"))
    batch = connector.poll(Known(first.cursor, etags(first)))
    assert [each.href for each in batch.changed] == [server.href("practice", "a.ics")]
    assert batch.requests == 2


def test_a_deletion_takes_one_request_and_is_named(server: DavServer, make: Make) -> None:
    server.write("practice", "a.ics", single("a"))
    connector = make()
    first = connector.poll(Known())
    server.delete("practice", "a.ics")
    batch = connector.poll(Known(first.cursor, etags(first)))
    assert batch.deleted == {server.href("practice", "a.ics")}
    assert (batch.kind, batch.changed, batch.requests) == (Kind.DELTA, (), 1)


def test_requests_are_counted_truly_even_when_the_server_asks_for_the_password_first(
    server: DavServer, make: Make
) -> None:
    batch = make(auth=None).poll(Known())
    assert any(line.endswith(" 401") for line in server.log)
    assert batch.requests == server.requests


def test_a_forgotten_token_leads_to_a_full_listing_that_reads_only_what_changed(
    server: DavServer, make: Make
) -> None:
    for name in ("a", "b", "c"):
        server.write("practice", f"{name}.ics", single(name))
    connector = make()
    first = connector.poll(Known())
    server.put("practice", "a.ics", single("a", "moved"))
    server.delete("practice", "b.ics")
    server.forget_tokens("practice")
    batch = connector.poll(Known(first.cursor, etags(first)))
    assert batch.kind is Kind.FULL
    assert batch.listed == {server.href("practice", "a.ics"), server.href("practice", "c.ics")}
    assert [each.href for each in batch.changed] == [server.href("practice", "a.ics")]
    assert batch.warnings == ("token-refused",)
    assert batch.requests == 3
    healed = connector.poll(Known(batch.cursor, etags(first) | etags(batch)))
    assert (healed.kind, healed.requests) == (Kind.DELTA, 1)


def test_a_token_of_another_calendar_is_refused_and_healed(server: DavServer, make: Make) -> None:
    server.write("practice", "a.ics", single("a"))
    server.write("other", "b.ics", single("b"))
    elsewhere = make(url=server.calendar_url("other")).poll(Known())
    batch = make().poll(Known(elsewhere.cursor, etags(elsewhere)))
    assert batch.listed == {server.href("practice", "a.ics")}


def test_tasks_are_listed_but_neither_given_nor_read_twice(server: DavServer, make: Make) -> None:
    server.write("practice", "a.ics", single("a"))
    server.write("practice", "t.ics", todo("t"))
    connector = make(auth="basic")
    batch = connector.poll(Known())
    assert batch.listed == {server.href("practice", "a.ics"), server.href("practice", "t.ics")}
    assert [each.href for each in batch.changed] == [server.href("practice", "a.ics")]
    assert connector.poll(Known(batch.cursor, etags(batch), full=True)).requests == 1


@pytest.mark.parametrize("where", ["url", "principal_url"])
def test_a_calendar_is_found_by_its_name_and_looked_for_only_once(
    server: DavServer, make: Make, where: str
) -> None:
    server.write("practice", "a.ics", single("a"))
    server.make_calendar("private", "Private")
    connector = make(url=getattr(server, where), calendar="practice", auth="basic")
    first = connector.poll(Known())
    assert first.listed == {server.href("practice", "a.ics")}
    assert first.requests > 2
    assert connector.poll(Known(first.cursor, etags(first))).requests == 1


def test_a_calendar_that_moved_is_found_again_by_its_name(server: DavServer, make: Make) -> None:
    connector = make(url=server.url, calendar="Practice")
    connector.poll(Known())
    server.remove_calendar("practice")
    server.write("new", "a.ics", single("a"))
    server.make_calendar("new", "Practice")
    with pytest.raises(CalendarGone):
        connector.poll(Known())
    assert connector.poll(Known()).listed == {server.href("new", "a.ics")}


def test_a_name_that_no_calendar_has_yet_is_looked_for_again(server: DavServer, make: Make) -> None:
    connector = make(url=server.url, calendar="Sessions")
    with pytest.raises(CalendarGone):
        connector.poll(Known())
    server.make_calendar("practice", "Sessions")
    assert connector.poll(Known()).kind is Kind.FULL


def test_two_calendars_of_one_name_are_not_guessed_between(server: DavServer, make: Make) -> None:
    server.make_calendar("second", "Practice")
    with pytest.raises(CalendarGone, match="more than one"):
        make(url=server.url, calendar="Practice").poll(Known())


def test_the_address_of_an_account_is_not_taken_for_an_empty_calendar(server: DavServer, make: Make) -> None:
    with pytest.raises(CalendarGone, match="not that of a calendar"):
        make(url=server.principal_url).poll(Known())


def test_a_removed_calendar_is_gone_and_not_empty(server: DavServer, make: Make) -> None:
    server.write("practice", "a.ics", single("a"))
    connector = make()
    first = connector.poll(Known())
    server.remove_calendar("practice")
    with pytest.raises(CalendarGone):
        connector.poll(Known(first.cursor, etags(first)))


@pytest.mark.parametrize("auth", [None, "basic"])
def test_a_wrong_password_asks_for_a_sign_in_and_a_new_one_is_taken_without_a_restart(
    server: DavServer, make: Make, auth: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    connector = make(auth=auth)
    connector.poll(Known())
    server.change_password("another-word")
    with pytest.raises(SignInNeeded):
        connector.poll(Known())
    monkeypatch.setenv("TEST_PASSWORD", "another-word")
    assert connector.poll(Known()).kind is Kind.FULL


def test_a_password_that_is_not_at_hand_asks_for_a_sign_in(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TEST_PASSWORD")
    with pytest.raises(SignInNeeded, match="TEST_PASSWORD is not set"):
        make().poll(Known())


def test_a_password_may_hold_any_character(
    server: DavServer, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.change_password("größe€:x y")
    monkeypatch.setenv("TEST_PASSWORD", "größe€:x y")
    assert make().poll(Known()).kind is Kind.FULL


def test_a_server_that_is_down_is_transient_and_healed_by_itself(server: DavServer, make: Make) -> None:
    connector = make()
    first = connector.poll(Known())
    server.stop()
    with pytest.raises(Transient):
        connector.poll(Known(first.cursor))
    server.start()
    assert connector.poll(Known(first.cursor)).kind is Kind.DELTA


def test_neither_proxy_variables_nor_netrc_are_read(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login anna password secret-word\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert make().poll(Known()).kind is Kind.FULL
    with pytest.raises(SignInNeeded):
        make(username=None, password=None).poll(Known())


def test_a_missing_ca_file_is_said(make: Make, tmp_path: Path) -> None:
    with pytest.raises(SignInNeeded, match="There is no file"):
        make(ca_file=tmp_path / "ca.pem").poll(Known())


def test_names_with_odd_characters_come_and_go_under_one_href(server: DavServer, make: Make) -> None:
    names = ["a@b.example.ics", "with space.ics", "plus+and&.ics", "müller.ics", "100%.ics"]
    for number, name in enumerate(names):
        server.write("practice", name, single(f"event-{number}"))
    connector = make()
    first = connector.poll(Known())
    assert first.listed == {server.href("practice", name) for name in names}
    assert etags(first).keys() == first.listed
    for name in names:
        server.delete("practice", name)
    assert connector.poll(Known(first.cursor, etags(first))).deleted == first.listed
