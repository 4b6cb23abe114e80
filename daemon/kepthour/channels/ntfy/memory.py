"""What the channel keeps from one start to the next: its secret, how far it has heard, and which answers it took."""

from __future__ import annotations

import base64
import contextlib
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kepthour.channels.ntfy.tickets import SECRET_BYTES
from kepthour.logger import log

_FORGET_SECONDS = 86_400  # after its end: no server is believed for so long


class _Document(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)

    key: str = Field(pattern=rf"^[-_A-Za-z0-9]{{{-(-SECRET_BYTES * 4 // 3)}}}=$")
    since: str | None = Field(None, pattern=r"^[A-Za-z0-9]{1,64}$")
    used: dict[str, int] = {}


@dataclass(slots=True)
class Memory:
    """`since` is the last message that was heard; `used` are seals, and until when (seconds since 1970)."""

    secret: bytes = field(repr=False)
    since: str | None = None
    used: dict[str, int] = field(default_factory=dict)

    def forget(self, now: int) -> None:
        """Drop what counts no more. `now` in seconds since 1970."""
        self.used = {seal: until for seal, until in self.used.items() if until + _FORGET_SECONDS > now}


def recall(folder: Path) -> Memory:
    """What `keep` kept in `folder`, or a new one with a secret of its own, kept already. Blocks, never fails.

    Where it cannot be kept, it serves until the daemon ends.
    """
    try:
        found = _Document.model_validate_json((folder / "answers.json").read_bytes())
        return Memory(base64.urlsafe_b64decode(found.key), found.since, found.used)
    except FileNotFoundError:
        pass
    except (OSError, ValidationError) as error:
        log.warning("answers.memory_lost", problem=error)  # the buttons of earlier notices are dead
    made = Memory(secrets.token_bytes(SECRET_BYTES))
    keep(folder, made)
    return made


def keep(folder: Path, memory: Memory) -> None:
    """Write it, whole or not at all, for its owner only. Blocks, never fails."""
    document = _Document(
        key=base64.urlsafe_b64encode(memory.secret).decode(), since=memory.since, used=dict(memory.used)
    )
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = folder / "answers.new"
        with contextlib.suppress(FileNotFoundError):
            new.unlink()
        handle = os.open(new, os.O_CREAT | os.O_WRONLY | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(document.model_dump_json())
        new.replace(folder / "answers.json")
    except OSError as error:
        log.warning("answers.memory_not_kept", problem=error)
