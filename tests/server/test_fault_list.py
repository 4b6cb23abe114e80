"""Every fault of a server, end to end: what is stored stays, reminders go on, the fault is named, and it heals."""

from __future__ import annotations

import gzip
import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from kepthour.core.freshness import Freshness
from tests.fakes.scripted_http import LOGIN_PAGE, Answer, FakeCalDav, Request, precondition, xml
from tests.server.fault_bench import (
    SECRETS,
    Bench,
    CalDavSource,
    FeedSource,
    Program,
    Trouble,
    a_certificate_of_nobody,
    another_certificate,
    answering,
    bench_on,
    cut_in_the_middle,
    new_bench_on,
    no_tls_where_it_is_due,
    nobody_listens,
    on_the_day,
    only_for,
    playing,
    silence,
    truly,
)
from tests.support.certificates import make_certificate
from tests.support.day import when

HTML = {"Content-Type": "text/html"}
XML = {"Content-Type": "application/xml; charset=utf-8"}
GZIP = {"Content-Encoding": "gzip"}
# By the server's own clock, and by any other: nothing but the cap of an hour decides.
UNTIL = {"Retry-After": "Tue, 03 Mar 2099 08:00:00 GMT", "Date": "Mon, 02 Mar 2099 08:00:00 GMT"}
HUGE = b" " * (65 << 20)


@dataclass(frozen=True)
class Fault:
    """A poll that fails: as which problem, and what `status` says of it (a pattern)."""

    name: str
    trouble: Trouble
    problem: str
    says: str
    pause: timedelta | None = None  # how long the source is left in peace at least

    @property
    def state(self) -> Freshness:
        return Freshness.SIGN_IN_NEEDED if self.problem == "sign_in_needed" else Freshness.STALE


def login(request: Request) -> Answer:
    return (
        Answer(200, LOGIN_PAGE, HTML) if request.path == "/login" else Answer(302, "", {"Location": "/login"})
    )


def hang_up(request: Request) -> Answer:
    raise ConnectionAbortedError


BOTH = [
    Fault("401", answering(Answer(401)), "sign_in_needed", "refuses the user name|not accepted any more"),
    Fault("403", answering(Answer(403)), "sign_in_needed", "denies access|not accepted any more"),
    Fault("404", answering(Answer(404)), "calendar_gone", "no calendar at this address|no feed at"),
    Fault("410", answering(Answer(410)), "calendar_gone", "no calendar at this address|no feed at"),
    Fault("429 for seconds", answering(Answer(429, "", {"Retry-After": "1200"})), "rate_limited",
          "asks for a pause", timedelta(minutes=20)),
    Fault("429 until a date", answering(Answer(429, "", UNTIL)), "rate_limited", "asks for a pause",
          timedelta(hours=1)),
    Fault("429 for ages", answering(Answer(429, "", {"Retry-After": "9" * 23})), "rate_limited",
          "asks for a pause", timedelta(hours=1)),
    Fault("429", answering(Answer(429)), "rate_limited", "asks for a pause"),
    Fault("500", answering(Answer(500)), "transient", r"fault of its own \(500\)"),
    Fault("502", answering(Answer(502, LOGIN_PAGE, HTML)), "transient", r"fault of its own \(502\)"),
    Fault("503", answering(Answer(503)), "transient", r"fault of its own \(503\)"),
    Fault("503 for seconds", answering(Answer(503, "", {"Retry-After": "1200"})), "rate_limited",
          "asks for a pause", timedelta(minutes=20)),
    Fault("an empty body", answering(Answer(200)), "nonsense", r"does not allow \(empty\)|not all of it \(empty\)"),
    Fault("a captive portal", answering(Answer(200, LOGIN_PAGE, HTML)), "nonsense", "login page|web page"),
    Fault("a captive portal elsewhere", answering(Answer(302, "", {"Location": "http://portal.example/"})),
          "nonsense", "redirects to an address that is not https"),
    Fault("a login page", playing(login), "nonsense", "does not allow|login page|no iCalendar text"),
    Fault("HTML said to be what was asked for", answering(Answer(200, LOGIN_PAGE, XML)), "nonsense",
          "login page|no iCalendar text"),
    Fault("redirects without end", playing(lambda request: Answer(302, "", {"Location": request.path})),
          "nonsense", "redirects without end|TooManyRedirects"),
    Fault("a redirect to what is no address", answering(Answer(302, "", {"Location": "https://[::1/x"})),
          "nonsense", "redirects to an address that is not https|something that HTTP does not allow"),
    Fault("hung up", playing(hang_up), "transient", "broke off"),
    Fault("cut in the middle", cut_in_the_middle(chunked=False), "transient", "broke off"),
    Fault("cut in the middle of a chunk", cut_in_the_middle(chunked=True), "transient", "broke off"),
    Fault("silence", silence, "transient", "did not answer in time"),
    Fault("nobody listens", nobody_listens, "transient", "cannot be reached"),
    Fault("gzip that is none", answering(Answer(200, b"\x00\x01 no gzip", XML | GZIP)), "transient", "broke off"),
    Fault("gzip without its end", truly(lambda answer: replace(
        answer, body=gzip.compress(answer.raw)[: len(answer.raw) // 10], headers={**answer.headers, **GZIP})),
        "nonsense", "not XML|no iCalendar text"),
    Fault("65 MB", answering(Answer(200, HUGE, XML)), "nonsense", "more than 64 MB|larger than 20 MB"),
    Fault("65 MB in few bytes", answering(Answer(200, gzip.compress(HUGE, 1), XML | GZIP)), "nonsense",
          "more than 64 MB|larger than 20 MB"),
]  # fmt: skip

CALDAV_ONLY = [
    Fault("a redirect to another host", answering(Answer(302, "", {"Location": "https://portal.example/"})),
          "calendar_gone", "to an address on another host, portal.example"),
    Fault("no sync token", answering(xml('<D:multistatus xmlns:D="DAV:"/>')), "nonsense", "without a new sync token"),
    Fault("XML of another kind", answering(xml("<hello/>")), "nonsense", r"does not allow \(no-multistatus\)"),
    Fault("XML cut off", answering(xml("<D:multistatus xmlns:D='DAV:'><D:resp")), "nonsense", "not XML"),
    Fault("a change without a name", answering(xml(
        '<D:multistatus xmlns:D="DAV:"><D:response/><D:sync-token>t9</D:sync-token></D:multistatus>')),
        "nonsense", r"does not allow \(no-href\)"),
]  # fmt: skip

FEED_ONLY = [
    Fault("a redirect to a name too long", answering(Answer(302, "", {"Location": f"https://{'a' * 70}.example/"})),
          "nonsense", "something that HTTP does not allow"),
    Fault("a certificate of nobody", a_certificate_of_nobody, "transient", "certificate is not accepted"),
    Fault("no TLS where it is due", no_tls_where_it_is_due, "transient", "not secure|cannot be reached"),
    Fault("304 to no condition", answering(Answer(304)), "nonsense", r"answers as no feed does \(304\)"),
    Fault("204", answering(Answer(204)), "nonsense", r"answers as no feed does \(204\)"),
    Fault("a calendar cut off between two events", truly(
        lambda answer: replace(answer, body=answer.raw[: answer.raw.rindex(b"BEGIN:VEVENT")])),
        "nonsense", r"not all of it \(cut-off\)"),
    Fault("a calendar cut off in a line", truly(lambda answer: replace(answer, body=answer.raw[:-40])),
          "nonsense", r"not all of it \(cut-off\)"),
]  # fmt: skip


# A 500 concerns the one object that is asked for: see NOT_GIVEN below. And a port is closed for all or none.
WHEN_READING = [fault for fault in BOTH if fault.name not in {"500", "nobody listens"}]


def named(faults: Sequence[Fault | Oddity]) -> list[Any]:
    return [pytest.param(fault, id=fault.name) for fault in faults]


@pytest.fixture
def caldav(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    with bench_on(CalDavSource(), tmp_path, monkeypatch) as bench:
        yield bench


@pytest.fixture
def listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """A CalDAV server without sync reports: each poll is a full listing."""
    source = CalDavSource()
    source.fake.instead["sync"] = Answer(501)
    with bench_on(source, tmp_path, monkeypatch) as bench:
        yield bench


@pytest.fixture
def feed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    source = FeedSource()
    source.validates = False
    with bench_on(source, tmp_path, monkeypatch) as bench:
        yield bench


async def fails_without_harm(bench: Bench, fault: Fault, trouble: Trouble) -> None:
    """The sentence that is to be true of each fault of each connector."""
    planned = bench.plan()
    bench.change()
    with trouble(bench):
        polled = bench.poll()
        assert polled.problem == fault.problem
        assert bench.plan() == planned
        assert bench.starts() == Bench.before
        status = bench.status()
        assert status.state is fault.state
        assert re.search(fault.says, str(status.problem))
        assert not [secret for secret in SECRETS if secret in str(status.problem)]
        if fault.pause is not None:
            assert bench.day.app.next_poll("practice", polled) == bench.day.clock.at + fault.pause
        await bench.day.until("2026-03-02 09:00")
        assert ("09:00:00", "-60m") in bench.day.rungs()
        assert bench.day.notices()[0].rung == "calendar"  # the trouble is told: a session is near
        assert bench.starts() == Bench.before
    heals(bench)


def heals(bench: Bench) -> None:
    (polled,) = bench.day.app.sync()
    assert polled.problem is None
    assert bench.starts() == Bench.after
    status = bench.status()
    assert (status.state, status.problem, status.quarantined) == (Freshness.FRESH, None, {})


@pytest.fixture(autouse=True)
def nothing_secret_is_shown(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> Iterator[None]:
    caplog.set_level(logging.DEBUG)
    yield
    logged = [f"{record.getMessage()} {record.exc_text}" for record in caplog.get_records("call")]
    shown = "".join([*logged, *capfd.readouterr()])
    assert not [secret for secret in SECRETS if secret in shown]


@pytest.mark.parametrize("fault", named(BOTH + CALDAV_ONLY))
async def test_a_fault_of_a_caldav_server_does_no_harm_and_heals(caldav: Bench, fault: Fault) -> None:
    await fails_without_harm(caldav, fault, fault.trouble)


async def test_a_certificate_that_is_not_trusted_any_more_does_no_harm_and_heals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = CalDavSource()
    source.certificate = make_certificate(tmp_path)
    fault = Fault("another", another_certificate, "transient", "certificate is not accepted")
    with bench_on(source, tmp_path, monkeypatch) as bench:
        await fails_without_harm(bench, fault, fault.trouble)


@pytest.mark.parametrize("fault", named(WHEN_READING))
async def test_a_fault_after_the_changes_were_named_does_no_harm_and_heals(
    caldav: Bench, fault: Fault
) -> None:
    await fails_without_harm(caldav, fault, only_for(caldav.source.reading, fault.trouble))


@pytest.mark.parametrize("fault", named(BOTH))
async def test_a_fault_in_a_full_listing_does_no_harm_and_heals(listed: Bench, fault: Fault) -> None:
    await fails_without_harm(listed, fault, fault.trouble)


@pytest.mark.parametrize("fault", named(BOTH + FEED_ONLY))
async def test_a_fault_of_a_feed_does_no_harm_and_heals(feed: Bench, fault: Fault) -> None:
    await fails_without_harm(feed, fault, fault.trouble)


@pytest.mark.parametrize("source", [CalDavSource, FeedSource])
@pytest.mark.parametrize("fault", named(BOTH))
def test_a_fault_at_the_very_first_poll_is_named_and_heals(
    fault: Fault, source: type[CalDavSource | FeedSource], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with new_bench_on(source(), tmp_path, monkeypatch) as bench:
        with fault.trouble(bench):
            assert bench.poll().problem == fault.problem
            status = bench.status()
            assert status.state in {Freshness.NEVER_SYNCED, Freshness.SIGN_IN_NEEDED}
            assert re.search(fault.says, str(status.problem))
        bench.change()
        heals(bench)


# What a CalDAV server may do instead of what it should, so that the very poll copes with it.


@dataclass(frozen=True)
class Oddity:
    """A poll that succeeds all the same: the fake server's odd ways, and the warning that names what happened."""

    name: str
    ways: dict[str, Any] = field(default_factory=dict)
    instead: dict[str, Answer | Program] = field(default_factory=dict)
    warning: str | None = None


def unless_first(answer: Answer) -> Program:
    """`answer` to a sync report with a token; one without a token is answered truly."""
    return lambda request: answer if "<D:sync-token></D:sync-token>" not in request.body else None


def refuses(name: str, status: int = 403) -> dict[str, Answer | Program]:
    return {"sync": unless_first(precondition(name, status))}


ODDITIES = [
    Oddity("the token has expired: 403", instead=refuses("valid-sync-token"), warning="token-refused"),
    Oddity("the token has expired: 412", instead=refuses("valid-sync-token", 412), warning="token-refused"),
    Oddity("no token is good, not even none (cyrusimap/cyrus-imapd#4985)",
           instead={"sync": precondition("valid-sync-token")}, warning="token-refused"),
    Oddity("there are no sync reports any more", instead={"sync": precondition("supported-report")},
           warning="token-refused"),
    Oddity("an unknown token brings everything", {"forgets_tokens_silently": True}, warning="silent-reset"),
    Oddity("a deleted member is 404", {"gone_status": "404 Not Found"}),
    Oddity("a deleted member is 418 (python-caldav/caldav#203)", {"gone_status": "418 I'm a teapot"}),
    Oddity("507 with a token that goes on", {"page_size": 1}),
    Oddity("507 that leads nowhere (python-caldav/caldav#340)", {"page_size": 1, "pages_go_on": False},
           warning="token-refused"),
    Oddity("507 in place of an answer (python-caldav/caldav#340)", instead={"sync": Answer(507)},
           warning="token-refused"),
    Oddity("a multiget that leaves out an href", {"multiget_omits": {"moved@example.ics", "added@example.ics"}},
           warning="multiget-gaps"),
    Oddity("a multiget that writes @", {"multiget_spells": lambda href: href.replace("%40", "@")}),
    Oddity("a listing that writes @", {"spells": lambda href: href}),
    Oddity("relative hrefs", {"spells": lambda href: quote(href.removeprefix("/cal/"))}),
    Oddity("absolute hrefs", {"spells": lambda href: f"https://inside.example.org{quote(href)}"}),
]  # fmt: skip


@pytest.mark.parametrize("oddity", named(ODDITIES))
async def test_an_oddity_of_a_caldav_server_costs_no_change(caldav: Bench, oddity: Oddity) -> None:
    fake = caldav.caldav
    usual = {name: getattr(fake, name) for name in oddity.ways}
    caldav.change()
    set_all(fake, oddity.ways)
    fake.instead.update(oddity.instead)
    polled = caldav.poll()
    assert (polled.problem, polled.warnings) == (None, (oddity.warning,) if oddity.warning else ())
    assert caldav.starts() == Bench.after
    await caldav.day.until("2026-03-02 09:00")
    assert ("09:00:00", "-60m") in caldav.day.rungs()
    assert caldav.starts() == Bench.after
    set_all(fake, usual)
    fake.instead.clear()
    caldav.change_again()
    caldav.poll()
    assert caldav.starts() == Bench.in_the_end
    assert caldav.status().state is Freshness.FRESH


@pytest.mark.parametrize("kind", ["caldav", "feed"])
def test_connections_that_were_ended_between_two_polls_cost_no_poll(
    kind: str, request: pytest.FixtureRequest
) -> None:
    """googleapis/google-api-python-client#563: a socket that had gone stale failed the next call."""
    bench: Bench = request.getfixturevalue(kind)
    bench.change()
    with nobody_listens(bench):
        pass
    heals(bench)


def set_all(fake: FakeCalDav, ways: dict[str, Any]) -> None:
    for name, way in ways.items():
        setattr(fake, name, way)


# An object which the server names and does not give.


NOT_GIVEN = [
    pytest.param(Answer(500), "status-500", id="500"),
    pytest.param(Answer(507), "status-507", id="507"),
    pytest.param(Answer(400), "status-400", id="400"),
]
NOT_GIVEN_ALONE = [
    *NOT_GIVEN,
    pytest.param(Answer(403), "status-403", id="403"),
    pytest.param(Answer(200, LOGIN_PAGE, HTML), "not-icalendar", id="a login page"),
    pytest.param(Answer(200), "not-icalendar", id="nothing"),
]


@pytest.mark.parametrize(("answer", "reason"), NOT_GIVEN)
async def test_objects_that_are_not_given_stay_as_they_were_and_are_asked_for_again(
    caldav: Bench, answer: Answer, reason: str
) -> None:
    caldav.change()
    with only_for(caldav.source.reading, answering(answer))(caldav):
        assert caldav.poll().problem is None
        assert caldav.status().quarantined == {reason: 2}
        assert caldav.starts() == ("10:00", "12:00", "16:00")
        await caldav.day.until("2026-03-02 09:00")
        assert ("09:00:00", "-60m") in caldav.day.rungs()
        assert caldav.starts() == ("10:00", "12:00", "16:00")
    heals(caldav)


@pytest.mark.parametrize(("answer", "reason"), NOT_GIVEN_ALONE)
def test_objects_that_are_not_given_alone_either_are_asked_for_again(
    caldav: Bench, answer: Answer, reason: str
) -> None:
    caldav.change()
    caldav.caldav.multiget_omits = {"moved@example.ics", "added@example.ics"}
    with only_for(("GET",), answering(answer))(caldav):
        assert caldav.poll().problem is None
        assert caldav.status().quarantined == {reason: 2}
        assert caldav.starts() == ("10:00", "12:00", "16:00")
    heals(caldav)


def test_one_object_that_is_never_given_stops_nothing_that_comes_after_it(caldav: Bench) -> None:
    """bitfireAT/davx5-ose#1459: after one bad event nothing else was synchronised any more."""

    def choke(request: Request) -> Answer | None:
        return Answer(500) if "gone%40" in request.body + request.path else None

    caldav.source.put("gone", on_the_day("11:30"))
    with only_for(caldav.source.reading, playing(choke))(caldav):
        caldav.poll()
        caldav.source.put("moved", on_the_day("13:00"))
        caldav.poll()
        caldav.source.put("added", on_the_day("14:00"))
        caldav.source.delete("late")
        caldav.poll()
        assert caldav.starts() == ("10:00", "11:00", "13:00", "14:00")
        assert caldav.status().quarantined == {"status-500": 1}
    caldav.poll()
    assert caldav.starts() == ("10:00", "11:30", "13:00", "14:00")


def test_an_object_that_was_not_given_is_forgotten_when_it_is_deleted(caldav: Bench) -> None:
    caldav.change()
    with only_for(caldav.source.reading, answering(Answer(500)))(caldav):
        caldav.poll()
        caldav.source.delete("moved")
        caldav.poll()
        assert caldav.starts() == ("10:00", "16:00")
        assert caldav.status().quarantined == {"status-500": 1}


def test_an_object_that_was_not_given_moves_with_the_window(caldav: Bench) -> None:
    caldav.source.put("far", datetime(2026, 5, 20, 10))
    caldav.poll()
    caldav.source.put("far", datetime(2026, 5, 20, 11))
    with only_for(caldav.source.reading, answering(Answer(500)))(caldav):
        caldav.poll()
    caldav.day.clock.at = when("2026-05-19 10:00")
    caldav.day.app.refresh()
    (entry,) = caldav.day.agenda("2026-05-20 00:00", "2026-05-21 00:00")
    assert entry.session.start == when("2026-05-20 10:00")
