"""How the daemon and the manual sync keep to the retry policy, on a scripted feed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.support.calendars import single
from tests.support.world import World, eventually

CONFIG = """
timezone = "Europe/Berlin"
[[calendars]]
name = "feed"
type = "ics"
url = { env = "FEED" }
poll = "1s"
sessions = "all"
[channels.script]
type = "command"
argv = @SCRIPT@
"""


class Feed:
    """A feed on loopback that refuses with `Retry-After: pause` until it has done so `times` times."""

    def __init__(self) -> None:
        self.pause, self.times = "1", 0
        self.asked = 0
        feed = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                feed.asked += 1
                refuse = feed.asked <= feed.times
                self.send_response(429 if refuse else 200)
                if refuse:
                    self.send_header("Retry-After", feed.pause)
                self.end_headers()
                if not refuse:
                    self.wfile.write(single("a").encode())

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)


@pytest.fixture
def feed() -> Iterator[Feed]:
    made = Feed()
    threading.Thread(target=made.server.serve_forever, args=(0.02,), daemon=True).start()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def world(tmp_path: Path, feed: Feed) -> World:
    made = World(tmp_path)
    made.env["FEED"] = f"http://127.0.0.1:{feed.server.server_port}/secret"
    made.configure(CONFIG)
    return made


def test_a_manual_sync_waits_for_a_short_pause_and_then_succeeds(world: World, feed: Feed) -> None:
    feed.times = 1
    assert world.json("sync")["calendars"][0]["problem"] is None
    assert feed.asked == 2


def test_a_manual_sync_does_not_wait_for_a_long_pause(world: World, feed: Feed) -> None:
    feed.times, feed.pause = 1, "600"
    assert world.json("sync", expect=1)["calendars"][0]["problem"]
    assert feed.asked == 1


def test_the_daemon_keeps_to_a_long_pause_and_a_manual_sync_does_not_care(world: World, feed: Feed) -> None:
    feed.times, feed.pause = 1, "600"
    with world.daemon() as daemon:
        eventually(lambda: "poll.failed" in daemon.said(), "the refusal")
        world.cli("sync")
        assert feed.asked == 2  # at an interval of a second the daemon alone would have asked again
        assert world.json("status")["calendars"][0]["problem"] is None
