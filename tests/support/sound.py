"""Sound for tests: PipeWire or PulseAudio of its own, with a speaker and a microphone that are not there.

What the speaker would play is recorded, and what was heard is told by its frames: no clock but the server's counts.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import signal
import subprocess
import tempfile
import wave
from array import array
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.support.stacked import Stacked
from tests.support.world import eventually

PIPEWIRE = ("pipewire", "wireplumber", "dbus-daemon", "pw-play", "pw-record", "pw-dump")
PULSEAUDIO = ("pulseaudio", "paplay", "parec", "pactl")

RATE = 48_000  # frames a second of all that is recorded
RING, MARK = 1000.0, 3000.0  # Hz
BLOCK = RATE // 100  # frames
_LOUD = 0.02  # of the loudest: something is heard
_NOTE = 0.2  # a note, not the click with which another one ends
_NODE = (
    "{{ factory = adapter args = {{ factory.name = support.null-audio-sink node.name = {name} media.class = {kind}"
    " audio.position = [ FL FR ] object.linger = true priority.session = 1000 }} }}\n"
)


def steady(file: Path, hertz: float, seconds: float) -> Path:
    """A WAV file with one note."""
    frames = array(
        "h", (round(16_000 * math.sin(2 * math.pi * hertz * at / RATE)) for at in range(int(RATE * seconds)))
    )
    with wave.open(str(file), "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(RATE)
        written.writeframes(frames.tobytes())
    return file


class Recording:
    """What the speaker plays, growing: 16 bit, one channel."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def frames(self) -> int:
        """How many were recorded so far."""
        return self._file.stat().st_size // 2

    def blocks(self, hertz: float) -> list[int]:
        """The hundredths of a second in which the note is heard, counted from the beginning."""
        samples = array("h", self._file.read_bytes()[: self.frames() * 2])
        count = len(samples) // BLOCK
        return [at for at in range(count) if _has(samples[at * BLOCK : (at + 1) * BLOCK], hertz)]

    def sounds(self) -> bool:
        """Whether anything was heard at all."""
        return any(
            abs(sample) > 32_767 * _LOUD
            for sample in array("h", self._file.read_bytes()[: self.frames() * 2])
        )

    def goes_on(self, frames: int) -> None:
        """Wait until so many more were recorded."""
        wanted = self.frames() + frames
        eventually(lambda: self.frames() >= wanted, "the recording goes on", within=60)


def _has(block: array[int], hertz: float) -> bool:
    """By Goertzel's algorithm."""
    twice = 2 * math.cos(2 * math.pi * hertz / RATE)
    before = last = 0.0
    for sample in block:
        before, last = last, sample + twice * last - before
    power = before * before + last * last - twice * before * last
    return math.sqrt(max(power, 0.0)) * 2 / len(block) > 32_767 * _NOTE


class SoundServer(Stacked):
    """`env` is for processes that are to be heard. Use as a context manager; subclasses say how it starts."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        # A socket's path must be short, which a folder of pytest's is not.
        self.folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="sound")))
        self.runtime = self.folder / "run"
        self.runtime.mkdir(mode=0o700)
        own = {"HOME": str(self.folder), "XDG_RUNTIME_DIR": str(self.runtime)}
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PULSE_", "PIPEWIRE_", "XDG_", "DBUS_"))
        }
        self.env = kept | own

    def __enter__(self) -> SoundServer:
        with ExitStack() as stack:
            stack.callback(self._stack.close)
            self.start()
            stack.pop_all()
        return self

    def start(self) -> None:
        """Bring it up, with speaker and microphone."""
        raise NotImplementedError

    def record_command(self, source: str, *, monitor: bool) -> list[str]:
        """A command that writes what `source` gives to standard output, as a `Recording` wants it."""
        raise NotImplementedError

    def play_command(self, file: Path) -> list[str]:
        """A command that plays `file` once."""
        raise NotImplementedError

    def run(self, *command: str, **kinds: Any) -> subprocess.Popen[bytes]:
        """A process that is ended with the server."""
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        process = subprocess.Popen(command, env=self.env, **(quiet | kinds))
        self._stack.callback(_end, process)
        return process

    def listen(self) -> Recording:
        """Record the speaker from now on; returns when it is recorded."""
        file = self.folder / "heard.raw"
        with file.open("wb") as output:
            self.run(*self.record_command("speaker", monitor=True), stdout=output)
        recording = Recording(file)
        eventually(recording.frames, "the recording of the speaker")
        return recording

    @contextmanager
    def call(self, program: str = "") -> Iterator[None]:
        """Somebody speaks into the microphone until the end of the block, into a program of this name."""
        file = self.folder / "spoken.raw"
        with file.open("wb") as output:
            command = self.record_command("microphone", monitor=False)
            if program:
                command[:1] = [str(self._named(command[0], program)), "--record"]
            process = self.run(*command, stdout=output)
        eventually(lambda: file.stat().st_size, "the recording of the microphone")
        try:
            yield
        finally:
            _end(process)

    def _named(self, command: str, name: str) -> Path:
        """The same program under another name."""
        original = shutil.which(command)
        assert original is not None
        return Path(shutil.copy(original, self.folder / name))

    def loop(self) -> None:
        """An effect from microphone to speaker is set up, and stays: nobody has to listen to it."""
        raise NotImplementedError

    def mark(self, file: Path) -> None:
        """Play `file` to its end."""
        done = subprocess.run(
            self.play_command(file), env=self.env, timeout=60, check=False, capture_output=True
        )
        assert done.returncode == 0, done.stderr

    def said(self, *command: str) -> Any:
        """The JSON that a command prints; None if it fails."""
        said = self.said_text(*command)
        return json.loads(said) if said else None

    def said_text(self, *command: str) -> bytes:
        """What a command prints; nothing if it fails."""
        done = subprocess.run(command, env=self.env, timeout=60, check=False, capture_output=True)
        return done.stdout if done.returncode == 0 else b""


class PipeWire(SoundServer):
    """PipeWire with WirePlumber, which links the streams."""

    def start(self) -> None:
        """See SoundServer."""
        drop_in = self.folder / ".config/pipewire/pipewire.conf.d"
        drop_in.mkdir(parents=True)
        nodes = _NODE.format(name="speaker", kind="Audio/Sink") + _NODE.format(
            name="microphone", kind="Audio/Source/Virtual"
        )
        (drop_in / "devices.conf").write_text(f"context.objects = [\n{nodes}]\n", encoding="utf-8")
        bus = self.run("dbus-daemon", "--session", "--nofork", "--print-address=1", stdout=subprocess.PIPE)
        assert bus.stdout is not None
        self.env["DBUS_SESSION_BUS_ADDRESS"] = bus.stdout.readline().decode().strip()
        self.run("pipewire")
        eventually((self.runtime / "pipewire-0").exists, "PipeWire's socket")
        self.run("wireplumber")
        eventually(self._has_default, "a default output")

    def _has_default(self) -> bool:
        objects = self.said("pw-dump") or []
        metadata = [entry for one in objects for entry in one.get("metadata", [])]
        keys = {entry["key"] for entry in metadata}
        return {"default.audio.sink", "default.audio.source"} <= keys

    def record_command(self, source: str, *, monitor: bool) -> list[str]:
        """See SoundServer."""
        properties = ["-P", "{ stream.capture.sink=true }"] if monitor else []
        form = ["--format=s16", f"--rate={RATE}", "--channels=1", "--latency=20ms"]
        return ["pw-record", *form, "--target", source, *properties, "-"]

    def play_command(self, file: Path) -> list[str]:
        """See SoundServer."""
        return ["pw-play", "--latency=20ms", str(file)]

    def loop(self) -> None:
        """See SoundServer."""
        self.run("pw-loopback", "-C", "microphone", "-P", "speaker")
        eventually(lambda: b"loopback" in self.said_text("pw-link", "--links"), "the loop")


class PulseAudio(SoundServer):
    """PulseAudio itself, as on desktops without PipeWire."""

    def start(self) -> None:
        """See SoundServer."""
        modules = (
            "module-native-protocol-unix",
            "module-null-sink sink_name=speaker",
            "module-null-source source_name=microphone",
        )
        loads = [f"--load={module}" for module in modules]
        options = ("-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1", "--disallow-exit")
        self.run("pulseaudio", *options, *loads)
        eventually(lambda: self.said("pactl", "-f", "json", "list", "sinks"), "PulseAudio's speaker")
        subprocess.run(["pactl", "set-default-sink", "speaker"], env=self.env, timeout=60, check=True)

    def record_command(self, source: str, *, monitor: bool) -> list[str]:
        """See SoundServer."""
        form = ["--raw", "--format=s16le", f"--rate={RATE}", "--channels=1", "--latency-msec=20"]
        return ["parec", *form, f"--device={source}.monitor" if monitor else f"--device={source}"]

    def play_command(self, file: Path) -> list[str]:
        """See SoundServer."""
        return ["paplay", "--latency-msec=20", str(file)]

    def loop(self) -> None:
        """See SoundServer."""
        self.said_text("pactl", "load-module", "module-loopback", "source=microphone", "sink=speaker")
        eventually(lambda: self.said("pactl", "-f", "json", "list", "source-outputs"), "the loop")


def missing_for(programs: tuple[str, ...]) -> list[str]:
    """Which of them this machine lacks."""
    return [name for name in programs if shutil.which(name) is None]


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process.stdout is not None:
        process.stdout.close()
