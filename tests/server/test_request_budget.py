"""What a poll may cost: 2,000 events, 200 of them weekly series, counted by a proxy on the way.

Bytes are those of whole HTTP messages, requests and answers together (`Traffic`).
"""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from pathlib import Path

import pytest

from kepthour_connectors.base import Kind
from tests.fakes.scripted_http import Answer, Request, ScriptedServer
from tests.support.dav import DavServer
from tests.support.metered import EVENTS, WEEKLY, Metered, metered, practice
from tests.support.traffic import CountingProxy, Heads, Traffic


@pytest.fixture
def calendar(server: DavServer, tmp_path: Path) -> Iterator[Metered]:
    with metered(server, tmp_path) as made:
        yield made


def test_a_big_calendar_comes_in_10_requests_and_costs_next_to_nothing_after(calendar: Metered) -> None:
    first, traffic = calendar.poll()
    assert (first.kind, len(first.changed), first.bad) == (Kind.FULL, EVENTS, ())
    assert sum("RRULE:FREQ=WEEKLY" in each.payload for each in first.changed) == WEEKLY
    # no sign-in was named: it is in the count
    assert any(line.endswith(" 401") for line in calendar.server.log)
    assert traffic.requests == first.requests == calendar.server.requests <= 10

    for _ in range(2):
        batch, traffic = calendar.poll()
        assert (batch.kind, batch.changed, batch.deleted) == (Kind.DELTA, (), frozenset())
        assert traffic.requests == batch.requests == 1
        assert traffic.bytes < 2000

    calendar.change_one()
    batch, traffic = calendar.poll()
    assert [each.href for each in batch.changed] == [calendar.server.href("practice", "session-1234.ics")]
    assert traffic.requests == batch.requests == 2

    calendar.connector.close()  # as after a start: the server asks for the password once more
    batch, traffic = calendar.poll()
    assert (batch.kind, traffic.requests) == (Kind.DELTA, 2)


def test_the_figures_are_of_what_was_sent_and_received() -> None:
    def program(request: Request) -> Answer:
        return Answer(200, f"{request.body}!")

    with ScriptedServer(program) as server, CountingProxy(int(server.url.split(":")[2].strip("/"))) as proxy:
        connection = http.client.HTTPConnection(proxy.through(server.url).split("/")[2], timeout=60)
        for body in ("12345678", "GET / HTTP/1.1\r\n\r\n"):  # a body may look like a head
            connection.request("PUT", "/", body)
            answer = connection.getresponse().read()
            assert answer == f"{body}!".encode()
        connection.close()
        taken = proxy.take()
    head = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"
    assert taken.requests == 2
    assert taken.received == len(head) + 9 + len(head) + 1 + 19
    assert proxy.take() == Traffic(0, 0, 0)


def test_requests_are_found_in_pieces_of_any_size() -> None:
    post = b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"
    stream = post + b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" + post
    for size in (1, 2, 7, len(stream)):
        heads = Heads()
        pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
        assert sum(heads.feed(piece) for piece in pieces) == 3


def test_the_practice_has_as_many_events_as_is_said() -> None:
    texts = practice()
    assert len(texts) == EVENTS == 2000
    assert sum("RRULE:FREQ=WEEKLY" in text for text in texts.values()) == WEEKLY == 200
