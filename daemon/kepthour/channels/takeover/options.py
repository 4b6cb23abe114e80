"""The keys of a `takeover` channel."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Options(BaseModel):
    """The keys of a `takeover` channel: none of its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)
