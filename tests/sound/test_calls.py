"""Evidence of type `call` on real sound servers: who has the microphone, by name."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kepthour.core.spells import Sign
from kepthour.evidence import call
from kepthour.evidence.call import CallObserver, Options
from kepthour.streams import ask
from tests.support.fixtures import require
from tests.support.sound import PIPEWIRE, PULSEAUDIO, PipeWire, PulseAudio, SoundServer, missing_for

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
