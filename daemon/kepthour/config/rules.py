"""A rule of prevention as a change of the configuration file; and whether a configuration has it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from typing import Any

from kepthour.config import Configuration
from kepthour.config.meaning import WEEKDAYS
from kepthour.config.sections import Edit, Table
from kepthour.core.changes import KnownSession
from kepthour.core.errors import NeedsPerson
from kepthour.core.ladder import OnlyIf, Special
from kepthour.core.rules import Kind, Rule, Scope, Setup
from kepthour.core.spans import parse_duration, parse_offset


def setup_of(config: Configuration) -> Setup:
    """As much of `config` as decides about a rule."""
    return Setup(
        ladder=config.ladder,
        zone=config.zone,
        early_if_odd=config.early_if_odd,
        desktops=[one.name for one in config.channels if one.type == "desktop"],
        buffer=config.practice.buffer,
        polls={one.name: one.poll for one in config.calendars},
    )


def stands(rule: Rule, config: Configuration) -> bool:
    """Whether `config` has the rule, or something that goes farther. Never raises."""
    return _STANDS[rule.kind](rule, config)


def is_there(rule: Rule, session: KnownSession, config: Configuration) -> bool:
    """Whether `session` has already what the rule would give it. Never raises."""
    if rule.kind is not Kind.EXTRA_RUNG:
        return stands(rule, config)
    rungs = config.ladder.of(session, config.zone).rungs
    return any(rung.offset == parse_offset(rule.value) and rung.only_if is OnlyIf.ALWAYS for rung in rungs)


def _has_rung(rule: Rule, config: Configuration) -> bool:
    offset = parse_offset(rule.value)
    return any(
        _reaches(one, rule.scope) and any(rung.offset == offset for rung in one.rungs)
        for one in config.ladder.specials
    )


def _reaches(special: Special, scope: Scope) -> bool:
    """Whether an entry fits some of the sessions that the rule is about, as far as its conditions tell."""
    return (
        (special.calendar is None or scope.calendar is None or special.calendar == scope.calendar)
        and (special.client is None or not scope.client or special.client == scope.client.reveal())
        and (special.weekdays is None or scope.weekday is None or scope.weekday in special.weekdays)
    )


def _joins(rule: Rule, config: Configuration) -> bool:
    """A channel that is gone, or takes part from the first rung on, is no late one."""
    found = [one for one in config.ladder.channels if one.name == rule.channel]
    return any(one.joins is None or one.joins <= parse_offset(rule.value) for one in found)


def _polls(rule: Rule, config: Configuration) -> bool:
    return any(
        one.name == rule.scope.calendar and one.poll <= parse_duration(rule.value) for one in config.calendars
    )


_STANDS: Mapping[Kind, Callable[[Rule, Configuration], bool]] = {
    Kind.EXTRA_RUNG: _has_rung,
    Kind.EARLY_IF_ODD: lambda _rule, config: config.early_if_odd,
    Kind.INSIST: lambda _rule, config: config.insists,
    Kind.JOINS: _joins,
    Kind.BUFFER: lambda rule, config: config.practice.buffer >= parse_duration(rule.value),
    Kind.POLL: _polls,
    Kind.WAKE: lambda _rule, config: config.wake_before is not None,
}


def edit_of(rule: Rule, session: KnownSession, config: Configuration) -> Edit:
    """The change of the file from which `config` was read. `session` is one that the rule is to reach.

    Raises NeedsPerson if it would take something away from a rule that is there.
    """
    match rule.kind:
        case Kind.EXTRA_RUNG:
            return _rung_edit(rule, session, config)
        case Kind.JOINS:
            return Edit(("channels", rule.channel or "", "joins"), rule.value)
        case Kind.POLL:
            place = [one.name for one in config.calendars].index(rule.scope.calendar or "")
            return Edit(("calendars", place, "poll"), rule.value)
        case Kind.BUFFER:
            return Edit(("practice", "buffer"), rule.value)
        case Kind.WAKE:
            return Edit(("wake", "enabled"), True)
        case Kind.EARLY_IF_ODD | Kind.INSIST:
            return Edit(("reminders", rule.kind.value), True)


def _rung_edit(rule: Rule, session: KnownSession, config: Configuration) -> Edit:
    """A new entry comes last, so that it takes the place of none. Where one counts already the rung goes into that."""
    rung: Table = {"at": rule.value, "urgency": rule.urgency.value}
    number = config.ladder.rule(session, config.zone)
    if number is None:
        return Edit(("reminders", "rules"), {**_conditions(rule.scope), "also": [rung]}, adds=True)
    raw: dict[str, Any] = tomllib.loads(config.content.decode())
    entry = raw["reminders"]["rules"][number - 1]
    key = next((key for key in ("also", "rungs") if key in entry), None)
    if key is None:
        raise NeedsPerson(
            f"This session has the rungs of rule {number} of [[reminders.rules]], which names a profile: no rung can "
            "stand beside one, and a rule before it would take its place.",
            "Write its rungs there yourself: docs/configuration.md.",
        )
    return Edit(("reminders", "rules", number - 1, key), rung, adds=True)


def _conditions(scope: Scope) -> Table:
    found: Table = {}
    if scope.calendar is not None:
        found["calendar"] = scope.calendar
    if scope.client:
        found["client"] = scope.client.reveal()
    if scope.weekday is not None:
        found["weekday"] = [WEEKDAYS[scope.weekday]]
    if scope.place:
        found["place"] = f"^{re.escape(scope.place.reveal())}$".replace("\\ ", " ")
    return found
