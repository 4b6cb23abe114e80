"""A lid that is opened in the morning: the daemon is there before the network is."""

from __future__ import annotations

from pathlib import Path

from tests.support.calendars import calendar, event
from tests.support.day import when
from tests.support.radicale import PASSWORD, PASSWORD_OF, RadicaleServer, calendar_table
from tests.support.world import World, eventually

CONFIG = """
[[sessions.rules]]
title = '^(?P<client>[A-Z]{2})\\b'
is = "session"
[sweep]
enabled = false
[channels.script]
type = "command"
argv = @SCRIPT@
"""
MONDAY, MOVED = (
    calendar(event("one", "AB individual", f"20261019T{start}00", f"20261019T{end}00"))
    for start, end in (("1000", "1050"), ("1130", "1220"))
)
FRIDAY, CANCELLED = (
    calendar(event("two", "CD individual", "20261016T203000", "20261016T212000", *status))
    for status in ((), ("STATUS:CANCELLED",))
)


def test_what_was_changed_meanwhile_is_known_before_anything_is_said_or_asked(
    tmp_path: Path, turnable_clock: None
) -> None:
    world = World(tmp_path)
    world.env[PASSWORD_OF] = PASSWORD
    with RadicaleServer(tmp_path) as server:
        server.write("practice", "one.ics", MONDAY)
        server.write("practice", "two.ics", FRIDAY)
        table = calendar_table(server, "practice", 'sessions = "rules"')
        world.configure(f'timezone = "Europe/Berlin"\n{table}{CONFIG}')
        world.shift_clock(when("2026-10-16 19:00"))
        with world.daemon() as daemon:
            eventually(world.received, "Friday's digest")
            server.stop()
            world.sleep(daemon, when("2026-10-19 08:31"))
            eventually(lambda: "clock.leapt" in daemon.said(), "the sleep to be noticed")
            eventually(
                lambda: "poll.failed" in daemon.said().partition("clock.leapt")[2], "a poll that fails"
            )
            server.write("practice", "one.ics", MOVED)
            server.write("practice", "two.ics", CANCELLED)
            server.start()
            eventually(lambda: len(world.received()) > 1, "Monday's digest")
            log = world.json("log")["deliveries"]
    assert "question" not in {one["rung"] for one in log}
    told = [(one["rung"], one["title"], one["text"]) for one in world.received()[1:]]
    assert told == [
        (
            "digest-morning",
            "Today: 1 session, the first at 11:30",
            "Mind: 11:30 was moved lately. All calendars are in sync. More: kepthour agenda.",
        )
    ]
