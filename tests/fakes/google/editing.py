"""What a user does to a calendar in Google's web application."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fakes.google.calendar import CANCELLED, Store, instance_id, original_of
from tests.fakes.google.expansion import UNTIL, count_before, instance, listed, originals
from tests.fakes.google.times import (
    Json,
    Moment,
    between,
    later,
    like,
    local,
    moment,
    packed,
    parse,
    rfc3339,
)

FAR = timedelta(days=3660)


class Calendar(Store):
    """A calendar and its user. Every edit is one or more changes in the log.

        series = calendar.create("AB", "2026-03-02T10:00", recurrence=["RRULE:FREQ=WEEKLY"])
        calendar.cancel_instance(series, "2026-03-09T10:00")

    Starts and original starts are ISO text, `datetime` or `date`: "2026-03-02" is an all-day event, a time without an
    offset is local (in the calendar's zone, or the series'). Fields go by Google's names: `location`, `eventType`.
    """

    # whole events and series

    def create(
        self,
        summary: str,
        start: str | Moment,
        *,
        minutes: int = 50,
        zone: str | None = None,
        recurrence: Sequence[str] = (),
        attendees: Iterable[str] = (),
        organizer: str | None = None,
        identity: str | None = None,
        **fields: Any,
    ) -> str:
        """A new event, or a series if there is a `recurrence`; gives its id. An all-day event lasts a day.

        `attendees` are addresses; the one that is the calendar's own identity is `self`. `organizer` is an address,
        the calendar's own unless this is an invitation."""
        begins = moment(start, zone or self.zone)
        made = identity or self.new_id()
        who = {"email": organizer or self.identity} | (
            {} if organizer not in {None, self.identity} else {"self": True}
        )
        event = {
            "kind": "calendar#event",
            "id": made,
            "status": "confirmed",
            "htmlLink": f"https://www.google.com/calendar/event?eid={made}",
            "created": rfc3339(self.now),
            "summary": summary,
            "creator": who,
            "organizer": who,
            **_placed(begins, _length(begins, minutes)),
            "iCalUID": f"{made}@google.com",
            "sequence": 0,
            "reminders": {"useDefault": True},
            "eventType": "default",
            **fields,
        }
        if recurrence:
            event["recurrence"] = list(recurrence)
        if guests := [self._guest(address) for address in attendees]:
            event["attendees"] = guests
        self.record(event)
        return made

    def update(self, event: str, **fields: Any) -> None:
        """New values for fields; None takes one away. A series hands them on to its exceptions, except where they have
        values of their own; that exceptions keep those is documented (guide "Recurring events"), the rest is not."""
        before = self.events[event]
        self.record(_with(before, fields))
        for exception in self.exceptions(event):
            same = {key: value for key, value in fields.items() if exception.get(key) == before.get(key)}
            same.pop("recurrence", None)
            if same and exception["status"] != CANCELLED:
                self.record(_with(exception, same))

    def move(self, event: str, start: str | Moment, minutes: int | None = None) -> None:
        """To another start. A series' rule stays, and its exceptions go along: they get new original starts, and with
        them new ids; under the old ids stays a deleted event. (What Google does with them is not documented.)"""
        old = self.events[event]
        begins = self._moment_like(old, start)
        length = (
            between(parse(old["start"]), parse(old["end"])) if minutes is None else timedelta(minutes=minutes)
        )
        shift = local(begins) - local(parse(old["start"]))
        self.record({**old, **_placed(begins, length), "sequence": old["sequence"] + 1})
        self._rehang(self.exceptions(event), event, shift)

    def delete(self, event: str) -> None:
        """A single event, a whole series, or one instance by its id."""
        gone = self.events[event]
        self.record({**gone, "status": CANCELLED})
        for exception in self.exceptions(event) if self.deletes_exceptions_too else ():
            self.record({**exception, "status": CANCELLED})

    def restore(self, event: str) -> None:
        """Back out of the bin, a series with its exceptions as they were; they come in the next delta, too."""
        self.record({**self.events[event], "status": "confirmed"})
        for exception in self.exceptions(event):
            self.record(exception)

    def hand_over(self, event: str, other: Calendar) -> None:
        """Into another calendar, with the same id and iCalUID; a deleted event is left behind (Events resource,
        status: "If an event changes its organizer (for example via the move operation)")."""
        for one in [self.events[event], *self.exceptions(event)]:
            other.record(one)
            self.record({"kind": "calendar#event", "id": one["id"], "status": CANCELLED})

    def set_free(self, event: str) -> None:
        """Shown as free: it blocks no time."""
        self.update(event, transparency="transparent")

    def add_conference(self, event: str, code: str = "abc-mnop-xyz") -> None:
        """A Meet room. `code` is the meeting code (ConferenceData, conferenceId)."""
        link = f"https://meet.google.com/{code}"
        solution = {"key": {"type": "hangoutsMeet"}, "name": "Google Meet"}
        points = [
            {"entryPointType": "video", "uri": link, "label": link.removeprefix("https://")},
            {"entryPointType": "phone", "uri": "tel:+49-30-5555-0100", "pin": "1234567", "regionCode": "DE"},
        ]
        data = {"entryPoints": points, "conferenceSolution": solution, "conferenceId": code}
        self.update(event, hangoutLink=link, conferenceData=data)

    def change_reminders(self, event: str, minutes: int) -> None:
        """Neither `updated` nor the etag moves (Events resource, updated)."""
        overrides = [{"method": "popup", "minutes": minutes}]
        reminders = {"useDefault": False, "overrides": overrides}
        self.record({**self.events[event], "reminders": reminders}, quietly=True)

    def respond(self, event: str, answer: str, original: str | Moment | None = None) -> None:
        """The owner's own answer ("accepted", "declined", "tentative"), to one instance or to all of it."""
        if original is not None:
            event = self.change_instance(event, original)
        for one in [self.events[event], *self.exceptions(event)]:
            guests = [
                {**guest, "responseStatus": answer} if guest.get("self") else guest
                for guest in one["attendees"]
            ]
            self.record({**one, "attendees": guests})

    # one instance

    def change_instance(self, series: str, original: str | Moment, **fields: Any) -> str:
        """An exception with its own values; gives its id."""
        at = self.original(series, original)
        before = self.exception(series, at) or instance(self.events[series], at)
        self.record(_with(before, fields))
        return instance_id(series, at)

    def move_instance(
        self, series: str, original: str | Moment, start: str | Moment, minutes: int | None = None
    ) -> str:
        """`original` says which: where it would be by the rule, even if it was moved before."""
        identity = self.change_instance(series, original)
        self.move(identity, start, minutes)
        return identity

    def cancel_instance(self, series: str, original: str | Moment) -> str:
        return self.change_instance(series, original, status=CANCELLED)

    def restore_instance(self, series: str, original: str | Moment) -> str:
        return self.change_instance(series, original, status="confirmed")

    # a series in parts

    def split(
        self, series: str, original: str | Moment, start: str | Moment | None = None, **fields: Any
    ) -> str:
        """ "This and following events", from the instance at `original`; gives the new series' id.

        The old series ends before it (UNTIL). The new one begins at `start` or where the instance was, with the rest
        of the rule, the id `ID_R20260316T100000` and its own iCalUID; exceptions from there on go over to it. None of
        this is documented except that it makes two series (guide "Recurring events", "Modify all following
        instances"); the ids are as others report them."""
        old, at = self.events[series], self.original(series, original)
        if at == parse(old["start"]):  # nothing would be left of the old one: it is changed as a whole
            self.move(series, at if start is None else start)
            self.update(series, **fields)
            return series
        begins = at if start is None else self._moment_like(old, start)
        made = f"{series.partition('_R')[0]}_R{_local_stamp(at)}"
        rest = {
            "recurrence": _rest(old, at),
            "id": made,
            "iCalUID": f"{made}@google.com",
            "created": rfc3339(self.now),
        }
        length = between(parse(old["start"]), parse(old["end"]))
        over = [one for one in self.exceptions(series) if local(original_of(one)) >= local(at)]
        self.record({**old, "recurrence": _until_before(old, at), "sequence": old["sequence"] + 1})
        self.record(_with({**old, **rest, **_placed(begins, length)}, fields))
        self._rehang(over, made, local(begins) - local(at))
        return made

    def ghost_master(self, summary: str, start: str | Moment, count: int = 3) -> str:
        """A series that is there, and all of whose instances are cancelled; gives its id."""
        series = self.create(summary, start, recurrence=[f"RRULE:FREQ=WEEKLY;COUNT={count}"])
        for original in list(originals(self.events[series], self.now + FAR)):
            self.cancel_instance(series, original)
        return series

    # how

    def _rehang(self, exceptions: list[Json], series: str, shift: timedelta) -> None:
        """Exceptions in another series or at other original starts."""
        hung = [self._hung(exception, series, shift) for exception in exceptions]
        for old in {exception["id"] for exception in exceptions} - {exception["id"] for exception in hung}:
            self.record({"kind": "calendar#event", "id": old, "status": CANCELLED})
        for exception in hung:
            self.record(exception)

    def _hung(self, exception: Json, series: str, shift: timedelta) -> Json:
        original = original_of(exception)
        now_at = like(local(original) + shift, original)
        if parse(exception["start"]) == original:  # it followed the rule, and goes on to
            exception = exception | _placed(now_at, between(original, parse(exception["end"])))
        place = {"id": instance_id(series, now_at), "originalStartTime": packed(now_at)}
        return {**exception, **place, "recurringEventId": series, "iCalUID": self.events[series]["iCalUID"]}

    def _moment_like(self, event: Json, start: str | Moment) -> Moment:
        return moment(start, event["start"].get("timeZone", self.zone))

    def _guest(self, address: str) -> Json:
        guest: Json = {"email": address, "responseStatus": "needsAction"}
        return guest | ({"self": True} if address == self.identity else {})


def _with(event: Json, fields: Json) -> Json:
    return {key: value for key, value in {**event, **fields}.items() if value is not None}


def _length(begins: Moment, minutes: int) -> timedelta:
    return timedelta(minutes=minutes) if isinstance(begins, datetime) else timedelta(days=1)


def _placed(begins: Moment, length: timedelta) -> Json:
    return {"start": packed(begins), "end": packed(later(begins, length))}


def _local_stamp(at: Moment) -> str:
    return at.strftime("%Y%m%dT%H%M%S") if isinstance(at, datetime) else at.strftime("%Y%m%d")


def _until_before(series: Json, at: Moment) -> list[str]:
    """The recurrence lines of a series that ends before the instance at `at`."""
    if isinstance(at, datetime):
        eve = at.replace(hour=0, minute=0, second=0) - timedelta(seconds=1)
        until = eve.astimezone(UTC).strftime("UNTIL=%Y%m%dT%H%M%SZ")
    else:
        until = (at - timedelta(days=1)).strftime("UNTIL=%Y%m%d")
    ended = [f"{_without_end(line)};{until}" if _is_rule(line) else line for line in series["recurrence"]]
    return _with_dates(ended, parse(series["start"]), lambda one: one < local(at))


def _rest(series: Json, at: Moment) -> list[str]:
    """The recurrence lines of the series that begins with the instance at `at`: a COUNT loses what came before."""
    first = parse(series["start"])

    def fewer(rule: str) -> str:
        return re.sub(
            r"COUNT=(\d+)", lambda found: f"COUNT={int(found[1]) - count_before(rule, first, at)}", rule
        )

    counted = [fewer(line) if _is_rule(line) else line for line in series["recurrence"]]
    return _with_dates(counted, first, lambda one: one >= local(at))


def _with_dates(lines: list[str], first: Moment, keeps: Callable[[datetime], bool]) -> list[str]:
    """The lines, with those values of RDATE and EXDATE only that `keeps` says; lines that become empty go."""
    kept = []
    for line in lines:
        values = [] if _is_rule(line) else [text for text, naive in listed(line, first) if keeps(naive)]
        if _is_rule(line):
            kept.append(line)
        elif values:
            kept.append(f"{line.partition(':')[0]}:{','.join(values)}")
    return kept


def _is_rule(line: str) -> bool:
    return line.startswith(("RRULE", "EXRULE"))


def _without_end(rule: str) -> str:
    kept = [part for part in rule.split(";") if not part.startswith("COUNT=") and not UNTIL.match(part)]
    return ";".join(kept)
