"""The ringer on real sound servers: what the speaker plays is recorded, and judged by its frames."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kepthour.channels import sound
from kepthour.channels.sound.channel import Sound
from kepthour.core.ladder import Urgency
from kepthour.ports import ChannelFailed, Notice
from tests.support.fixtures import require
from tests.support.sound import (
    BLOCK,
    MARK,
    PIPEWIRE,
    PULSEAUDIO,
    RATE,
    RING,
    PipeWire,
    PulseAudio,
    SoundServer,
    missing_for,
    steady,
)
from tests.support.world import eventually

START = datetime(2026, 3, 2, 14, tzinfo=UTC)
NOTICE = Notice(
    delivery="7", subject="abc", rung="0m", urgency=Urgency.CRITICAL, title="Session at 14:00", text="Now.",
    start=START, end=START + timedelta(minutes=50), actions=(), stays=True,
)  # fmt: skip
OTHER = replace(NOTICE, delivery="8", subject="def")
TENTH = 10  # of a second, in blocks
SERVERS = {"pipewire": (PipeWire, PIPEWIRE), "pulseaudio": (PulseAudio, PULSEAUDIO)}


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[SoundServer]:
    """Each in turn; this process plays to it, too."""
    kind, programs = SERVERS[request.param]
    require(missing_for(programs))
    with kind() as made:
        for name in ("DBUS_SESSION_BUS_ADDRESS", "PULSE_SERVER", "PULSE_RUNTIME_PATH", "PIPEWIRE_REMOTE"):
            monkeypatch.delenv(name, raising=False)
        for name in ("HOME", "XDG_RUNTIME_DIR"):
            monkeypatch.setenv(name, made.env[name])
        yield made


def ringer(folder: Path, **options: object) -> Sound:
    """Rings with one note, all the time but for the pauses."""
    file = steady(folder / "ring.wav", RING, 3)
    return sound.make("bell", sound.Options.model_validate({"file": file} | options))


async def test_it_rings_and_a_recall_silences_it_at_once(server: SoundServer, tmp_path: Path) -> None:
    mark = steady(tmp_path / "mark.wav", MARK, 0.3)
    heard = server.listen()
    channel = ringer(tmp_path)
    reference = await channel.send(NOTICE, None)
    assert reference is not None
    await asyncio.to_thread(
        eventually, lambda: len(heard.blocks(RING)) > 20, "a fifth of a second of ringing"
    )
    recalled = heard.frames() // BLOCK
    await channel.recall(reference)
    marked = heard.frames() // BLOCK
    await asyncio.to_thread(server.mark, mark)
    await asyncio.to_thread(eventually, lambda: heard.blocks(MARK), "the mark")
    heard.goes_on(RATE)
    # How long a sound takes to get from a new process to the recording, on this machine and now.
    way = heard.blocks(MARK)[0] - marked
    assert heard.blocks(RING)[-1] - recalled <= way + TENTH
    await channel.close()


async def test_it_rings_round_after_round_for_as_long_as_it_is_to(
    server: SoundServer, tmp_path: Path
) -> None:
    heard = server.listen()
    channel = ringer(tmp_path, file=steady(tmp_path / "short.wav", RING, 0.4), seconds=3)
    await channel.send(NOTICE, None)
    await asyncio.to_thread(eventually, lambda: rounds(heard.blocks(RING)) >= 3, "three rounds")
    before = asyncio.all_tasks()
    await asyncio.wait(before - {asyncio.current_task()})  # it ends by itself
    ended = heard.frames()
    await asyncio.to_thread(heard.goes_on, RATE)
    assert heard.blocks(RING)[-1] < ended // BLOCK + TENTH
    await channel.close()


def rounds(blocks: list[int]) -> int:
    """How many stretches without a gap of a tenth of a second."""
    return sum(1 for before, at in zip([-100, *blocks], blocks, strict=False) if at - before > 10)


async def test_it_is_silent_in_a_call_and_rings_after_it(server: SoundServer, tmp_path: Path) -> None:
    heard = server.listen()
    channel = ringer(tmp_path)
    with server.call():
        with pytest.raises(ChannelFailed) as refused:
            await channel.send(NOTICE, None)
        await asyncio.to_thread(heard.goes_on, RATE)
    assert refused.value.code == "microphone-in-use"
    assert not heard.sounds()
    await channel.send(NOTICE, None)
    await asyncio.to_thread(eventually, heard.sounds, "the ringing after the call")
    await channel.close()


async def test_an_effect_that_is_always_there_is_no_call(server: SoundServer, tmp_path: Path) -> None:
    server.loop()
    heard = server.listen()
    channel = ringer(tmp_path)
    await channel.send(NOTICE, None)
    await asyncio.to_thread(eventually, heard.sounds, "the ringing")
    with server.call(), pytest.raises(ChannelFailed):
        await channel.send(OTHER, None)
    await channel.close()


async def test_a_call_that_begins_ends_the_ringing(server: SoundServer, tmp_path: Path) -> None:
    heard = server.listen()
    channel = ringer(tmp_path)
    await channel.send(NOTICE, None)
    await asyncio.to_thread(eventually, heard.sounds, "the ringing")
    with server.call():
        ringing = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.wait(ringing)
        ended = heard.frames()
        await asyncio.to_thread(heard.goes_on, RATE)
    assert heard.blocks(RING)[-1] < ended // BLOCK + TENTH
    await channel.close()


async def test_who_wants_it_is_rung_for_in_a_call(server: SoundServer, tmp_path: Path) -> None:
    heard = server.listen()
    channel = ringer(tmp_path, while_recording=True)
    with server.call():
        await channel.send(NOTICE, None)
        await asyncio.to_thread(eventually, heard.sounds, "the ringing")
        await channel.close()


async def test_a_second_notice_joins_and_each_recall_ends_its_own(
    server: SoundServer, tmp_path: Path
) -> None:
    heard = server.listen()
    channel = ringer(tmp_path)
    first, second = await channel.send(NOTICE, None), await channel.send(OTHER, None)
    assert first is not None
    assert second is not None
    await channel.recall(first)
    there = len(heard.blocks(RING))
    await asyncio.to_thread(eventually, lambda: len(heard.blocks(RING)) > there + 50, "more ringing")
    await channel.recall(second)
    ended = heard.frames()
    await asyncio.to_thread(heard.goes_on, RATE)
    assert heard.blocks(RING)[-1] < ended // BLOCK + TENTH
    await channel.close()


async def test_a_file_that_is_no_sound_is_rung_for_with_a_tone(server: SoundServer, tmp_path: Path) -> None:
    heard = server.listen()
    broken = tmp_path / "broken.ogg"
    broken.write_text("no sound", encoding="utf-8")
    channel = ringer(tmp_path, file=broken)
    await channel.send(NOTICE, None)
    await asyncio.to_thread(eventually, heard.sounds, "the tone")
    await channel.close()


async def test_without_a_file_it_rings_and_a_probe_does_not(server: SoundServer) -> None:
    heard = server.listen()
    channel = sound.make("bell", sound.Options())
    await channel.open(lambda answer: None)
    await channel.probe()
    await asyncio.to_thread(heard.goes_on, RATE // 2)
    assert not heard.sounds()
    await channel.send(NOTICE, None)
    await asyncio.to_thread(eventually, heard.sounds, "the ringing")
    await channel.close()


_OWNER = """
import asyncio, sys
from kepthour.channels import sound
from tests.sound.test_real_servers import NOTICE

async def ring():
    channel = sound.make("bell", sound.Options(file=sys.argv[1]))
    await channel.send(NOTICE, None)
    print("rings", flush=True)
    await asyncio.Event().wait()

asyncio.run(ring())
"""


async def test_a_daemon_that_is_killed_takes_its_ringing_along(server: SoundServer, tmp_path: Path) -> None:
    heard = server.listen()
    file = steady(tmp_path / "long.wav", RING, 60)
    env = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    owner = subprocess.Popen(
        [sys.executable, "-c", _OWNER, str(file)], env=env, stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout is not None
    assert "rings\n" in owner.stdout  # reads until it says so
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    owner.stdout.close()

    def silent() -> bool:
        before = heard.frames()
        heard.goes_on(RATE // 2)
        return not any(at > before // BLOCK + TENTH for at in heard.blocks(RING))

    await asyncio.to_thread(eventually, silent, "silence after the daemon's death")
    assert heard.sounds()
