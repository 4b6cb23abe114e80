"""What `pw-dump` and `pactl` print is read: who is heard, and whether a microphone is in use."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from kepthour.core.spells import Sign
from kepthour.evidence import call
from kepthour.streams import Program, Streams, pipewire, pulseaudio

SPEAKER, MICROPHONE, STREAM, CLIENT = 30, 31, 50, 46
RECORDS, PLAYS = "Stream/Input/Audio", "Stream/Output/Audio"


def pw(kind: str, number: int, info: dict[str, Any] | None) -> dict[str, Any]:
    return {"id": number, "type": f"PipeWire:Interface:{kind}", "version": 3, "info": info}


def node(number: int, media_class: str, state: str = "running", **props: object) -> dict[str, Any]:
    named = {key.replace("_", "."): value for key, value in props.items()}
    info = {"state": state, "error": None, "props": {"media.class": media_class, "client.id": CLIENT} | named}
    return pw("Node", number, info)


def link(source: int, to: int) -> dict[str, Any]:
    return pw(
        "Link", 100 + source, {"output-node-id": source, "input-node-id": to, "state": "active", "props": {}}
    )


EFFECT = {
    "state": "running",
    "props": {"media.class": RECORDS, "node.virtual": True, "node.link-group": "echo-cancel-1485-18"},
}
DEVICES = [
    pw("Core", 0, {"name": "pipewire-0", "version": "0.3.65", "props": {}}),
    node(SPEAKER, "Audio/Sink"),
    node(MICROPHONE, "Audio/Source"),
    pw("Client", CLIENT, {"props": {"application.name": "pw-cat", "application.process.id": 2624}}),
    {"id": 29, "type": "PipeWire:Interface:Metadata", "props": {"metadata.name": "default"}, "metadata": []},
]


@pytest.mark.parametrize(
    ("streams", "recording"),
    [
        ([], False),
        ([node(STREAM, RECORDS), link(MICROPHONE, STREAM)], True),
        ([node(STREAM, RECORDS)], True),
        ([node(STREAM, RECORDS, state="idle"), link(MICROPHONE, STREAM)], False),
        ([node(STREAM, RECORDS, state="suspended")], False),
        ([node(STREAM, RECORDS, stream_capture_sink=True)], False),
        ([node(STREAM, RECORDS, stream_capture_sink="true")], False),
        ([node(STREAM, RECORDS, stream_monitor=True), link(MICROPHONE, STREAM)], False),
        ([node(STREAM, RECORDS, node_passive=True), link(MICROPHONE, STREAM)], False),
        ([node(STREAM, RECORDS, node_passive="false"), link(MICROPHONE, STREAM)], True),
        ([node(STREAM, RECORDS) | {"info": EFFECT}, link(MICROPHONE, STREAM)], False),
        ([node(STREAM, RECORDS), link(SPEAKER, STREAM)], False),
        ([node(STREAM, RECORDS), link(SPEAKER, STREAM), link(MICROPHONE, STREAM)], True),
        ([node(STREAM, "Stream/Input/Video")], False),
        ([node(STREAM, PLAYS), link(STREAM, SPEAKER)], False),
        ([pw("Node", STREAM, None)], False),
    ],
    ids=[
        "nobody", "a call", "a call that is being linked", "a call on hold", "a call that ended",
        "what is played is recorded", "the same from another version", "a level meter", "an effect nobody listens to",
        "a stream that says it is no effect",
        "an echo canceller that is always there",
        "linked to the speaker by hand", "speaker and microphone", "a camera", "music", "a node that just went",
    ],
)  # fmt: skip
def test_pipewire_tells_whether_a_microphone_is_in_use(streams: list[Any], recording: bool) -> None:
    said = pipewire(json.dumps([*DEVICES, *streams]).encode())
    assert said is not None
    assert said.recording is recording


@pytest.mark.parametrize(
    ("stream", "playing"),
    [
        (node(STREAM, PLAYS), {2624}),
        (node(STREAM, PLAYS, application_process_id=867), {867}),
        (node(STREAM, PLAYS, application_process_id="867"), {867}),
        (node(STREAM, PLAYS, state="suspended"), set()),
        (node(STREAM, RECORDS), set()),
    ],
    ids=["of its client", "of one behind pipewire-pulse", "as a text", "not let through", "one that records"],
)
def test_pipewire_tells_whose_stream_is_heard(stream: Any, playing: set[int]) -> None:
    said = pipewire(json.dumps([*DEVICES, stream]).encode())
    assert said is not None
    assert said.playing == playing


SOURCES = [
    {"index": 0, "name": "speaker.monitor", "monitor_source": "speaker", "properties": {"device.class": "monitor"}},
    {"index": 1, "name": "microphone", "monitor_source": "", "properties": {"device.class": "sound"}},
]  # fmt: skip


def output(source: int, *, corked: bool = False, resample: str = "", **props: str) -> dict[str, Any]:
    named = {"application.process.id": "4476"} | {
        key.replace("_", "."): value for key, value in props.items()
    }
    return {"index": 7, "source": source, "corked": corked, "resample_method": resample, "properties": named}


@pytest.mark.parametrize(
    ("outputs", "recording"),
    [
        ([], False),
        ([output(1)], True),
        ([output(1, corked=True)], False),
        ([output(0)], False),
        ([output(0), output(1)], True),
        ([output(1, resample="peaks")], False),
        ([output(9, stream_capture_sink="true")], False),
        ([output(1, media_role="abstract")], False),
        ([output(1, media_role="phone")], True),
        ([output(9)], True),
    ],
    ids=[
        "nobody",
        "a call",
        "on hold",
        "of the speaker",
        "both",
        "a level meter",
        "of pipewire-pulse",
        "a loop",
        "a telephone",
        "of the unknown",
    ],
)
def test_pulseaudio_tells_whether_a_microphone_is_in_use(outputs: list[Any], recording: bool) -> None:
    said = pulseaudio(json.dumps({"sources": SOURCES, "source_outputs": outputs, "sink_inputs": []}).encode())
    assert said == Streams(listening=frozenset({Program("", "")} if recording else ()))


def test_pulseaudio_tells_whose_stream_is_heard() -> None:
    inputs = [
        {"corked": False, "properties": {"application.process.id": "867"}},
        {"corked": True, "properties": {"application.process.id": "868"}},
        {"corked": False, "properties": {}},
    ]
    said = pulseaudio(json.dumps({"sinks": [], "sink_inputs": inputs}).encode())
    assert said == Streams(playing=frozenset({867}))


@pytest.mark.parametrize("read", [pipewire, pulseaudio])
@pytest.mark.parametrize("text", [b"", b"no json", b"7", b"null", b'"text"', b"\xff\xfe"])
def test_what_is_none_of_its_answers_tells_nothing(
    read: Callable[[bytes], Streams | None], text: bytes
) -> None:
    assert read(text) is None


CAMERA, SCREEN = 32, 33
CAMERAS = [
    node(CAMERA, "Video/Source", media_role="Camera"),
    node(SCREEN, "Video/Source"),
]


@pytest.mark.parametrize(
    ("streams", "watching"),
    [
        ([], False),
        ([node(STREAM, "Stream/Input/Video"), link(CAMERA, STREAM)], True),
        ([node(STREAM, "Stream/Input/Video", state="suspended"), link(CAMERA, STREAM)], False),
        ([node(STREAM, "Stream/Input/Video"), link(SCREEN, STREAM)], False),
        ([node(STREAM, "Stream/Input/Video")], False),
    ],
    ids=["nobody", "a call", "one that ended", "a screen is shared", "linked to nothing"],
)
def test_pipewire_tells_whether_a_camera_is_in_use(streams: list[Any], watching: bool) -> None:
    said = pipewire(json.dumps([*DEVICES, *CAMERAS, *streams]).encode())
    assert said is not None
    assert said.watching == (frozenset({Program("", "pw-cat")}) if watching else frozenset())
    assert not said.recording


def test_a_stream_says_more_of_its_program_than_its_client() -> None:
    stream = node(STREAM, RECORDS, application_name="ZOOM VoiceEngine", application_process_binary="zoom")
    said = pipewire(json.dumps([*DEVICES, stream, link(MICROPHONE, STREAM)]).encode())
    assert said is not None
    assert said.listening == {Program("zoom", "ZOOM VoiceEngine")}


@pytest.mark.parametrize(
    ("program", "known"),
    [
        (Program("zoom", ""), True),
        (Program("/opt/zoom/ZOOM", ""), True),
        (Program("", "ZOOM VoiceEngine"), True),
        (Program("chrome", "Google Chrome input"), True),
        (Program("", "Firefox"), True),
        (Program("obs", "OBS"), False),
        (Program("zoomed", "Zoomed"), False),
        (Program("", ""), False),
    ],
)
async def test_a_program_is_known_by_its_binary_or_the_beginning_of_its_name(
    program: Program, known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def said() -> Streams:
        return Streams(listening=frozenset({program}))

    monkeypatch.setattr(call, "ask", said)
    assert (await call.observe(call.Options()).look() == {Sign.IN_A_CALL}) is known
