"""A whole raw configuration -> a Configuration, or all its faults at once, each by its path (`calendars[1].url`)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError

from kepthour.config import ChannelConfig, Configuration, EvidenceConfig, HeartbeatConfig
from kepthour.config.faults import Fault, Faulty, as_faults
from kepthour.config.keys import CalendarKeys, ChannelKeys, EvidenceKeys, Keys, Model, RungKeys
from kepthour.config.meaning import (
    EDITS,
    applying,
    calendar_of,
    digest_times,
    insists,
    practice_of,
    repair_of,
    rule_of,
    rungs_of,
    special_of,
    sweep_times,
)
from kepthour.config.zone import system_zone
from kepthour.core.errors import NeedsPerson
from kepthour.core.ladder import ChannelRule, Ladder, Urgency
from kepthour.core.sessions import Take
from kepthour.core.spans import parse_offset
from kepthour.languages import language_of
from kepthour.plugins import CHANNELS, CONNECTORS, EVIDENCE, Plugins
from kepthour.ports import Selective

_M = TypeVar("_M", bound=BaseModel)


class Whole:
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
        marks = any(one.type == EDITS for one in evidence)
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
                calendar_of(index, *pair, keys, marks) for index, pair in enumerate(calendars) if pair
            ),
            rules=tuple(rule_of(rule) for rule in keys.sessions.rules),
            join_hosts=keys.sessions.join_hosts,
            ladder=Ladder(
                rungs=rungs_of(keys.reminders),
                channels=tuple(rule for _name, _config, rule in channels),
                late_after=keys.verdict.late_after,
                missed_after=keys.verdict.missed_after,
                specials=tuple(special_of(rule, rungs_of(keys.reminders)) for rule in keys.reminders.rules),
            ),
            channels=tuple(config for _name, config, _rule in channels),
            digests=digest_times(keys.digests),
            sweeps=sweep_times(keys.sweep),
            end_cues=keys.quiet.end_cues,
            show=keys.privacy.notice,
            language=keys.language or language_of(os.environ),
            heartbeat=HeartbeatConfig(keys.heartbeat.url, keys.heartbeat.every) if keys.heartbeat else None,
            store=keys.store.url,
            store_key=keys.store.key,
            wake_before=keys.wake.before if keys.wake.enabled else None,
            early_if_odd=keys.reminders.early_if_odd,
            evidence=tuple(one for one in evidence if one.type != EDITS),
            in_person=keys.verdict.in_person,
            reads_edits=marks,
            keep_evidence=keys.retention.evidence,
            keep_sessions=keys.retention.sessions,
            insists=insists(keys.reminders),
            practice=practice_of(keys.practice),
            repair=repair_of(keys.repair),
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
            names = sorted([*plugins.observers(), EDITS]) if group == EVIDENCE else plugins.names(group)
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
        if group == EVIDENCE and raw.get("type") == EDITS:
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
            if pair and pair[0].sessions is Take.RULES and not applying(keys, pair[0].name):
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
