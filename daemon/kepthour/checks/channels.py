"""Whether each channel can reach the therapist: by a test notice if that is wanted, else as far as can be told."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from kepthour.checks.record import Check, ok, problem, skipped
from kepthour.config import ChannelConfig, Configuration
from kepthour.core.errors import NeedsPerson
from kepthour.core.notices import check_notice
from kepthour.core.tongue import Tongue
from kepthour.plugins import Plugins
from kepthour.ports import Answer, Channel, Notice, Probeable, Speaks, Surfaced
from kepthour.views.status import ChannelStatus

NAME = "channel"
_SECONDS = 15.0  # as the daemon has it


def examine(config: Configuration, plugins: Plugins, *, send: bool) -> list[Check]:
    """Opens them all, as they are seen from this process. Sends a test notice to each if `send`."""
    notice = check_notice(config.showing) if send else None

    async def work() -> list[Check]:
        tongue = config.showing.tongue
        tried = [await _tried(channel, plugins, tongue, notice) for channel in config.channels]
        return [check for checks in tried for check in checks]

    return asyncio.run(work())


def refusals(channels: Sequence[ChannelStatus]) -> list[Check]:
    """What the daemon had to do with them lately."""
    return [
        problem(
            NAME,
            one.name,
            f"It refused {one.failed} reminder{'' if one.failed == 1 else 's'} in the last 24 hours.",
            "See which with: kepthour log",
            critical=False,
        )
        for one in channels
        if one.failed
    ]


async def _tried(
    config: ChannelConfig, plugins: Plugins, tongue: Tongue, notice: Notice | None
) -> list[Check]:
    channel = plugins.channel(config.type).make(config.name, config.options)
    if isinstance(channel, Speaks):
        channel.speak(tongue)
    try:
        async with asyncio.timeout(_SECONDS):
            found = await _used(channel, config.name, notice)
            return [found, *await _shown_on(channel, config.name)]
    except NeedsPerson as error:
        return [problem(NAME, config.name, error.what, error.remedy, critical=True)]
    except TimeoutError:
        what = f"It did not answer within {_SECONDS:.0f} seconds."
        return [problem(NAME, config.name, what, "Look at what it hands notices to.", critical=True)]
    except Exception as error:  # noqa: BLE001  supervised: a channel may be somebody else's, with bugs of its own
        what = f"Something went wrong inside it ({type(error).__name__})."
        return [problem(NAME, config.name, what, "Ask its author.", critical=True)]
    finally:
        await channel.close()


async def _used(channel: Channel, name: str, notice: Notice | None) -> Check:
    await channel.open(_unheard)
    if notice is not None:
        await channel.send(notice, None)
        return ok(NAME, name, "It accepted a test notice. Whether it reached you, only you can tell.")
    if isinstance(channel, Probeable):
        await channel.probe()
        return ok(NAME, name, "It is there. No test notice was sent; one is with: kepthour check --send")
    return skipped(NAME, name, "Only a test notice can tell: kepthour check --send")


async def _shown_on(channel: Channel, name: str) -> list[Check]:
    """On what, and whether that shows anything just now."""
    if not isinstance(channel, Surfaced):
        return []
    found = await channel.surface()
    if found.keeps_back:
        what = f'"Do not disturb" is on ({found.name}): what it keeps back you do not see.'
        return [problem(NAME, name, what, "Turn it off on your desktop before your sessions.", critical=True)]
    how = "with buttons" if found.buttons else "without buttons: answer with kepthour here, late or snooze"
    doubt = "" if found.keeps_back is False else ' Whether "do not disturb" is on cannot be told.'
    return [ok(NAME, name, f"Notices are shown by {found.name}, {how}.{doubt}")]


def _unheard(answer: Answer) -> None:
    """A test notice asks for no answer."""
