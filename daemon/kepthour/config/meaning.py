"""What keys mean: from the tables of a configuration to what the rest goes by. Nothing here can be wrong any more."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace

from pydantic import BaseModel

from kepthour.config import Calendar, RepairConfig
from kepthour.config.keys import (
    CalendarKeys,
    DigestKeys,
    Keys,
    PracticeKeys,
    ReminderKeys,
    RepairKeys,
    RuleKeys,
    RungKeys,
    SpecialKeys,
    SweepKeys,
)
from kepthour.core.day import DigestTimes
from kepthour.core.ladder import PROFILES, Rung, Special
from kepthour.core.privacy import Phi
from kepthour.core.sessions import Rule, Take
from kepthour.core.slots import Practice
from kepthour.core.spans import parse_offset
from kepthour.core.sweep import SweepTimes

EDITS = "edits"  # evidence without a source of its own: it lies in what the calendars are polled for anyway
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def calendar_of(index: int, keys: CalendarKeys, options: BaseModel, whole: Keys, marks: bool) -> Calendar:
    """The calendar of entry `index`. Its fingerprint changes with whatever decides how its events are read."""
    take = keys.sessions or (Take.RULES if applying(whole, keys.name) else Take.ALL)
    entry = {
        key: value
        for key, value in whole.calendars[index].items()
        if key not in {"poll", "stale_after", "sessions"}
    }
    read_with = [entry, whole.sessions.join_hosts, *([EDITS] if marks else [])]
    source = json.dumps(read_with, sort_keys=True, default=str)
    return Calendar(
        name=keys.name,
        type=keys.type,
        options=options,
        poll=keys.poll,
        stale_after=keys.stale_after or 3 * keys.poll,
        take=take,
        addresses=frozenset(address.lower() for address in keys.addresses),
        fingerprint=hashlib.sha256(source.encode()).hexdigest(),
    )


def applying(keys: Keys, calendar: str) -> list[RuleKeys]:
    """The rules that make events of this calendar sessions."""
    return [r for r in keys.sessions.rules if r.is_ == "session" and r.calendar in {None, calendar}]


def rule_of(keys: RuleKeys) -> Rule:
    """One rule about which events are sessions."""
    return Rule(
        is_session=keys.is_ == "session",
        calendar=keys.calendar,
        title=keys.title,
        category=keys.category,
        colour=keys.colour,
        place=keys.place,
        link_host=keys.link_host,
        attendees=keys.attendees,
        duration=keys.duration,
    )


def rungs_of(keys: ReminderKeys) -> tuple[Rung, ...]:
    """The ladder of whatever no special rule is about."""
    return PROFILES[keys.profile] if keys.rungs is None else _own_rungs(keys.rungs)


def insists(keys: ReminderKeys) -> bool:
    """Whether notices come back that were put away without an answer."""
    return keys.profile == "persistent" if keys.insist is None else keys.insist


def _own_rungs(rungs: Iterable[RungKeys]) -> tuple[Rung, ...]:
    return tuple(Rung(parse_offset(rung.at), rung.at, rung.urgency, rung.channels) for rung in rungs)


def special_of(keys: SpecialKeys, usual: tuple[Rung, ...]) -> Special:
    """The ladder of some sessions: its own rungs, or those `also` and the `usual` ones."""
    own = _own_rungs(keys.rungs or keys.also or ())
    if keys.profile is not None:
        own = PROFILES[keys.profile]
    elif keys.also is not None:
        named = {rung.offset for rung in own}
        own = (*own, *(rung for rung in usual if rung.offset not in named))
    return Special(
        rungs=own,
        calendar=keys.calendar,
        client=keys.client,
        weekdays=frozenset(WEEKDAYS.index(day) for day in keys.weekday) if keys.weekday else None,
        modality=keys.modality,
        place=keys.place,
    )


def digest_times(keys: DigestKeys) -> DigestTimes:
    """When the digests come; None where none does."""
    return DigestTimes(keys.evening, keys.morning) if keys.enabled else DigestTimes(None, None)


def sweep_times(keys: SweepKeys) -> SweepTimes:
    """When the sweep comes; None where none does."""
    return SweepTimes(keys.after, keys.at) if keys.enabled else SweepTimes(None, None)


def practice_of(keys: PracticeKeys) -> Practice:
    """What free times are sought by."""
    usual = Practice(buffer=keys.buffer, travel=keys.travel, sessions_a_day=keys.sessions_a_day)
    if keys.hours is None:
        return usual
    return replace(usual, hours=tuple(getattr(keys.hours, day) for day in WEEKDAYS))


def repair_of(keys: RepairKeys) -> RepairConfig:
    """What drafts and offers go by."""
    return RepairConfig(keys.offer, keys.within, frozenset(Phi(alias) for alias in keys.high_need))
