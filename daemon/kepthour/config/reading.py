"""A configuration file -> a Configuration, or everything that is wrong with it. No network I/O.

All faults are found at once, each by its path (`calendars[1].url`).
"""

from __future__ import annotations

import hashlib
import json
import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError

from kepthour.config import (
    Calendar,
    ChannelConfig,
    Configuration,
    EvidenceConfig,
    HeartbeatConfig,
    RepairConfig,
)
from kepthour.config.faults import Fault, Faulty, as_faults
from kepthour.config.keys import (
    CalendarKeys,
    ChannelKeys,
    DigestKeys,
    EvidenceKeys,
    Keys,
    Model,
    PracticeKeys,
    ReminderKeys,
    RepairKeys,
    RuleKeys,
    RungKeys,
    SpecialKeys,
    SweepKeys,
)
from kepthour.config.zone import system_zone
from kepthour.core.day import DigestTimes
from kepthour.core.errors import NeedsPerson
from kepthour.core.ladder import PROFILES, ChannelRule, Ladder, Rung, Special, Urgency
from kepthour.core.privacy import Phi
from kepthour.core.sessions import Rule, Take
from kepthour.core.slots import Practice
from kepthour.core.spans import parse_offset
from kepthour.core.sweep import SweepTimes
from kepthour.languages import language_of
from kepthour.plugins import CHANNELS, CONNECTORS, EVIDENCE, Plugins
from kepthour.ports import Selective

LIMIT_BYTES = 1 << 20  # the text is parsed in Python: a few megabytes would hold an answer up for seconds
_EDITS = "edits"  # evidence without a source of its own: it lies in what the calendars are polled for anyway
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_M = TypeVar("_M", bound=BaseModel)


def load(file: Path, plugins: Plugins) -> Configuration:
    """The configuration in `file`. Raises Faulty with everything that is wrong with it."""
    return parse(file, read(file), plugins)


def read(file: Path) -> bytes:
    """What is in `file`. Raises Faulty if it is not there, may not be read, or can be no configuration."""
    try:
        if (
            file.is_char_device() or file.is_block_device()
        ):  # some of these never end, and some wait for somebody
            raise Faulty(file, (Fault("", "this is a device, and no file"),))
        with file.open("rb") as opened:
            content = opened.read(LIMIT_BYTES + 1)
    except FileNotFoundError:
        raise Faulty(
            file, (Fault("", "there is no such file; write a first one with: kepthour init"),)
        ) from None
    except (OSError, ValueError) as error:  # a path with a NUL in it is a wrong value
        reason = getattr(error, "strerror", None) or "this is no path"
        raise Faulty(file, (Fault("", f"it cannot be read ({reason})"),)) from None
    if len(content) > LIMIT_BYTES:
        raise Faulty(file, (Fault("", "this is larger than a configuration may be: 1 MiB"),))
    return content


def parse(file: Path, content: bytes, plugins: Plugins) -> Configuration:
    """The configuration that `content` is, if it stands in `file`. Raises Faulty with everything that is wrong."""
    try:
        raw = tomllib.loads(content.decode("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise Faulty(file, (Fault("", f"this is not TOML: {error}"),)) from None
    except UnicodeDecodeError:
        raise Faulty(file, (Fault("", "this is not a text in UTF-8"),)) from None
    except RecursionError:
        raise Faulty(file, (Fault("", "its lists or tables lie too deep in one another"),)) from None
    except ValueError:  # tomllib lets through what `int` and `datetime` say of a number or date that is none
        raise Faulty(
            file, (Fault("", "a number or a date in it is too long, or there is no such one"),)
        ) from None
    return replace(_Reading(file, raw, plugins).configuration(), content=content)


def only_the_store(file: Path, content: bytes, plugins: Plugins, *, with_key: bool) -> Configuration:
    """Of a file with faults: where the store is, the zone, and the names of calendars and channels; no more is right.

    Raises Faulty if it does not even tell that.
    """
    try:
        raw = tomllib.loads(content.decode("utf-8"))
    except ValueError as error:
        raise Faulty(file, (Fault("", f"this is not TOML: {error}"),)) from None
    store = raw.get("store", {})
    if isinstance(store, dict) and not with_key:
        store = {key: value for key, value in store.items() if key != "key"}
    names = {"-": None} | {
        one["name"]: None for one in _tables(raw.get("calendars")) if _is_name(one.get("name"))
    }
    channels = raw.get("channels")
    zone = raw.get("timezone")
    least: dict[str, Any] = {
        "calendars": [{"name": name, "type": "ics", "path": os.devnull, "sessions": "all"} for name in names],
        "channels": {"-": {"type": "console"}}
        | {name: {"type": "console"} for name in (channels if isinstance(channels, dict) else ())},
        "store": store,
    }
    try:
        return _Reading(
            file, least | ({"timezone": zone} if zone is not None else {}), plugins
        ).configuration()
    except Faulty:
        return _Reading(file, least, plugins).configuration()


def _tables(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 64


class _Reading:
    """One pass over a raw configuration that collects faults instead of stopping at the first."""

    def __init__(self, file: Path, raw: Mapping[str, Any], plugins: Plugins) -> None:
        self._file = file
        self._raw = raw
        self._plugins = plugins
        self._faults: list[Fault] = []

    def configuration(self) -> Configuration:
        keys = self._validate(Keys, self._raw, "")
        entries, sources = self._raw.get("calendars", []), self._raw.get("evidence", [])
        tables = self._raw.get("channels", {"desktop": {"type": "desktop"}})
        calendars = self._calendars(
            [e for e in entries if isinstance(e, dict)] if isinstance(entries, list) else []
        )
        channels = self._channels(tables if isinstance(tables, dict) else {})
        evidence = self._evidence(sources if isinstance(sources, list) else [])
        marks = any(one.type == _EDITS for one in evidence)
        if keys is not None:
            self._check_key(keys)
            self._check_references(keys, calendars, {name for name, _config, _rule in channels})
        zone = self._zone(keys) if keys is not None else None
        if self._faults or keys is None or zone is None:
            raise Faulty(self._file, tuple(self._faults))
        return Configuration(
            file=self._file,
            zone=zone,
            zone_follows_system=keys.timezone is None,
            calendars=tuple(
                self._calendar(index, *pair, keys, marks) for index, pair in enumerate(calendars) if pair
            ),
            rules=tuple(_rule(rule) for rule in keys.sessions.rules),
            join_hosts=keys.sessions.join_hosts,
            ladder=Ladder(
                rungs=_rungs(keys.reminders),
                channels=tuple(rule for _name, _config, rule in channels),
                late_after=keys.verdict.late_after,
                missed_after=keys.verdict.missed_after,
                specials=tuple(_special(rule, _rungs(keys.reminders)) for rule in keys.reminders.rules),
            ),
            channels=tuple(config for _name, config, _rule in channels),
            digests=_digest_times(keys.digests),
            sweeps=_sweep_times(keys.sweep),
            end_cues=keys.quiet.end_cues,
            show=keys.privacy.notice,
            language=keys.language or language_of(os.environ),
            heartbeat=HeartbeatConfig(keys.heartbeat.url, keys.heartbeat.every) if keys.heartbeat else None,
            store=_store_path(keys.store.url),
            store_key=keys.store.key,
            wake_before=keys.wake.before if keys.wake.enabled else None,
            early_if_odd=keys.reminders.early_if_odd,
            evidence=tuple(one for one in evidence if one.type != _EDITS),
            in_person=keys.verdict.in_person,
            reads_edits=marks,
            keep_evidence=keys.retention.evidence,
            keep_sessions=keys.retention.sessions,
            insists=_insists(keys.reminders),
            practice=_practice(keys.practice),
            repair=_repair(keys.repair),
        )

    def _validate(self, model: type[_M], raw: Mapping[str, Any], path: str) -> _M | None:
        try:
            return model.model_validate(raw)
        except ValidationError as error:
            self._faults += as_faults(error, path, model)
            return None

    def _kind(self, group: str, name: Any, path: str) -> Any:
        """The kind called `name`, or None with a fault noted (unless its absence was noted already)."""
        if not isinstance(name, str):
            return None
        plugins = self._plugins
        get = {CONNECTORS: plugins.connector, CHANNELS: plugins.channel, EVIDENCE: plugins.observer}[group]
        try:
            return get(name)
        except KeyError:
            names = sorted([*plugins.observers(), _EDITS]) if group == EVIDENCE else plugins.names(group)
            known = ", ".join(f'"{one}"' for one in names)
            self._faults.append(Fault(f"{path}.type", f"there is no such kind; installed are {known}"))
        except NeedsPerson as error:
            self._faults.append(Fault(f"{path}.type", str(error)))
        return None

    def _calendars(self, entries: list[dict[str, Any]]) -> list[tuple[CalendarKeys, BaseModel] | None]:
        found: list[tuple[CalendarKeys, BaseModel] | None] = []
        names: dict[str, int] = {}
        for index, entry in enumerate(entries):
            path = f"calendars[{index}]"
            keys = self._validate(CalendarKeys, entry, path)
            options = self._options(CONNECTORS, entry, path, set(CalendarKeys.model_fields))
            if keys and keys.name in names:
                self._faults.append(
                    Fault(f"{path}.name", f"calendars[{names[keys.name]}] has this name; choose another")
                )
            if keys:
                names.setdefault(keys.name, index)
            found.append((keys, options) if keys and options else None)
        return found

    def _channels(self, tables: Mapping[str, Any]) -> list[tuple[str, ChannelConfig, ChannelRule]]:
        found = []
        for name, table in tables.items():
            if not isinstance(table, dict):
                continue
            path = f"channels.{name}"
            keys = self._validate(ChannelKeys, table, path)
            options = self._options(CHANNELS, table, path, set(ChannelKeys.model_fields))
            if keys and options:
                rule = ChannelRule(name, keys.joins, keys.urgency or self._default_urgency(keys.type))
                found.append((name, ChannelConfig(name, keys.type, options), rule))
        return found

    def _evidence(self, tables: Iterable[Any]) -> list[EvidenceConfig]:
        found: dict[str, EvidenceConfig] = {}
        for index, table in enumerate(tables):
            if not isinstance(table, dict):
                continue
            path = f"evidence[{index}]"
            keys = self._validate(EvidenceKeys, table, path)
            options = self._options(EVIDENCE, table, path, set(EvidenceKeys.model_fields))
            if keys and keys.type in found:
                self._faults.append(
                    Fault(f"{path}.type", "there is an [[evidence]] table of this type already")
                )
            if keys and options:
                found.setdefault(keys.type, EvidenceConfig(keys.type, options))
        return list(found.values())

    def _default_urgency(self, kind: str) -> Urgency:
        """The lowest that a kind takes if the configuration does not say."""
        made = self._plugins.channel(kind)
        return made.DEFAULT_URGENCY if isinstance(made, Selective) else Urgency.PASSIVE

    def _options(self, group: str, raw: dict[str, Any], path: str, common: set[str]) -> BaseModel | None:
        if group == EVIDENCE and raw.get("type") == _EDITS:
            model: type[BaseModel] = Model  # it has no keys of its own
        elif (kind := self._kind(group, raw.get("type"), path)) is not None:
            model = kind.Options
        else:
            return None
        own = {key: value for key, value in raw.items() if key not in common}
        try:
            return model.model_validate(own)
        except ValidationError as error:
            self._faults += as_faults(error, path, model, common)
            return None

    def _zone(self, keys: Keys) -> ZoneInfo | None:
        zone = keys.timezone or system_zone()
        if zone is None:
            what = 'is not given, and this computer does not tell its own; write an IANA name, such as "Europe/Berlin"'
            self._faults.append(Fault("timezone", what))
        return zone

    def _check_key(self, keys: Keys) -> None:
        if keys.store.key is not None and find_spec("sqlcipher3") is None:
            text = 'what encrypts the store is not installed; install it with its extra "encryption": docs/install.md'
            self._faults.append(Fault("store.key", text))

    def _check_references(
        self, keys: Keys, calendars: Iterable[tuple[CalendarKeys, BaseModel] | None], channels: set[str]
    ) -> None:
        names = {pair[0].name for pair in calendars if pair}
        all_named = {name for entry in keys.calendars if isinstance(name := entry.get("name"), str)}
        for index, rule in enumerate(keys.sessions.rules):
            if rule.calendar is not None and rule.calendar not in names | all_named:
                self._faults.append(
                    Fault(f"sessions.rules[{index}].calendar", "there is no calendar of this name")
                )
        for index, pair in enumerate(calendars):
            if pair and pair[0].sessions is Take.RULES and not _applying(keys, pair[0].name):
                text = 'is "rules", but no [[sessions.rules]] entry makes its events sessions; add one, or say "all"'
                self._faults.append(Fault(f"calendars[{index}].sessions", text))
        known = channels | set(keys.channels)
        self._check_rungs("reminders.rungs", keys.reminders.rungs or [], known)
        for index, special in enumerate(keys.reminders.rules):
            path = f"reminders.rules[{index}]"
            self._check_rungs(f"{path}.rungs", special.rungs or [], known)
            self._check_rungs(f"{path}.also", special.also or [], known)
            if special.calendar is not None and special.calendar not in names | all_named:
                self._faults.append(Fault(f"{path}.calendar", "there is no calendar of this name"))

    def _check_rungs(self, path: str, rungs: Iterable[RungKeys], channels: set[str]) -> None:
        offsets: dict[timedelta, int] = {}
        for index, rung in enumerate(rungs):
            offset = parse_offset(rung.at)
            if offset in offsets:
                text = f"{path}[{offsets[offset]}] comes at the same time; two reminders at once say the same"
                self._faults.append(Fault(f"{path}[{index}].at", text))
            offsets.setdefault(offset, index)
            for place, name in enumerate(rung.channels or ()):
                if name not in channels:
                    known = ", ".join(sorted(channels))
                    text = f'there is no channel "{name}"; add [channels.{name}], or name one of: {known}'
                    self._faults.append(Fault(f"{path}[{index}].channels[{place}]", text))

    def _calendar(
        self, index: int, keys: CalendarKeys, options: BaseModel, whole: Keys, marks: bool
    ) -> Calendar:
        take = keys.sessions or (Take.RULES if _applying(whole, keys.name) else Take.ALL)
        entry = {
            key: value
            for key, value in whole.calendars[index].items()
            if key not in {"poll", "stale_after", "sessions"}
        }
        read_with = [entry, whole.sessions.join_hosts, *([_EDITS] if marks else [])]
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


def _applying(keys: Keys, calendar: str) -> list[RuleKeys]:
    return [r for r in keys.sessions.rules if r.is_ == "session" and r.calendar in {None, calendar}]


def _rule(keys: RuleKeys) -> Rule:
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


def _rungs(keys: ReminderKeys) -> tuple[Rung, ...]:
    return PROFILES[keys.profile] if keys.rungs is None else _own_rungs(keys.rungs)


def _insists(keys: ReminderKeys) -> bool:
    return keys.profile == "persistent" if keys.insist is None else keys.insist


def _own_rungs(rungs: Iterable[RungKeys]) -> tuple[Rung, ...]:
    return tuple(Rung(parse_offset(rung.at), rung.at, rung.urgency, rung.channels) for rung in rungs)


def _special(keys: SpecialKeys, usual: tuple[Rung, ...]) -> Special:
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


def _digest_times(keys: DigestKeys) -> DigestTimes:
    return DigestTimes(keys.evening, keys.morning) if keys.enabled else DigestTimes(None, None)


def _sweep_times(keys: SweepKeys) -> SweepTimes:
    return SweepTimes(keys.after, keys.at) if keys.enabled else SweepTimes(None, None)


def _practice(keys: PracticeKeys) -> Practice:
    usual = Practice(buffer=keys.buffer, travel=keys.travel, sessions_a_day=keys.sessions_a_day)
    if keys.hours is None:
        return usual
    return replace(usual, hours=tuple(getattr(keys.hours, day) for day in WEEKDAYS))


def _repair(keys: RepairKeys) -> RepairConfig:
    return RepairConfig(keys.offer, keys.within, frozenset(Phi(alias) for alias in keys.high_need))


def _store_path(url: str) -> Path | None:
    """A path, or `sqlite:///path`; "sqlite" alone is the default place."""
    return None if url == "sqlite" else Path(url.removeprefix("sqlite:///")).expanduser()
