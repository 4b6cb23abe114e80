"""The real daemon and a phone: answers from it, also after a crash; and what goes over the wire."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.ntfy import Ntfy
from tests.support.calendars import calendar, event
from tests.support.mail import Mailbox
from tests.support.phone import ANSWERS, TOKEN, TOPIC
from tests.support.world import Daemon, World, eventually

CONFIG = """
timezone = "Europe/Berlin"
[[calendars]]
name = "practice"
type = "ics"
path = "~/practice.ics"
sessions = "rules"
[[sessions.rules]]
title = '^(?P<client>Canary-\\w+)'
is = "session"
[[reminders.rungs]]
at = "-10m"
urgency = "high"
[[reminders.rungs]]
at = "0m"
urgency = "critical"
[digests]
enabled = false
[sweep]
enabled = false
[channels.phone]
type = "ntfy"
server = "{server}"
topic = {{ env = "TOPIC" }}
answers = {{ env = "ANSWERS" }}
token = {{ env = "TOKEN" }}
[channels.mail]
type = "apprise"
url = {{ env = "MAIL" }}
"""
MARKS = ("canary", TOKEN)


@pytest.fixture
def server() -> Iterator[Ntfy]:
    with Ntfy(token=TOKEN, open_to_write={ANSWERS}, keepalive=1) as made:
        yield made


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as made:
        yield made


@pytest.fixture
def world(tmp_path: Path, server: Ntfy, mailbox: Mailbox) -> World:
    made = World(tmp_path)
    start = (datetime.now(UTC) + timedelta(minutes=5)).replace(microsecond=0)
    stamp = "%Y%m%dT%H%M%SZ"
    text = event(
        "canary-uid", "Canary-Title", f"{start:{stamp}}", f"{start + timedelta(minutes=50):{stamp}}",
        "LOCATION:canary-place", "DESCRIPTION:canary-words https://zoom.us/j/canary-link", zone=None,
    )  # fmt: skip
    (made.home / "practice.ics").write_text(calendar(text), encoding="utf-8", newline="")
    made.env |= {"TOPIC": TOPIC, "ANSWERS": ANSWERS, "TOKEN": TOKEN, "MAIL": mailbox.url}
    made.configure(CONFIG.format(server=server.url))
    return made


def shown(server: Ntfy) -> Any:
    return eventually(lambda: server.published(TOPIC), "a notice on the phone")


def state(world: World) -> str:
    return str(world.json("agenda")["sessions"][0]["state"])


def answered(world: World) -> Any:
    return eventually(lambda: state(world) == "acknowledged", "the answer in the store")


def test_an_answer_from_the_phone_is_taken_and_the_notice_goes(world: World, server: Ntfy) -> None:
    with world.daemon():
        (notice,) = shown(server)
        server.press(TOPIC, "On my way")
        answered(world)
        eventually(lambda: server.deleted(TOPIC) == [notice["sequence_id"]], "the notice's end on the phone")


def test_an_answer_given_while_the_daemon_was_dead_is_taken_by_the_next(world: World, server: Ntfy) -> None:
    daemon = Daemon(world).started()
    shown(server)
    daemon.kill()
    server.press(TOPIC, "On my way")
    with world.daemon():
        answered(world)
    assert len(server.published(TOPIC)) == 1  # the phone had it


def test_no_marker_goes_over_the_wire_or_into_a_log(world: World, server: Ntfy, mailbox: Mailbox) -> None:
    with world.daemon("-vv") as daemon:
        shown(server)
        server.put(ANSWERS, "forged")
        server.press(TOPIC, "On my way")
        answered(world)
        eventually(lambda: mailbox.received, "the mail")
        eventually(lambda: "answer.not_ours" in daemon.said(), "the word of the forged one")
        logged = daemon.said()
    checked = world.cli("check", "-vv", expect=1)  # the daemon has ended
    logged += checked.stdout + checked.stderr
    bodies = [body for _method, _path, _headers, body in server.requests]
    sent = "".join([*bodies, *(message.as_string() for message in mailbox.received)])
    for mark in MARKS:
        assert mark.lower() not in sent.lower()
    for mark in (*MARKS, TOPIC, ANSWERS, mailbox.url, "On my way"):
        assert mark.lower() not in logged.lower()


def test_check_says_what_is_wrong_and_reaches_nobody(world: World, server: Ntfy, mailbox: Mailbox) -> None:
    well = world.cli("check", expect=1).stdout  # no daemon runs
    assert all(f"ok       channel {name}" in well for name in ("phone", "mail"))
    world.env |= {"TOKEN": "tk_wrong", "MAIL": "canary://canary"}
    found = world.cli("check", expect=1)
    assert "does not let us use the topic" in found.stdout
    assert "apprise does not understand the address" in found.stdout
    assert "canary" not in found.stdout + found.stderr
    assert (server.events, mailbox.received) == ([], [])
