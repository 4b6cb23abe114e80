"""Evidence of type `call` on real sound servers: who has the microphone, by name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kepthour.core.spells import Sign
from kepthour.evidence import call
from kepthour.evidence.call import CallObserver, Options
from kepthour.streams import ask
from tests.support.calendars import calendar, event
from tests.support.fixtures import require
from tests.support.sound import PIPEWIRE, PULSEAUDIO, PipeWire, PulseAudio, SoundServer, missing_for
from tests.support.world import World, eventually

KINDS = [(PipeWire, PIPEWIRE), (PulseAudio, PULSEAUDIO)]


@pytest.fixture(params=KINDS, ids=["pipewire", "pulseaudio"])
def server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[SoundServer]:
    make, programs = request.param
    require(missing_for(programs))
    with make() as made:
        for name in ("HOME", "XDG_RUNTIME_DIR"):
            monkeypatch.setenv(name, made.env[name])
        for name in ("PULSE_SERVER", "PULSE_RUNTIME_PATH"):
            monkeypatch.delenv(name, raising=False)
        yield made


async def test_a_meeting_program_at_the_microphone_is_in_a_call(server: SoundServer) -> None:
    observer = call.observe(Options())
    assert await observer.look() == frozenset()
    with server.call("zoom"):
        assert await observer.look() == {Sign.IN_A_CALL}
    assert await observer.look() == frozenset()


async def test_any_other_program_at_the_microphone_is_not(server: SoundServer) -> None:
    with server.call("dictation"):
        streams = await ask()
        assert streams is not None and streams.recording
        assert await call.observe(Options()).look() == frozenset()
        assert await call.observe(Options(programs=("Dictation",))).look() == {Sign.IN_A_CALL}


async def test_a_meeting_program_that_only_plays_or_hears_what_is_played_is_not(server: SoundServer) -> None:
    recording = server.listen()
    assert recording.frames()
    assert (
        await call.observe(Options(programs=("pw-cat", "pw-record", "parec", "pacat"))).look() == frozenset()
    )


async def test_without_a_sound_server_it_cannot_be_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    empty = tmp_path_factory.mktemp("empty")
    monkeypatch.setenv("PATH", str(empty))
    assert await CallObserver(Options()).look() is None


CONFIG = """
timezone = "Europe/Berlin"
[[calendars]]
name = "practice"
type = "ics"
path = "~/practice.ics"
[[reminders.rungs]]
at = "0m"
[verdict]
late_after = "1s"
missed_after = "20s"
[digests]
enabled = false
[sweep]
enabled = false
[channels.script]
type = "command"
argv = @SCRIPT@
[[evidence]]
type = "call"
[[evidence]]
type = "desktop"
"""


def test_a_call_that_the_daemon_finds_going_on_is_asked_about(tmp_path: Path) -> None:
    """On a machine without logind, which costs the other source nothing."""
    require(missing_for(PIPEWIRE))
    world = World(tmp_path)
    world.configure(CONFIG)
    world.env["DBUS_SYSTEM_BUS_ADDRESS"] = f"unix:path={tmp_path}/no-bus"
    with PipeWire() as server, server.call("zoom"):
        world.env["XDG_RUNTIME_DIR"] = server.env["XDG_RUNTIME_DIR"]
        start, stamp = datetime.now(UTC), "%Y%m%dT%H%M%SZ"
        ends = start + timedelta(minutes=50)
        link = "LOCATION:https://zoom.us/j/1"
        text = calendar(event("one", "AB", f"{start:{stamp}}", f"{ends:{stamp}}", link, zone=None))
        (world.home / "practice.ics").write_text(text, encoding="utf-8", newline="")
        with world.daemon() as daemon:
            session = eventually(lambda: world.json("agenda")["sessions"], "the session")[0]["id"]
            eventually(lambda: "question" in world.rungs(), "the question", within=90)
            assert "source=desktop" in daemon.said().replace("'", "")
    known = world.json("explain", session)
    assert {one["sign"] for one in known["seen"]} == {"in_a_call"}
    assert [(one["verdict"], one["because"]) for one in known["verdicts"]] == [("unknown", "in_some_call")]
    told = world.cli("explain", session).stdout
    assert "a meeting program had a microphone or a camera in use, until" in told
    assert "this machine was in a call, but perhaps in another session's" in told
