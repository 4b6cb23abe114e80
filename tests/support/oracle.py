"""Says which reminders a practice calls for, to the second: slow, obvious, and without a line of the program.

It walks through the year hour by hour, and through the seconds at which something is due, with the rules of docs/day.md
for the profile `standard`. It also plays the therapist, who answers by habit.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tests.support.course import Course, Question, Reminder, Told, deadline_of, rung_at, silence, verdict_of
from tests.support.practice import HOME, Answer, Edit, Key, Practice, Restart, Say, Slot

_SECOND, _MINUTE, _HOUR, _DAY = (timedelta(seconds=n) for n in (1, 60, 3600, 86400))
_RUNGS = (-60, -15, -5, -1, 0, 1, 2, 3, 4, 5)  # minutes from the start
_FORESEEN = 5 * _DAY
_ASKED = 4 * _DAY  # so long a question stands
_OLD_ONES = 5  # so many questions of before yesterday are shown again
_EARLY = {"-60m", "-15m"}  # the calm ones
_FOLLOWS = 10 * _MINUTE  # so soon after another a session follows it


class Oracle:
    """One walk through a practice."""

    def __init__(self, practice: Practice) -> None:
        self.practice = practice
        self.book = {one.name: one for one in practice.book}
        self.zone = ZoneInfo(HOME)
        self.courses: dict[Key, Course] = {}
        self.days: dict[date, list[Course]] = {}
        self.digests: dict[tuple[date, str], datetime] = {}  # those that went out -> how long they are of use
        self.questions: list[Question] = []
        self.later: list[
            tuple[Course, datetime]
        ] = []  # that stand on the screen, and are shown again after a session
        self.told = Told()

    def walk(self) -> Told:
        """From the first day to the last."""
        hour = self.practice.begins
        self._look(hour)
        while hour < self.practice.ends:
            if hour.hour == 0:
                self._look(hour)
            self._hour(hour)
            hour += _HOUR
        for course in self.courses.values():
            self._note_verdict(course)
        return self.told

    def _hour(self, hour: datetime) -> None:
        """Second by second, leaving out those at which nothing is due. What happens may make more due."""
        reached = hour
        while moments := [moment for moment in self._moments() if reached <= moment < hour + _HOUR]:
            self._second(min(moments))
            reached = min(moments) + _SECOND

    def _moments(self) -> Iterator[datetime]:
        yield from (edit.at for edit in self.practice.edits)
        yield from (restart.at for restart in self.practice.restarts)
        for course in self.courses.values():
            yield from course.moments()
        yield from (due for _day, _name, due, _until in self._digests_to_come())

    def _second(self, now: datetime) -> None:
        self._remind(now)
        self._happen(now)
        self._remind(now)

    # What happens -------------------------------------------------------------------------------------------------

    def _happen(self, now: datetime) -> None:
        for edit in self.practice.edits:
            if edit.at == now:
                self._edit(edit)
        for restart in self.practice.restarts:
            if restart.at == now:
                self._restart(restart)
        for course in list(self.courses.values()):
            for at, answer in list(course.answers):
                if at == now:
                    course.answers.remove((at, answer))
                    self._answer(course, answer, now)

    def _edit(self, edit: Edit) -> None:
        if edit.now is None:
            del self.book[edit.name]
        else:
            self.book[edit.name] = edit.now
        self._look(edit.at)

    def _restart(self, restart: Restart) -> None:
        """What still stands on the screen is shown again."""
        self.zone = ZoneInfo(restart.zone)
        self.days = self._by_day()
        standing = [
            (course, *course.shown)
            for course in self.courses.values()
            if course.shown is not None and course.shown[1] > restart.at
        ]
        old = sorted(
            (until, str(course.key))
            for course, what, until in standing
            if what == "question" and course.asked and until - _ASKED <= restart.at - _DAY
        )
        self.later = []
        for course, what, until in standing:
            if (until, str(course.key)) in old[:-_OLD_ONES]:
                continue
            if what == "question" and self._attended(restart.at):
                self.later.append((course, until))
            else:
                self._say(restart.at, what, self._about(course))
        for (day, name), until in self.digests.items():
            if until > restart.at and self._held_on(day):  # by the new zone it may be another day's
                self._say(restart.at, name, self._about_day(day))
        self._look(restart.at)

    # What stands in the book --------------------------------------------------------------------------------------

    def _look(self, now: datetime) -> None:
        for course in list(self.courses.values()):
            if course.slot.end < now - _FORESEEN:
                self._note_verdict(self.courses.pop(course.key))
            else:
                self._follow(course, self._slot(course.key), now)
        for key in self._foreseen(now):
            slot = self._slot(key)
            since = max(now - _DAY, self.practice.begins)
            near = slot is not None and since < slot.end and slot.start < now + _FORESEEN
            if slot is not None and near and not slot.cancelled and key not in self.courses:
                self.courses[key] = self._fresh(key, slot, now)
        self.days = self._by_day()

    def _by_day(self) -> dict[date, list[Course]]:
        """What takes place, by the day that it is where the therapist is."""
        found: dict[date, list[Course]] = {}
        for course in sorted(self.courses.values(), key=lambda one: one.start):
            if not course.gone:
                found.setdefault(course.start.astimezone(self.zone).date(), []).append(course)
        return found

    def _foreseen(self, now: datetime) -> Iterator[Key]:
        days = [now.date() + n * _DAY for n in range(-2, 5)]
        for one in self.book.values():
            if not one.every:
                yield Key(one.name, None)
            yield from (Key(one.name, day) for day in {*days, *one.moved} if one.every and one.falls_on(day))

    def _slot(self, key: Key) -> Slot | None:
        one = self.book.get(key.name)
        if one is None:
            return None
        day = key.day or one.first.date()
        return one.on(day, self.zone) if one.falls_on(day) else None

    def _fresh(self, key: Key, slot: Slot, now: datetime) -> Course:
        deadline = deadline_of(slot)
        rungs = {rung_at(n * _MINUTE): slot.start + n * _MINUTE for n in _RUNGS}
        answers = [(slot.start + one.after * _SECOND, one) for one in self.practice.habits(key)]
        return Course(
            key,
            slot,
            deadline,
            {name: at for name, at in rungs.items() if at < deadline},
            [(at, one) for at, one in answers if at > now],
        )

    def _follow(self, course: Course, slot: Slot | None, now: datetime) -> None:
        """A session that is known, and what the book says of it now. What is over stays as it was."""
        if course.slot.end <= now and (slot is None or slot.start <= now):
            return
        if slot is None or slot.cancelled:
            if not course.gone:
                self._lose(course, now, deleted=slot is None)
        elif course.gone or slot.start != course.start:
            self.courses[course.key] = self._fresh(course.key, slot, now)
        else:
            course.slot = slot
            course.deadline = deadline_of(slot) + course.late_by

    def _lose(self, course: Course, now: datetime, *, deleted: bool) -> None:
        course.gone = True
        course.clear()
        if deleted and now < course.start <= now + _DAY:
            self._say(now, "question", self._about(course))
            course.shown = ("question", course.slot.end)

    # What the therapist answers -----------------------------------------------------------------------------------

    def _answer(self, course: Course, answer: Answer, now: datetime) -> None:
        if course.gone:
            return
        self.told.answers.append((now, course.key, answer))
        course.begun, course.shown = True, None
        if answer.say in {Say.HERE, Say.OVER}:
            course.clear()
            if answer.say is Say.OVER:
                course.over = True
            else:
                self._end_the_one_before(course, now)
                course.here = course.here or now
        elif answer.say is Say.ON_MY_WAY:
            silence(course, course.start)
        elif answer.say is Say.SNOOZE:
            end = min(now + answer.minutes * _MINUTE, course.start)
            silence(course, end)
            if end not in course.rungs.values():
                course.rungs[rung_at(end - course.start)] = end
        else:
            self._late(course, max(course.start, now) + answer.minutes * _MINUTE)

    def _end_the_one_before(self, course: Course, now: datetime) -> None:
        for one in self._attended(now, course):
            ends = one.slot.end
            if one.start < course.start and ends - _FOLLOWS <= now and ends <= course.start + _FOLLOWS:
                one.over = True
                one.clear()

    def _late(self, course: Course, announced: datetime) -> None:
        by = announced - course.start
        silence(course, course.start)
        course.rungs = {name: at for name, at in course.rungs.items() if name not in course.promised}
        course.rungs = {name: at + by - course.late_by for name, at in course.rungs.items()}
        course.deadline += by - course.late_by
        course.late_by = by
        for after in (minutes * _MINUTE for minutes in _RUNGS if minutes >= 0):
            if rung_at(after) not in course.rungs:
                name = f"{rung_at(by + after)} as announced"
                course.promised.add(name)
                course.rungs[name] = announced + after

    # What goes out ------------------------------------------------------------------------------------------------

    def _remind(self, now: datetime) -> None:
        self._ask(now)
        for course in self.courses.values():
            if not course.gone and not course.asked:
                self._climb(course, now)
        self._put_questions(now)
        for day, name, due, until in list(self._digests_to_come()):
            if due <= now < until and not self._attended(now):
                self.digests[day, name] = until
                self._say(now, name, self._about_day(day))

    def _climb(self, course: Course, now: datetime) -> None:
        """The newest rung that is due goes out, if it is still of use; the older ones are dropped."""
        due = {name: at for name, at in course.rungs.items() if at <= now}
        if "-60m" in due and course.held != "-60m" and (course.begun or not self._notable(course)):
            del due["-60m"]
        for name in due:
            del course.rungs[name]
        useful = [name for name in due if now < course.until(name)]
        if useful:
            newest = max(useful, key=lambda name: due[name])
            if self._waits(course, newest, due[newest], now):
                course.begun, course.held, course.rungs[newest] = True, newest, due[newest]
                return
            course.begun, course.shown = True, (newest, course.until(newest))
            course.first_out = course.first_out or now
            self._say(now, newest.removesuffix(" as announced"), self._about(course))

    def _ask(self, now: datetime) -> None:
        silent = [
            course
            for course in self.courses.values()
            if course.deadline <= now and not (course.gone or course.asked or course.here or course.over)
        ]
        for course in silent:
            course.asked = True
            course.clear()
        if silent:
            about = " and ".join(sorted(self._about(course) for course in silent))
            self.questions.append(Question(silent, about, now + _DAY))

    def _put_questions(self, now: datetime) -> None:
        """One that nobody was with a client for is put at once; the others when that is over, if they still are one."""
        if self._attended(now):
            return
        for course, until in self.later:
            if course.shown == ("question", until) and now < until:
                self._say(now, "question", self._about(course))
        self.later = []
        for question in list(self.questions):
            self.questions.remove(question)
            if not any(course.here or course.over for course in question.asked) and now < question.until:
                self._say(now, "question", question.about)
                if len(question.asked) == 1:
                    question.asked[0].shown = ("question", now + _ASKED)

    def _notable(self, course: Course) -> bool:
        """The first of the day, after ninety minutes, or at another place than the one before."""
        day = course.start.astimezone(self.zone).date()
        before = [one for one in self._held_on(day) if one.start < course.start]
        if not before:
            return True
        gap = course.start - max(one.slot.end for one in before)
        return gap >= 90 * _MINUTE or before[-1].slot.place != course.slot.place

    def _attended(self, now: datetime, but: Course | None = None) -> list[Course]:
        """The sessions that the therapist is in."""
        return [
            one
            for one in self.courses.values()
            if one is not but
            and one.here is not None
            and not one.over
            and not one.gone
            and now < one.slot.end
        ]

    def _waits(self, course: Course, name: str, due: datetime, now: datetime) -> bool:
        """Whether a rung waits until another session is over."""
        if due >= course.start:
            return False
        urgent = 1 * _MINUTE < course.start - due <= 5 * _MINUTE
        for one in self._attended(now, course):
            after = course.start - one.slot.end
            if name in _EARLY if after < timedelta() else not (urgent and after <= _FOLLOWS):
                return True
        return False

    # Digests ------------------------------------------------------------------------------------------------------

    def _digests_to_come(self) -> Iterator[tuple[date, str, datetime, datetime]]:
        """(the day that it is about, its name, when it is due, until when it is of use)."""
        for day, held in self.days.items():
            first = held[0].start
            eve = self._local(day - _DAY, time(18))
            morning = min(self._local(day, time(7, 30)), first - 90 * _MINUTE)
            if (day, "digest-evening") not in self.digests:
                yield day, "digest-evening", eve, self._local(day, time())
            if (day, "digest-morning") not in self.digests:
                yield day, "digest-morning", morning, first - 15 * _MINUTE

    def _held_on(self, day: date) -> list[Course]:
        return self.days.get(day, [])

    def _local(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, self.zone).astimezone(UTC)

    # Words --------------------------------------------------------------------------------------------------------

    def _say(self, now: datetime, what: str, about: str) -> None:
        self.told.reminders.append(Reminder(now, what, about))

    def _about(self, course: Course) -> str:
        return f"{course.key} at {course.start.astimezone(self.zone):%H:%M}"

    def _about_day(self, day: date) -> str:
        held = self._held_on(day)
        return f"{day}: {len(held)} from {held[0].start.astimezone(self.zone):%H:%M}"

    def _note_verdict(self, course: Course) -> None:
        if not course.gone and course.start < self.practice.ends:
            self.told.verdicts[course.key] = verdict_of(course)
