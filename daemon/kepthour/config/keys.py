"""The keys of the configuration file, as pydantic models. `config.example.toml` shows every one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    model_validator,
)

from kepthour.config.hours import in_order, parse_shift
from kepthour.config.patterns import compiled
from kepthour.core.ladder import Modality, Urgency
from kepthour.core.patterns import Pattern
from kepthour.core.sessions import Take
from kepthour.core.slots import Shift
from kepthour.core.spans import format_duration, parse_duration, parse_offset
from kepthour.core.words.text import Show
from kepthour.languages import languages
from kepthour_connectors.places import at_home
from kepthour_connectors.secrets import Secret


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def _text_to(parse: Callable[[str], object]) -> BeforeValidator:
    def convert(value: Any) -> Any:
        if isinstance(value, str):
            return parse(value)
        raise ValueError('must be a text in quotes, such as "15m"')

    return BeforeValidator(convert)


def _parse_pattern(text: Any) -> Pattern:
    if not isinstance(text, str):
        raise ValueError("must be a regular expression in quotes")
    try:
        return compiled(text)
    except ValueError as error:
        raise ValueError(f"is no regular expression ({error})") from None
    except (OverflowError, RecursionError):
        raise ValueError(
            "is no regular expression (a number in it is too large, or it is too deep)"
        ) from None


def _parse_interval(text: str) -> timedelta:
    interval = parse_duration(text)
    if interval < timedelta(seconds=1):
        raise ValueError('must be at least "1s"; "2m" is kind to a server')
    return interval


def _parse_period(text: str) -> timedelta:
    period = parse_duration(text)
    if period < timedelta(minutes=1):
        raise ValueError('must be at least "1m"')
    return period


def _parse_clock(text: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise ValueError('is no time of day; write it as "18:00"') from None


def _parse_zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        raise ValueError('is no time zone; write one of the IANA names, such as "Europe/Berlin"') from None


def _parse_language(text: str) -> str:
    if text in languages():
        return text
    known = ", ".join(f'"{one}"' for one in languages())
    raise ValueError(f"is no language that notices can have; there are {known}")


_Duration = Annotated[timedelta, _text_to(parse_duration)]
_Pattern = Annotated[Pattern, PlainValidator(_parse_pattern)]
_Clock = Annotated[time, _text_to(_parse_clock)]
_Name = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f]+$")]


class CalendarKeys(Model):
    model_config = ConfigDict(extra="ignore")  # the rest is the kind's own

    name: _Name
    type: str
    poll: Annotated[timedelta, _text_to(_parse_interval)] = timedelta(minutes=2)
    stale_after: _Duration | None = None
    sessions: Take | None = None
    addresses: tuple[str, ...] = ()


class ChannelKeys(Model):
    model_config = ConfigDict(extra="ignore")

    type: str
    joins: Annotated[timedelta, _text_to(parse_offset)] | None = None
    urgency: Urgency | None = None  # None: the kind's own default, or all


class RuleKeys(Model):
    is_: Literal["session", "other"] = Field(alias="is")
    calendar: str | None = None
    title: _Pattern | None = None
    category: str | None = None
    colour: str | None = None
    place: _Pattern | None = None
    link_host: str | None = None
    attendees: tuple[int, int] | None = None
    duration: tuple[_Duration, _Duration] | None = None


class SessionsKeys(Model):
    rules: list[RuleKeys] = []
    join_hosts: tuple[str, ...] = ()


def _check_offset(text: str) -> str:
    """The offset stays as it was written: it is the rung's name."""
    if not -timedelta(days=2) <= parse_offset(text) <= timedelta(hours=12):
        raise ValueError("must lie between two days before the start and twelve hours after it")
    return text.strip()


class RungKeys(Model):
    at: Annotated[str, _text_to(_check_offset)]
    urgency: Urgency = Urgency.NORMAL
    channels: tuple[str, ...] | None = Field(None, min_length=1)


_Profile = Literal["standard", "gentle", "persistent"]


class SpecialKeys(Model):
    calendar: str | None = None
    client: str | None = Field(None, min_length=1)
    weekday: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] | None = Field(
        None, min_length=1
    )
    modality: Modality | None = None
    place: _Pattern | None = None
    profile: _Profile | None = None
    rungs: list[RungKeys] | None = Field(None, min_length=1)
    also: list[RungKeys] | None = Field(None, min_length=1)

    @model_validator(mode="after")
    def _says_one_thing(self) -> SpecialKeys:
        if sum(one is not None for one in (self.profile, self.rungs, self.also)) != 1:
            raise ValueError(
                'must have exactly one of "profile", "rungs" (instead of the others) and "also" (besides them)'
            )
        return self


class ReminderKeys(Model):
    profile: _Profile = "standard"
    insist: bool | None = None  # None: as the profile has it
    early_if_odd: bool = True
    rungs: list[RungKeys] | None = Field(None, min_length=1)
    rules: list[SpecialKeys] = []


class VerdictKeys(Model):
    late_after: _Duration = timedelta(minutes=2)
    missed_after: _Duration = timedelta(minutes=15)
    in_person: _Pattern | None = None

    @model_validator(mode="after")
    def _in_order(self) -> VerdictKeys:
        late, missed = format_duration(self.late_after), format_duration(self.missed_after)
        if not self.missed_after:
            raise ValueError('missed_after must be longer than nothing, such as "15m"')
        if self.late_after > self.missed_after:
            raise ValueError(f"missed_after ({missed}) must not be shorter than late_after ({late})")
        return self


class DigestKeys(Model):
    enabled: bool = True
    evening: _Clock = time(18, 0)
    morning: _Clock = time(7, 30)


class SweepKeys(Model):
    enabled: bool = True
    after: _Duration = timedelta(minutes=10)
    at: _Clock = time(20)


def _parse_cue(text: str) -> timedelta:
    span = parse_duration(text)
    if not timedelta(minutes=1) <= span <= timedelta(hours=1) or span % timedelta(minutes=1):
        raise ValueError('must be whole minutes, "1m" to "60m"')
    return span


class QuietKeys(Model):
    end_cues: tuple[Annotated[timedelta, _text_to(_parse_cue)], ...] = (
        timedelta(minutes=10),
        timedelta(minutes=5),
    )


class WakeKeys(Model):
    enabled: bool = False
    before: _Duration = timedelta(minutes=10)


class PrivacyKeys(Model):
    notice: Show = Show.TIME


class HeartbeatKeys(Model):
    url: Secret
    every: Annotated[timedelta, _text_to(_parse_period)] = timedelta(minutes=5)


class EvidenceKeys(Model):
    model_config = ConfigDict(extra="ignore")

    type: str


def _parse_days(text: str) -> timedelta:
    span = parse_duration(text)
    if span < timedelta(days=1):
        raise ValueError('must be at least "1d"')
    return span


def _parse_months(text: str) -> timedelta:
    span = parse_duration(text)
    if span < timedelta(days=120):
        raise ValueError('must be at least "120d": by what was, the program tells what is odd')
    return span


class RetentionKeys(Model):
    evidence: Annotated[timedelta, _text_to(_parse_days)] = timedelta(days=30)
    sessions: Annotated[timedelta, _text_to(_parse_months)] = timedelta(days=365)


_Shifts = Annotated[tuple[Annotated[Shift, _text_to(parse_shift)], ...], AfterValidator(in_order)]


class HoursKeys(Model):
    mon: _Shifts = ()
    tue: _Shifts = ()
    wed: _Shifts = ()
    thu: _Shifts = ()
    fri: _Shifts = ()
    sat: _Shifts = ()
    sun: _Shifts = ()


def _at_least_one(count: int) -> int:
    if count < 1:
        raise ValueError("must be at least 1")
    return count


class PracticeKeys(Model):
    hours: HoursKeys | None = None  # None: the usual week
    buffer: _Duration = timedelta(minutes=10)
    travel: _Duration = timedelta(minutes=30)
    sessions_a_day: Annotated[int, AfterValidator(_at_least_one)] = 8


def _parse_ahead(text: str) -> timedelta:
    span = parse_duration(text)
    if not timedelta(days=1) <= span <= timedelta(days=365):
        raise ValueError('must be "1d" to "365d"')
    return span


class RepairKeys(Model):
    offer: Literal[3, 4, 5] = 4
    within: Annotated[timedelta, _text_to(_parse_ahead)] = timedelta(days=14)
    high_need: tuple[Annotated[str, Field(min_length=1)], ...] = ()


def _parse_store(url: str) -> Path | None:
    """A path, or `sqlite:///path`; "sqlite" alone is the usual place, None."""
    if not url:
        raise ValueError('must be "sqlite", or the path of a file')
    return None if url == "sqlite" else at_home(Path(url.removeprefix("sqlite:///")))


class StoreKeys(Model):
    url: Annotated[Path | None, _text_to(_parse_store)] = None
    key: Secret | None = None  # None: it is not encrypted


class Keys(Model):
    timezone: Annotated[ZoneInfo, _text_to(_parse_zone)] | None = None
    language: Annotated[str, _text_to(_parse_language)] | None = None
    calendars: list[dict[str, Any]] = Field(min_length=1)
    sessions: SessionsKeys = SessionsKeys()
    reminders: ReminderKeys = ReminderKeys()
    verdict: VerdictKeys = VerdictKeys()
    channels: dict[_Name, dict[str, Any]] = Field(
        default_factory=lambda: {"desktop": {"type": "desktop"}}, min_length=1
    )
    digests: DigestKeys = DigestKeys()
    sweep: SweepKeys = SweepKeys()
    quiet: QuietKeys = QuietKeys()
    wake: WakeKeys = WakeKeys()
    privacy: PrivacyKeys = PrivacyKeys()
    evidence: list[dict[str, Any]] = []
    retention: RetentionKeys = RetentionKeys()
    practice: PracticeKeys = PracticeKeys()
    repair: RepairKeys = RepairKeys()
    heartbeat: HeartbeatKeys | None = None
    store: StoreKeys = StoreKeys()
