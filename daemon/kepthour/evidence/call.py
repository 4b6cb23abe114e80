"""Evidence from this machine: is a microphone or a camera in use, by a program that people meet with?

The sound servers are asked who has such a stream. Nothing is read of what is said or shown, nor of titles.
"""

from __future__ import annotations

import shutil

from pydantic import BaseModel, ConfigDict, Field

from kepthour.core.errors import NeedsPerson
from kepthour.core.spells import Sign
from kepthour.streams import ASKED, Program, ask

# Names of binaries and of applications, in small letters.
BROWSERS = (
    "brave", "brave-browser", "chrome", "chromium", "chromium-browser", "epiphany", "firefox", "firefox-bin",
    "firefox-esr", "google chrome", "google-chrome", "librewolf", "microsoft edge", "microsoft-edge", "msedge", "opera",
    "vivaldi", "vivaldi-bin", "webkitwebprocess",
)  # fmt: skip
MEETINGS = (
    "ciscocollabhost", "element", "element-desktop", "jitsi meet", "jitsi-meet", "linphone", "microsoft teams",
    "signal", "signal-desktop", "skype", "skypeforlinux", "teams", "teams-for-linux", "vsee", "webex", "whereby",
    "zoom",
)  # fmt: skip


class Options(BaseModel):
    """The keys of `type = "call"`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    programs: tuple[str, ...] = Field((*BROWSERS, *MEETINGS), min_length=1)


def observe(options: Options) -> CallObserver:
    """The source with `options`. Does no I/O yet."""
    return CallObserver(options)


class CallObserver:
    """An Observer."""

    def __init__(self, options: Options) -> None:
        self._programs = frozenset(name.strip().casefold() for name in options.programs)

    async def look(self) -> frozenset[Sign] | None:
        streams = await ask()
        if streams is None:
            return None
        in_use = streams.listening | streams.watching
        return frozenset({Sign.IN_A_CALL} if any(self._knows(one) for one in in_use) else ())

    async def obstacle(self) -> NeedsPerson | None:
        there = [name for name in ASKED if shutil.which(name)]
        if not there:
            return NeedsPerson(
                f"There is neither {' nor '.join(ASKED)}, by which it could ask who uses the microphone.",
                "Install one: in Debian's packages pipewire-bin and pulseaudio-utils.",
            )
        if await ask() is not None:
            return None
        return NeedsPerson(
            f"No sound server answers {' or '.join(there)}.",
            "Run kepthour within your desktop session, where PipeWire or PulseAudio runs.",
        )

    def _knows(self, program: Program) -> bool:
        """By its binary; or by its name, which may say more: "Google Chrome input", "ZOOM VoiceEngine"."""
        name = program.name.casefold()
        binary = program.binary.casefold().rpartition("/")[2]
        return binary in self._programs or any(f"{name} ".startswith(f"{one} ") for one in self._programs)
