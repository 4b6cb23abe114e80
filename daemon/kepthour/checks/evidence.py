"""Whether the sources of evidence can look here, and what they see just now. Without them everything else goes on."""

from __future__ import annotations

import asyncio

from kepthour.checks.record import Check, ok, problem, skipped
from kepthour.config import Configuration
from kepthour.core.spells import Sign
from kepthour.plugins import Plugins
from kepthour.ports import Candid, GivesEvidence, Observer

NAME = "evidence"
_SECONDS = 5.0  # as the daemon has it
_NONE = "Only what you say yourself tells that you were there; docs/evidence.md says what could tell it, too."
_IN_A_SESSION = (
    "Its account is asked while a session is on; what it says then is in the log (evidence.asked)."
)
_SEEN = {
    Sign.IN_A_CALL: "a meeting program uses the microphone or the camera",
    Sign.LOCKED: "the desktop is locked",
    Sign.IDLE: "the desktop is idle",
}
_ALL_THE_SAME = "Everything else goes on without it."


def examine(config: Configuration, plugins: Plugins) -> list[Check]:
    """Each looks once, as seen from this process. None that cannot look costs a reminder."""
    found = asyncio.run(_of_this_machine(config, plugins))
    if config.reads_edits:
        found.append(ok(NAME, "edits", "It needs nothing more: your calendars are asked anyway."))
    asked = [
        one for one in config.calendars if isinstance(one.options, GivesEvidence) and one.options.evidence
    ]
    found += [skipped(NAME, one.name, _IN_A_SESSION) for one in asked]
    return found or [skipped(NAME, None, _NONE)]


async def _of_this_machine(config: Configuration, plugins: Plugins) -> list[Check]:
    return [
        await _looked(one.type, plugins.observer(one.type).observe(one.options)) for one in config.evidence
    ]


async def _looked(name: str, source: Observer) -> Check:
    try:
        async with asyncio.timeout(_SECONDS):
            obstacle = await source.obstacle() if isinstance(source, Candid) else None
            if obstacle is not None:
                return problem(
                    NAME, name, obstacle.what, f"{obstacle.remedy} {_ALL_THE_SAME}", critical=False
                )
            signs = await source.look()
    except TimeoutError:
        what = f"It did not answer within {_SECONDS:.0f} seconds."
        return problem(NAME, name, what, f"Look at what it asks. {_ALL_THE_SAME}", critical=False)
    except Exception as error:  # noqa: BLE001  supervised: a source may be somebody else's, with bugs of its own
        what = f"Something went wrong inside it ({type(error).__name__})."
        return problem(NAME, name, what, f"Ask its author. {_ALL_THE_SAME}", critical=False)
    if signs is None:
        return problem(
            NAME, name, "It can see nothing here.", f"Ask its author. {_ALL_THE_SAME}", critical=False
        )
    seen = " and ".join(_SEEN[sign] for sign in sorted(signs))
    return ok(NAME, name, f"It can look. Just now {seen or 'it sees nothing'}.")
