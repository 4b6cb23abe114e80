"""The real daemon on a real sound server: it rings, and an answer on the command line silences it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.sound.test_real_servers import TENTH
from tests.support.calendars import calendar, event
from tests.support.fixtures import require
from tests.support.sound import BLOCK, PIPEWIRE, RATE, RING, PipeWire, missing_for, steady
from tests.support.world import World, eventually

CONFIG = """
timezone = "Europe/Berlin"
[[calendars]]
name = "practice"
type = "ics"
path = "~/practice.ics"
[[reminders.rungs]]
at = "-20m"
urgency = "critical"
[digests]
enabled = false
[sweep]
enabled = false
[channels.bell]
type = "sound"
file = "~/ring.wav"
"""


def test_a_check_in_silences_the_bell(tmp_path: Path) -> None:
    require(missing_for(PIPEWIRE))
    world = World(tmp_path)
    world.configure(CONFIG)
    steady(world.home / "ring.wav", RING, 3)
    start, stamp = datetime.now(UTC) + timedelta(minutes=10), "%Y%m%dT%H%M%SZ"
    text = calendar(
        event("one", "AB", f"{start:{stamp}}", f"{start + timedelta(minutes=50):{stamp}}", zone=None)
    )
    (world.home / "practice.ics").write_text(text, encoding="utf-8", newline="")
    with PipeWire() as server:
        heard = server.listen()
        world.env["XDG_RUNTIME_DIR"] = server.env["XDG_RUNTIME_DIR"]
        with world.daemon():
            eventually(lambda: heard.blocks(RING), "the bell")
            eventually(
                lambda: [one["state"] for one in world.json("log")["deliveries"]] == ["sent"], "its record"
            )
            world.cli("here")

            def silent() -> bool:
                before = heard.frames()
                heard.goes_on(RATE // 2)  # longer than the pause between two rounds
                return not any(at > before // BLOCK + TENTH for at in heard.blocks(RING))

            eventually(silent, "silence after the check-in")
