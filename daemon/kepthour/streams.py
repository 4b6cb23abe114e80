"""What the sound servers say: who plays, and who listens at a microphone or looks through a camera.

Both are asked, PipeWire and PulseAudio: on some machines both run, and only one of them has the sound.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

_SECONDS = 2.0  # a server that has not answered by then cannot tell
_QUESTIONS = (("pw-dump",), ("pactl", "-f", "json", "list"))
ASKED = tuple(question[0] for question in _QUESTIONS)  # by which programs; one is enough


@dataclass(frozen=True, slots=True)
class Program:
    """Who has a stream, as the sound server knows it; a name that it does not tell is empty."""

    binary: str  # "firefox-esr"
    name: str  # "Firefox"


@dataclass(frozen=True, slots=True)
class Streams:
    """`playing` are the processes that are heard by a sound server.

    `listening` are the programs that a microphone is in use by, `watching` those that a camera is.
    """

    playing: frozenset[int] = frozenset()
    listening: frozenset[Program] = frozenset()
    watching: frozenset[Program] = frozenset()

    @property
    def recording(self) -> bool:
        """Whether a microphone is in use."""
        return bool(self.listening)


async def ask() -> Streams | None:
    """The present streams of all sound servers; None if none can tell, and after two seconds at most."""
    texts = await asyncio.gather(*(_said(question) for question in _QUESTIONS))
    known = [one for one in (_read(pipewire, texts[0]), _read(pulseaudio, texts[1])) if one is not None]
    if not known:
        return None
    return Streams(
        frozenset[int]().union(*(one.playing for one in known)),
        frozenset[Program]().union(*(one.listening for one in known)),
        frozenset[Program]().union(*(one.watching for one in known)),
    )


def _read(reader: Callable[[bytes], Streams | None], text: bytes) -> Streams | None:
    try:
        return reader(text)
    except (ValueError, TypeError, KeyError, AttributeError):  # another version's form: it cannot tell, then
        return None


async def _said(question: tuple[str, ...]) -> bytes:
    """What a program prints; nothing if it is not there, fails, or takes too long."""
    try:
        process = await asyncio.create_subprocess_exec(
            *question,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:
        return b""
    try:
        async with asyncio.timeout(_SECONDS):
            said, _ = await process.communicate()
    except TimeoutError:
        return b""
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # its children, too: they would hold the pipe open
            await process.wait()
    return said if process.returncode == 0 else b""


def pipewire(text: bytes) -> Streams | None:
    """`text` is what `pw-dump` printed; None if it is not that."""
    objects = _parsed(text, list)
    if objects is None:
        return None
    nodes = {one["id"]: one["info"] for one in _of_type(objects, "Node")}
    clients = {one["id"]: one["info"] for one in _of_type(objects, "Client")}
    fed_by: dict[int, set[int]] = {}
    for link in _of_type(objects, "Link"):
        ends = link["info"]
        fed_by.setdefault(ends.get("input-node-id"), set()).add(ends.get("output-node-id"))
    sinks = {number for number, info in nodes.items() if _is(_props(info), "Audio/Sink")}
    cameras = {number for number, info in nodes.items() if _is_camera(_props(info))}
    running = {number: _props(info) for number, info in nodes.items() if info.get("state") == "running"}
    playing = {
        _process(props, clients) for props in running.values() if _is(props, "Stream/Output/Audio")
    } - {0}
    listening = {
        _program(props, clients)
        for number, props in running.items()
        if _is(props, "Stream/Input/Audio") and not _no_call(props) and not _within(fed_by.get(number), sinks)
    }
    watching = {
        _program(props, clients)
        for number, props in running.items()
        if _is(props, "Stream/Input/Video") and cameras & fed_by.get(number, set())
    }
    return Streams(frozenset(playing), frozenset(listening), frozenset(watching))


def _of_type(objects: Iterable[Any], kind: str) -> list[dict[str, Any]]:
    """Those whose details are known: of what just went, pw-dump shows `null`."""
    wanted = f"PipeWire:Interface:{kind}"
    return [one for one in objects if one.get("type") == wanted and isinstance(one.get("info"), dict)]


def _props(info: Mapping[str, Any]) -> dict[str, Any]:
    return info.get("props") or {}


def _is(props: Mapping[str, Any], media_class: str) -> bool:
    return bool(props.get("media.class") == media_class)


def _is_camera(props: Mapping[str, Any]) -> bool:
    """A screen that is shared is a source of pictures, too; only cameras have the role."""
    return _is(props, "Video/Source") and props.get("media.role") == "Camera"


# A recording of what is played, a level meter, a stream that runs only with others, and a part of an effect: whoever
# records from an effect has a stream of their own, and an effect may be there all day.
_NO_CALL = ("stream.capture.sink", "stream.monitor", "node.passive", "node.link-group")


def _no_call(props: Mapping[str, Any]) -> bool:
    return any(_true(props.get(key)) for key in _NO_CALL) or props.get("media.role") in {"filter", "abstract"}


def _true(value: object) -> bool:
    return value not in {None, False, "false", "0", "out", ""}


def _within(sources: set[int] | None, sinks: set[int]) -> bool:
    """Whether a stream is fed, and by nothing but what sinks play."""
    return bool(sources) and sources is not None and sources <= sinks


def _process(props: Mapping[str, Any], clients: Mapping[int, Mapping[str, Any]]) -> int:
    """Whose stream it is. A program that speaks to pipewire-pulse has its number on the stream alone."""
    client = _props(clients.get(props.get("client.id", -1), {}))
    return int(props.get("application.process.id") or client.get("application.process.id") or 0)


def _program(props: Mapping[str, Any], clients: Mapping[int, Mapping[str, Any]]) -> Program:
    client = _props(clients.get(props.get("client.id", -1), {}))
    return _named({**client, **props})


def _named(props: Mapping[str, Any]) -> Program:
    binary, name = props.get("application.process.binary"), props.get("application.name")
    return Program(str(binary or ""), str(name or ""))


def pulseaudio(text: bytes) -> Streams | None:
    """`text` is what `pactl -f json list` printed; None if it is not that."""
    said = _parsed(text, dict)
    if said is None:
        return None
    monitors = {one["index"] for one in said.get("sources", []) if _is_monitor(one)}
    playing = {
        int(one.get("properties", {}).get("application.process.id", 0))
        for one in said.get("sink_inputs", [])
        if not one.get("corked")
    } - {0}
    listening = {
        _named(one.get("properties", {}))
        for one in said.get("source_outputs", [])
        if not one.get("corked") and one.get("source") not in monitors and one.get("resample_method") != "peaks"
        and not _no_call(one.get("properties", {}))
    }  # fmt: skip
    return Streams(frozenset(playing), frozenset(listening))


def _is_monitor(source: Mapping[str, Any]) -> bool:
    return bool(source.get("monitor_source")) or source.get("properties", {}).get("device.class") == "monitor"


def _parsed(text: bytes, kind: type[Any]) -> Any:
    try:
        said = json.loads(text)
    except ValueError:
        return None
    return said if isinstance(said, kind) else None
