"""The text of a first configuration, with comments. What is in it decides nothing anew: `suggest` did."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from kepthour.core.sessions import Rule, Take
from kepthour.core.spans import format_duration

CALENDAR = "practice"  # the name of the one calendar in it

_HEAD = """\
# Kept Hour's configuration. Every key there is, with its meaning: config.example.toml, and docs/configuration.md.
# After a change: kepthour check

{zone}

"""
_ZONE_OF_THE_SYSTEM = '# timezone = "Europe/Berlin"             # without it: this computer\'s'
_ZONE_IS_MISSING = '# timezone = "Europe/Berlin"             # needed: this computer does not tell its own'
_NO_RULES = """\
# Which events are sessions: "all", "none" or "rules". To go by rules, set sessions = "rules" above, and write e.g.:
#
# [[sessions.rules]]
# title = '^(?P<client>[A-Z]{2})\\b'   # titles that begin with two initials; they become the client's alias
# is = "session"

"""
_RULES = """\
# Which events are sessions. Rules are tried in order, the first that matches wins; "client" is the client's alias.
# Why an event is a session, or is none: kepthour explain TITLE

"""
_ALIASES = """\
# Every event is a session. The rules only find the client's alias in its title: the group "client".

"""
_REST = """\
[reminders]
profile = "standard"                   # standard | gentle | persistent

[channels.desktop]
type = "desktop"

{terminal}# [channels.bell]                       # rings until you answer, and is silent in a call: docs/sound.md
# type = "sound"

[privacy]
notice = "time"                        # time: no client on any screen | alias
"""

_TERMINAL = """\
[channels.terminal]                    # in the terminal of "kepthour run"; take it out where that is a service
type = "console"

"""


def text(
    zone: str | None,
    calendar: Mapping[str, object],
    take: Take,
    rules: Sequence[Rule],
    *,
    terminal: bool = False,
    follows: bool = True,
) -> str:
    """A whole file with one calendar. `calendar`: its keys but for `name` and `sessions`.

    No `zone`: the system's; or if it `follows` none, that has to be written yet.
    """
    unnamed = _ZONE_OF_THE_SYSTEM if follows else _ZONE_IS_MISSING
    table = {"name": CALENDAR, **calendar, "sessions": take.value}
    lines = ["[[calendars]]", *(f"{key} = {_value(value)}" for key, value in table.items()), "", ""]
    heading = _NO_RULES if not rules else _ALIASES if take is Take.ALL else _RULES
    return (
        _HEAD.format(zone=f"timezone = {_value(zone)}" if zone is not None else unnamed)
        + "\n".join(lines)
        + heading
        + "".join(_rules(rules))
        + _REST.format(terminal=_TERMINAL if terminal else "")
    )


def _rules(rules: Iterable[Rule]) -> Iterable[str]:
    for rule in rules:
        lines = ["[[sessions.rules]]"]
        if rule.calendar is not None:
            lines.append(f"calendar = {_value(rule.calendar)}")
        if rule.title is not None:
            lines.append(f"title = {_pattern(rule.title.pattern)}")
        if rule.duration is not None:
            shortest, longest = map(format_duration, rule.duration)
            lines.append(f"duration = [{_value(shortest)}, {_value(longest)}]")
        is_rest = rule.is_session and rule.title is None
        lines.append(
            f'is = "{"session" if rule.is_session else "other"}"{"   # all else" if is_rest else ""}'
        )
        yield "\n".join(lines) + "\n\n"


def _pattern(pattern: str) -> str:
    """A literal string, which shows a regular expression as it is, if it can be one."""
    return f"'{pattern}'" if pattern.isprintable() and "'" not in pattern else _value(pattern)


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_value(one)}" for key, one in value.items()) + " }"
    # TOML's basic strings are JSON's, but for the one control character that JSON lets stand.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
