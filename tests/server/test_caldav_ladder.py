"""From a sync token down to a full listing, and never an event lost: deletions, tokens, reading."""

from __future__ import annotations

import threading
from typing import NoReturn

import pytest

from kepthour_connectors.base import Kind, Known, Nonsense, Transient
from kepthour_connectors.caldav import wire
from tests.fakes.scripted_http import Answer, Request, precondition, xml
from tests.server.faulty import Scene
from tests.support.calendars import single, todo

# Deletions


@pytest.mark.parametrize("status", ["404 Not Found", "410 Gone", "418 I'm a teapot"])
def test_a_deleted_member_is_named_as_deleted(synced: Scene, status: str) -> None:
    """python-caldav/caldav#203: old Nextcloud names deleted members as 418."""
    synced.fake.gone_status = status
    synced.fake.delete("b.ics")
    batch = synced.poll()
    assert (batch.kind, batch.deleted) == (Kind.DELTA, {"/cal/b.ics"})
    assert synced.server.asked == ["sync"]


def test_a_member_that_is_removed_and_made_again_in_one_answer_exists(synced: Scene) -> None:
    body = (
        '<D:multistatus xmlns:D="DAV:"><D:response><D:href>/cal/a.ics</D:href>'
        "<D:status>HTTP/1.1 404 Not Found</D:status></D:response><D:response><D:href>/cal/a.ics</D:href>"
        "<D:propstat><D:prop><D:getetag>e9</D:getetag></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>"
        "</D:response><D:sync-token>t9</D:sync-token></D:multistatus>"
    )
    synced.fake.instead["sync"] = xml(body)
    batch = synced.poll()
    assert batch.deleted == frozenset()
    assert [each.href for each in batch.changed] == ["/cal/a.ics"]


def test_a_connection_that_is_kept_wakes_nobody(scene: Scene) -> None:
    before = set(threading.enumerate())
    scene.poll()
    fresh = set(threading.enumerate()) - before
    assert [one.name for one in fresh if "idle_conn_watch" in one.name] == []


class LookedUp(dict[str, str]):
    """Etags of which none is read but what is asked for by name."""

    def __iter__(self) -> NoReturn:
        raise AssertionError("all that is known was read")

    keys = items = values = __iter__  # type: ignore[assignment]


def test_of_what_is_known_no_more_is_looked_at_than_an_answer_names(synced: Scene) -> None:
    known = Known(synced.cursor, LookedUp(synced.etags), owed=frozenset({"/cal/c.ics"}))
    synced.fake.delete("a.ics")
    synced.fake.put("b.ics", single("b", "moved"))
    batch = synced.connector.poll(known)
    assert (batch.kind, batch.deleted) == (Kind.DELTA, {"/cal/a.ics"})
    assert {each.href for each in batch.changed} == {"/cal/b.ics", "/cal/c.ics"}
    synced.server.log.clear()
    nothing = synced.connector.poll(Known(batch.cursor, LookedUp(synced.etags)))
    assert (nothing.changed, nothing.deleted, synced.server.asked) == ((), frozenset(), ["sync"])


# Tokens


@pytest.mark.parametrize("status", [403, 412, 409])
def test_a_refused_token_leads_to_a_listing_with_a_new_token(synced: Scene, status: int) -> None:
    def refuse(request: Request) -> Answer | None:
        return precondition("valid-sync-token", status) if "<D:sync-token>t" in request.body else None

    synced.fake.delete("a.ics")
    synced.fake.put("b.ics", single("b", "moved"))
    synced.fake.instead["sync"] = refuse
    batch = synced.poll()
    assert synced.server.asked == ["sync", "sync", "multiget"]
    assert (batch.kind, batch.listed) == (Kind.FULL, {"/cal/b.ics", "/cal/c.ics"})
    assert [each.href for each in batch.changed] == ["/cal/b.ics"]
    synced.fake.instead.clear()
    synced.poll()
    assert synced.server.asked == ["sync"]


@pytest.mark.parametrize("refusal", [precondition("supported-report"), Answer(405), Answer(501)])
def test_a_server_without_sync_reports_is_listed_and_compared_by_etags(scene: Scene, refusal: Answer) -> None:
    scene.fake.instead["sync"] = refusal
    scene.fake.put("a.ics", single("a"))
    scene.fake.put("b.ics", single("b"))
    assert scene.poll().kind is Kind.FULL
    unchanged = scene.poll()
    assert (unchanged.kind, unchanged.changed) == (Kind.FULL, ())
    assert scene.server.asked == ["list"]
    scene.fake.delete("a.ics")
    scene.fake.put("b.ics", single("b", "moved"))
    scene.poll()
    assert scene.server.asked == ["list", "multiget"]
    assert scene.names == {"b"}


def test_an_audit_tries_sync_reports_again(scene: Scene) -> None:
    scene.fake.instead["sync"] = Answer(501)
    scene.fake.put("a.ics", single("a"))
    scene.poll()
    scene.fake.instead.clear()
    scene.poll(full=True)
    assert scene.server.asked == ["sync"]
    scene.poll()
    assert scene.server.asked == ["sync"]
    assert scene.names == {"a"}


def test_a_server_that_refuses_an_empty_token_gives_one_as_a_property(scene: Scene) -> None:
    """cyrusimap/cyrus-imapd#4985: "invalid token" for the empty one with which every first sync begins."""

    def refuse(request: Request) -> Answer | None:
        return precondition("valid-sync-token") if "<D:sync-token></D:sync-token>" in request.body else None

    scene.fake.instead["sync"] = refuse
    scene.fake.put("a.ics", single("a"))
    scene.poll()
    assert scene.server.asked == ["sync", "look", "list", "multiget"]
    scene.fake.delete("a.ics")
    assert scene.poll().deleted == {"/cal/a.ics"}
    assert scene.server.asked == ["sync"]


def test_a_server_that_never_gives_a_token_is_listed(scene: Scene) -> None:
    scene.fake.gives_no_token = True
    scene.fake.put("a.ics", single("a"))
    assert scene.poll().kind is Kind.FULL
    scene.poll()
    assert scene.server.asked == ["list"]
    assert scene.names == {"a"}


def test_an_answer_to_a_token_without_a_new_one_is_a_failure_and_not_empty(synced: Scene) -> None:
    synced.fake.instead["sync"] = xml('<D:multistatus xmlns:D="DAV:"/>')
    with pytest.raises(Nonsense):
        synced.poll()
    assert synced.names == {"a", "b", "c"}


def test_a_silent_reset_is_seen_and_swept_at_once(synced: Scene) -> None:
    synced.fake.forgets_tokens_silently = True
    synced.fake.delete("a.ics")
    batch = synced.poll()
    assert (batch.kind, batch.warnings) == (Kind.FULL, ("silent-reset",))
    assert synced.names == {"b", "c"}
    assert synced.server.asked == ["sync", "sync"]


def test_a_make_believe_token_is_never_sent(synced: Scene) -> None:
    synced.cursor = '{"token": "fake-0123456789"}'
    assert synced.poll().kind is Kind.FULL
    assert all("fake-" not in request.body for request in synced.server.log)


def test_pages_of_changes_are_followed_to_the_end(synced: Scene) -> None:
    for number in range(5):
        synced.fake.put(f"new{number}.ics", single(f"new{number}"))
    synced.fake.delete("a.ics")
    synced.fake.page_size = 2
    batch = synced.poll()
    assert synced.server.asked == ["sync", "sync", "sync", "multiget"]
    assert (batch.kind, batch.deleted, len(batch.changed)) == (Kind.DELTA, {"/cal/a.ics"}, 5)


def test_a_cut_answer_that_leads_nowhere_is_made_whole_by_a_listing(synced: Scene) -> None:
    """python-caldav/caldav#340"""
    for number in range(5):
        synced.fake.put(f"new{number}.ics", single(f"new{number}"))
    synced.fake.page_size, synced.fake.pages_go_on = 2, False
    assert synced.poll().kind is Kind.FULL
    assert synced.server.asked == ["sync", "sync", "look", "list", "multiget"]
    assert len(synced.names) == 8


def test_a_server_that_says_507_to_every_sync_report_is_listed(scene: Scene) -> None:
    """python-caldav/caldav#340: some accounts of Google and Yandex get 507 instead of an answer."""
    scene.fake.instead["sync"] = Answer(507)
    scene.fake.put("a.ics", single("a"))
    scene.fake.put("b.ics", single("b"))
    assert scene.poll().kind is Kind.FULL
    scene.fake.delete("a.ics")
    scene.fake.put("b.ics", single("b", "moved"))
    assert len(scene.poll().changed) == 1
    assert scene.names == {"b"}


def test_a_first_listing_in_pages_is_taken_from_a_propfind(scene: Scene) -> None:
    for number in range(5):
        scene.fake.put(f"{number}.ics", single(str(number)))
    scene.fake.page_size = 2
    batch = scene.poll()
    assert len(batch.changed) == 5
    scene.fake.page_size = None
    scene.poll()
    assert scene.server.asked == ["sync"]


def test_what_a_later_page_names_as_deleted_is_deleted(synced: Scene) -> None:
    changed = synced.fake._named("b.ics").replace("e1", "e9")
    more = synced.fake._response("/cal/", status="507 Insufficient Storage")
    gone = synced.fake._response("/cal/b.ics", status="404 Not Found")
    pages = {"t3": changed + more, "t4": gone}

    def answer(request: Request) -> Answer:
        token = next(token for token in pages if token in request.body)
        upto = f"<D:sync-token>t{int(token[1:]) + 1}</D:sync-token>"
        return xml(f'<D:multistatus xmlns:D="DAV:">{pages[token]}{upto}</D:multistatus>')

    synced.fake.instead["sync"] = answer
    batch = synced.poll()
    assert (batch.deleted, batch.changed) == ({"/cal/b.ics"}, ())
    assert synced.server.asked == ["sync", "sync"]


def test_a_change_without_a_name_is_a_failure(synced: Scene) -> None:
    body = '<D:multistatus xmlns:D="DAV:"><D:response/><D:sync-token>t9</D:sync-token></D:multistatus>'
    synced.fake.instead["sync"] = xml(body)
    with pytest.raises(Nonsense, match="no-href"):
        synced.poll()


# Reading


def test_what_a_multiget_leaves_out_is_got_alone(scene: Scene) -> None:
    for name in ("a", "b"):
        scene.fake.put(f"{name}.ics", single(name))
    scene.fake.multiget_omits = {"a.ics"}
    batch = scene.poll()
    assert scene.server.asked == ["sync", "multiget", "GET"]
    assert scene.names == {"a", "b"}
    assert batch.warnings == ("multiget-gaps",)


@pytest.mark.parametrize("spelled", ["%40", "@"])
def test_other_escaping_in_the_answer_is_the_same_resource(scene: Scene, spelled: str) -> None:
    scene.fake.put("anna@example.ics", single("a"))
    scene.fake.multiget_spells = lambda href: href.replace("@", spelled)
    scene.poll()
    assert scene.server.asked == ["sync", "multiget"]
    assert scene.names == {"anna%40example"}
    scene.fake.delete("anna@example.ics")
    scene.poll()
    assert scene.names == set()


def test_an_absolute_href_is_the_same_resource(scene: Scene) -> None:
    scene.fake.put("a.ics", single("a"))
    scene.fake.multiget_spells = lambda href: f"https://inside.example.org{href}"
    scene.poll()
    assert scene.server.asked == ["sync", "multiget"]
    assert scene.names == {"a"}


def test_an_object_that_vanished_meanwhile_is_deleted_in_a_delta(synced: Scene) -> None:
    def vanish(request: Request) -> None:
        synced.fake.objects.pop("b.ics", None)

    synced.fake.put("b.ics", single("b", "moved"))
    synced.fake.instead["multiget"] = vanish
    batch = synced.poll()
    assert (batch.kind, batch.deleted, batch.bad) == (Kind.DELTA, {"/cal/b.ics"}, ())


def test_an_object_that_vanished_meanwhile_is_not_listed(scene: Scene) -> None:
    def vanish(request: Request) -> None:
        scene.fake.objects.pop("b.ics", None)

    for name in ("a", "b"):
        scene.fake.put(f"{name}.ics", single(name))
    scene.fake.instead["multiget"] = vanish
    batch = scene.poll()
    assert batch.listed == {"/cal/a.ics"}


def test_one_object_that_the_server_cannot_give_is_bad_and_the_others_come(scene: Scene) -> None:
    """bitfireAT/davx5-ose#1459: no recovery from a single event's error."""
    for number in range(120):
        scene.fake.put(f"{number}.ics", single(str(number)))

    def choke(request: Request) -> Answer | None:
        return Answer(500) if "/cal/57.ics" in request.body or request.path == "/cal/57.ics" else None

    scene.fake.instead.update({"multiget": choke, "GET": choke})
    batch = scene.poll()
    assert len(batch.changed) == 119
    assert [(each.href, each.reason) for each in batch.bad] == [("/cal/57.ics", "status-500")]
    assert batch.listed is not None and "/cal/57.ics" in batch.listed
    assert batch.requests < 20


def test_an_attachment_that_is_too_large_for_the_parser_costs_at_most_its_own_event(scene: Scene) -> None:
    """bitfireAT/davx5-ose#1459, once more: no single event may stop the others."""
    for name in ("a", "b", "c"):
        scene.fake.put(f"{name}.ics", single(name))
    scene.fake.put(
        "large.ics", single("large", "AB", "ATTACH;ENCODING=BASE64;VALUE=BINARY:" + "A" * (11 << 20))
    )
    assert len(scene.poll().changed) == 4


def test_events_with_attachments_that_are_too_large_together_are_read_in_parts(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "_ANSWER_BYTES", 3 << 20)
    for number in range(8):
        attached = "ATTACH;ENCODING=BASE64;VALUE=BINARY:" + "A" * (1 << 20)
        scene.fake.put(f"{number}.ics", single(str(number), "AB", attached))
    assert len(scene.poll().changed) == 8


def test_a_server_that_took_a_hundred_is_asked_for_more_at_once(scene: Scene) -> None:
    for number in range(1000):
        scene.fake.put(f"{number}.ics", single(str(number)))
    assert len(scene.poll().changed) == 1000
    asked = [request.body.count("<D:href>") for request in scene.server.log if "multiget" in request.body]
    assert asked == [100, 200, 400, 300]


def test_a_server_that_refuses_more_than_a_hundred_is_asked_for_so_many_from_then_on(scene: Scene) -> None:
    def choke(request: Request) -> Answer | None:
        return Answer(413) if request.body.count("<D:href>") > 150 else None

    for number in range(520):
        scene.fake.put(f"{number}.ics", single(str(number)))
    scene.fake.instead["multiget"] = choke
    batch = scene.poll()
    assert (len(batch.changed), batch.bad) == (520, ())
    asked = [request.body.count("<D:href>") for request in scene.server.log if "multiget" in request.body]
    assert asked == [100, 200, 100, 100, 100, 100, 20]


def test_a_server_that_refuses_every_multiget_is_not_asked_without_end(scene: Scene) -> None:
    for number in range(300):
        scene.fake.put(f"{number}.ics", single(str(number)))
    scene.fake.instead["multiget"] = Answer(500)
    with pytest.raises(Transient):
        scene.poll()
    assert len(scene.server.log) < 40


def test_an_object_that_is_no_calendar_is_bad_and_the_others_come(scene: Scene) -> None:
    scene.fake.put("a.ics", single("a"))
    scene.fake.put("b.ics", "this is not a calendar")
    batch = scene.poll()
    assert [each.href for each in batch.changed] == ["/cal/a.ics"]
    assert [(each.href, each.reason) for each in batch.bad] == [("/cal/b.ics", "not-icalendar")]


def test_an_object_that_is_denied_is_bad_and_the_others_come(scene: Scene) -> None:
    for name in ("a", "b"):
        scene.fake.put(f"{name}.ics", single(name))
    scene.fake.multiget_omits = {"b.ics"}
    scene.fake.instead["GET"] = Answer(403)
    batch = scene.poll()
    assert [each.reason for each in batch.bad] == ["status-403"]
    assert [each.href for each in batch.changed] == ["/cal/a.ics"]


def test_tasks_of_a_server_that_does_not_say_what_they_are_are_read_once(scene: Scene) -> None:
    scene.fake.put("a.ics", single("a"))
    scene.fake.put("t.ics", todo("t"))
    batch = scene.poll()
    assert [each.href for each in batch.changed] == ["/cal/a.ics"]
    assert batch.listed == {"/cal/a.ics", "/cal/t.ics"}
    scene.poll(full=True)
    assert scene.server.asked == ["sync"]


def test_tasks_of_a_server_that_says_what_they_are_are_never_read(scene: Scene) -> None:
    scene.fake.content_type = lambda text: (
        f"text/calendar; component={'VTODO' if 'VTODO' in text else 'vevent'}"
    )
    scene.fake.put("a.ics", single("a"))
    scene.fake.put("t.ics", todo("t"))
    scene.poll()
    (multiget,) = [request.body for request in scene.server.log if request.asks == "multiget"]
    assert "a.ics" in multiget
    assert "t.ics" not in multiget


def test_an_event_that_became_a_task_replaces_the_event(synced: Scene) -> None:
    synced.fake.put("a.ics", todo("a"))
    (changed,) = synced.poll().changed
    assert "VTODO" in changed.payload


def test_weak_etags_are_the_same_etags(synced: Scene) -> None:
    synced.fake.instead["sync"] = Answer(501)
    weak = synced.fake._list(Request("PROPFIND", "/cal/", {}, "")).raw.decode().replace('"e', 'W/"e')
    synced.fake.instead["list"] = xml(weak)
    batch = synced.poll()
    assert (batch.kind, batch.changed) == (Kind.FULL, ())
