"""The keys of a `sound` channel."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from kepthour_connectors.places import File


class Options(BaseModel):
    """The keys of a `sound` channel."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    file: File | None = Field(
        None, description="the sound; default: an alarm clock of the system's, or a tone"
    )
    volume: float = Field(1.0, gt=0, le=1, description="1 is as loud as the system's own volume allows")
    seconds: float = Field(60.0, gt=0, le=60, description="how long it rings if nobody answers")
    while_recording: bool = Field(False, description="ring while a microphone is in use, too")
