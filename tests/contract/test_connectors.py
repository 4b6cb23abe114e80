"""What every connector promises, tried on each of them with a real source behind it."""

from __future__ import annotations

import json
import os
import socket
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from kepthour_connectors import caldav, google, ics
from kepthour_connectors.base import Batch, Connector, ConnectorError, Kind, Known, Surroundings
from kepthour_connectors.secrets import Secret
from tests.fakes.google import GoogleFake, hang_up
from tests.fakes.scripted_http import Answer, ScriptedServer
from tests.support.calendars import calendar, event, single
from tests.support.dav import PASSWORD, USER, DavServer
from tests.support.google import Hand
from tests.support.radicale import RadicaleServer
from tests.support.xandikos import XandikosServer

TITLE = "AB very private"


class Source(Protocol):
    """A calendar that a test may change, and a connector to it."""

    connector: Connector
    secrets: tuple[str, ...]  # what must stand in no text

    def put(self, uid: str, summary: str) -> None: ...
    def delete(self, uid: str) -> None: ...
    def break_(self) -> None: ...
    def mend(self) -> None: ...


class OnCalDav:
    def __init__(self, server: DavServer, surroundings: Surroundings) -> None:
        self.server = server
        server.make_calendar("practice")
        options = caldav.Options(
            url=server.calendar_url("practice"), username=USER, password=Secret(env="TEST_PASSWORD")
        )
        self.connector = caldav.connect(options, surroundings)
        self.secrets = (PASSWORD,)

    def put(self, uid: str, summary: str) -> None:
        self.server.put("practice", f"{uid}.ics", single(uid, summary))

    def delete(self, uid: str) -> None:
        self.server.delete("practice", f"{uid}.ics")

    def break_(self) -> None:
        self.server.stop()

    def mend(self) -> None:
        self.server.start()


class InOneText:
    """What file and feed have in common."""

    connector: Connector

    def __init__(self) -> None:
        self.events: dict[str, str] = {}

    @property
    def text(self) -> str:
        return calendar(*(event(uid, summary) for uid, summary in self.events.items()))

    def put(self, uid: str, summary: str) -> None:
        self.events[uid] = summary

    def delete(self, uid: str) -> None:
        del self.events[uid]


class InAFile(InOneText):
    secrets: tuple[str, ...] = ()

    def __init__(self, folder: Path, surroundings: Surroundings) -> None:
        super().__init__()
        self.file = folder / "sessions.ics"
        self._write()
        self.connector = ics.connect(ics.Options(path=self.file), surroundings)

    def put(self, uid: str, summary: str) -> None:
        super().put(uid, summary)
        self._write()

    def delete(self, uid: str) -> None:
        super().delete(uid)
        self._write()

    def break_(self) -> None:
        self.file.unlink()

    def mend(self) -> None:
        self._write()

    def _write(self) -> None:
        self.file.write_bytes(self.text.encode())


class AtAnAddress(InOneText):
    secrets = ("private-token-4711", "/feeds/")

    def __init__(self, server: ScriptedServer, surroundings: Surroundings) -> None:
        super().__init__()
        self.broken = False
        os.environ["TEST_FEED"] = f"{server.url}feeds/private-token-4711.ics"
        self.connector = ics.connect(ics.Options(url=Secret(env="TEST_FEED")), surroundings)

    def answer(self) -> Answer:
        return Answer(500) if self.broken else Answer(200, self.text, {"Content-Type": "text/calendar"})

    def break_(self) -> None:
        self.broken = True

    def mend(self) -> None:
        self.broken = False


class AtGoogle:
    def __init__(self, fake: GoogleFake, folder: Path, surroundings: Surroundings) -> None:
        self.fake = fake
        self.anna = fake.add_account("anna@example.org")
        self.events: dict[str, str] = {}
        token = folder / "token.json"
        token.touch(0o600)
        document = fake.authorized_user(self.anna, google.CALENDAR_SCOPES)
        token.write_text(json.dumps(document), "utf-8")
        self.secrets = (document["refresh_token"], document["client_secret"])
        self.connector = google.connect(google.Options(endpoint=fake.endpoint, token=token), surroundings)

    def put(self, uid: str, summary: str) -> None:
        if uid in self.events:
            self.anna.calendar.update(self.events[uid], summary=summary)
        else:
            self.events[uid] = self.anna.calendar.create(summary, "2026-03-02T10:00")

    def delete(self, uid: str) -> None:
        self.anna.calendar.delete(self.events.pop(uid))

    def break_(self) -> None:
        self.fake.faults.always(hang_up())

    def mend(self) -> None:
        self.fake.faults.clear()


@pytest.fixture(params=["radicale", "xandikos", "google", "ics-file", "ics-url"])
def source(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Source]:
    surroundings = Surroundings("practice", tmp_path)
    monkeypatch.setenv("TEST_PASSWORD", PASSWORD)
    monkeypatch.setenv("TEST_FEED", "")
    if request.param == "radicale":
        with RadicaleServer(tmp_path) as radicale:
            yield OnCalDav(radicale, surroundings)
    elif request.param == "xandikos":
        with XandikosServer(tmp_path) as xandikos:
            yield OnCalDav(xandikos, surroundings)
    elif request.param == "google":
        with GoogleFake(Hand("2026-03-01T12:00:00+00:00")) as fake:
            yield AtGoogle(fake, tmp_path, surroundings)
    elif request.param == "ics-file":
        yield InAFile(tmp_path, surroundings)
    else:
        holder: list[AtAnAddress] = []
        with ScriptedServer(lambda request: holder[0].answer()) as server:
            holder.append(AtAnAddress(server, surroundings))
            yield holder[0]


class Reader:
    """What a caller keeps: it stores each batch as the daemon does."""

    def __init__(self, connector: Connector) -> None:
        self.connector = connector
        self.cursor: str | None = None
        self.payloads: dict[str, str] = {}
        self.etags: dict[str, str] = {}

    @property
    def known(self) -> Known:
        return Known(self.cursor, dict(self.etags))

    def poll(self, full: bool = False) -> Batch:
        batch = self.connector.poll(Known(self.cursor, dict(self.etags), full))
        gone = batch.deleted if batch.listed is None else self.etags.keys() - batch.listed
        for href in gone:
            self.etags.pop(href, None)
            self.payloads.pop(href, None)
        self.etags.update({each.href: each.etag for each in batch.changed})
        self.payloads.update({each.href: each.payload for each in batch.changed})
        self.cursor = batch.cursor
        return batch

    @property
    def titles(self) -> list[str]:
        lines = "".join(self.payloads.values()).splitlines()
        return sorted(line.partition(":")[2] for line in lines if line.startswith("SUMMARY"))


@pytest.fixture
def reader(source: Source) -> Iterator[Reader]:
    yield Reader(source.connector)
    source.connector.close()


def test_the_first_poll_is_full_and_lists_all(source: Source, reader: Reader) -> None:
    source.put("one", "AB")
    source.put("two", "CD")
    batch = reader.poll()
    assert batch.kind is Kind.FULL
    assert batch.listed == {each.href for each in batch.changed}
    assert reader.titles == ["AB", "CD"]
    assert batch.deleted == frozenset()
    assert batch.bad == ()


def test_an_empty_calendar_is_a_full_listing_of_nothing(source: Source, reader: Reader) -> None:
    batch = reader.poll()
    assert (batch.kind, batch.changed, batch.listed) == (Kind.FULL, (), frozenset())


def test_when_nothing_changed_nothing_comes(source: Source, reader: Reader) -> None:
    source.put("one", "AB")
    first = reader.poll()
    batch = reader.poll()
    assert (batch.kind, batch.changed, batch.deleted, batch.listed) == (Kind.DELTA, (), frozenset(), None)
    assert batch.cursor == first.cursor


def test_a_change_an_addition_and_a_deletion_are_seen_together(source: Source, reader: Reader) -> None:
    for uid in ("one", "two", "three"):
        source.put(uid, uid.upper())
    reader.poll()
    source.put("one", "CHANGED")
    source.delete("two")
    source.put("four", "ADDED")
    batch = reader.poll()
    assert len(batch.changed) == 2
    assert reader.titles == ["ADDED", "CHANGED", "THREE"]


def test_a_change_keeps_the_href_and_alters_the_etag(source: Source, reader: Reader) -> None:
    source.put("one", "AB")
    (before,) = reader.poll().changed
    source.put("one", "CD")
    (after,) = reader.poll().changed
    assert after.href == before.href
    assert after.etag != before.etag


def test_what_was_deleted_and_made_again_is_there(source: Source, reader: Reader) -> None:
    source.put("one", "AB")
    reader.poll()
    source.delete("one")
    reader.poll()
    assert reader.titles == []
    source.put("one", "AB again")
    reader.poll()
    assert reader.titles == ["AB again"]


def test_an_audit_lists_all_and_reads_nothing_again(source: Source, reader: Reader) -> None:
    source.put("one", "AB")
    first = reader.poll()
    batch = reader.poll(full=True)
    assert batch.kind is Kind.FULL
    assert batch.listed == first.listed
    assert batch.changed == ()


def test_an_audit_finds_what_the_store_has_and_the_source_has_not(source: Source, reader: Reader) -> None:
    source.put("one", "AB")
    reader.poll()
    reader.etags["ghost"] = "old"
    reader.poll(full=True)
    assert "ghost" not in reader.etags


def test_two_polls_with_the_same_known_give_the_same_answer(source: Source, reader: Reader) -> None:
    source.put("one", "AB")
    source.put("two", "CD")
    reader.poll()
    source.put("one", "EF")
    source.delete("two")
    known = reader.known
    first, second = source.connector.poll(known), source.connector.poll(known)
    assert {each.payload for each in first.changed} == {each.payload for each in second.changed}
    assert (first.kind, first.deleted, first.listed) == (second.kind, second.deleted, second.listed)
    assert len(first.changed) == 1


def test_a_failed_poll_says_so_and_the_same_known_heals_later(source: Source, reader: Reader) -> None:
    source.put("one", "AB")
    reader.poll()
    source.put("two", "CD")
    source.break_()
    with pytest.raises(ConnectorError) as failure:
        reader.poll()
    assert failure.value.remedy.endswith(".")
    assert reader.titles == ["AB"]
    source.mend()
    reader.poll()
    assert reader.titles == ["AB", "CD"]


def test_a_cursor_from_elsewhere_is_as_none(source: Source, reader: Reader) -> None:
    source.put("one", "AB")
    reader.cursor = "not a cursor of this connector"
    batch = reader.poll()
    assert batch.kind is Kind.FULL
    assert reader.titles == ["AB"]


def test_no_batch_shows_a_title_or_a_secret(source: Source, reader: Reader) -> None:
    source.put("one", TITLE)
    batch = reader.poll()
    assert TITLE in batch.changed[0].payload
    for text in (repr(batch), str(batch), repr(source.connector), repr(reader.known)):
        for secret in (TITLE, *source.secrets):
            assert secret not in text


def test_no_error_shows_a_title_or_a_secret(source: Source, reader: Reader) -> None:
    source.put("one", TITLE)
    reader.poll()
    source.break_()
    with pytest.raises(ConnectorError) as failure:
        reader.poll()
    error = failure.value
    trace = "".join(traceback.format_exception(error)).split("Traceback", 1)[-1]
    for text in (repr(error), str(error), error.remedy, trace):
        for secret in (TITLE, *source.secrets):
            assert secret not in text


def test_closing_twice_is_allowed_and_a_poll_opens_again(source: Source, reader: Reader) -> None:
    source.put("one", "AB")
    reader.poll()
    source.connector.close()
    source.connector.close()
    assert reader.poll().changed == ()


def test_requests_are_counted(source: Source, reader: Reader) -> None:
    source.put("one", "AB")
    network = not isinstance(source, InAFile)
    assert (reader.poll().requests > 0) is network
    assert reader.poll().requests == int(network)


@pytest.mark.parametrize("kind", ["caldav", "google", "ics"])
def test_importing_a_kind_and_connecting_does_no_network(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a connection was made")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    surroundings = Surroundings("practice", tmp_path)
    if kind == "caldav":
        connector = caldav.connect(caldav.Options(url="https://example.org/cal/"), surroundings)
    elif kind == "google":
        connector = google.connect(google.Options(), surroundings)
    else:
        connector = ics.connect(ics.Options(url=Secret(env="UNSET")), surroundings)
    connector.close()
