"""Puts the parts together. The only place that knows all of them; commands and the daemon work through it."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

from kepthour import pipeline
from kepthour.config import Calendar, Configuration
from kepthour.core.away import Absence
from kepthour.core.errors import NeedsPerson, place
from kepthour.core.notice import LATE, SNOOZE
from kepthour.core.presence import Presence
from kepthour.core.privacy import NOTHING, Phi
from kepthour.core.replies import SAYS
from kepthour.core.response import Kind
from kepthour.core.spells import Look
from kepthour.core.trail import Who
from kepthour.core.verdict import Verdict
from kepthour.logger import log
from kepthour.plugins import Plugins
from kepthour.ports import Answer, Channel, Clock, GivesEvidence, Housed, Observer, Speaks, Timed, Witness
from kepthour.sources import Sources
from kepthour.store import sessions
from kepthour.store.engine import Store
from kepthour_connectors.base import Surroundings


def load() -> None:
    """Import now what is imported when it is first used: a daemon is to be of one version to its end."""
    import kepthour.views.rules  # noqa: F401

    pipeline.load()


class App:
    """One configuration on one store."""

    def __init__(self, config: Configuration, store: Store, plugins: Plugins, clock: Clock) -> None:
        self.config = config
        self.store = store
        self.clock = clock
        self._plugins = plugins
        self._closed = threading.Event()
        self._gaps: list[pipeline.audit.Found] = []  # of the last audit
        self._unplanned: set[str] = set()  # calendars that brought news
        self._stale_after = {calendar.name: calendar.stale_after for calendar in config.calendars}
        self.sources = Sources(config, store, plugins, clock, self.surroundings, self._closed)

    @cached_property
    def _policy(self) -> pipeline.plan.Policy:
        config = self.config
        return pipeline.plan.Policy(
            calendars=tuple((calendar.name, calendar.take) for calendar in config.calendars),
            rules=config.rules,
            ladder=config.ladder,
            digests=config.digests,
            sweeps=config.sweeps,
            early_if_odd=config.early_if_odd,
            digest_channels=config.near_channels,
            far_channels=config.far_channels,
            end_cues=config.end_cues,
            zone=config.zone,
            given_up=self._closed,
        )

    @cached_property
    def _watched(self) -> pipeline.alert.Watched:
        everywhere = tuple(channel.name for channel in self.config.channels)
        return pipeline.alert.Watched(self._stale_after, self.config.near_channels, everywhere)

    @cached_property
    def _speaking(self) -> pipeline.repair.Speaking:
        config = self.config
        return pipeline.repair.Speaking(config.near_channels, config.far_channels, config.repair.high_need)

    @cached_property
    def _witnesses(self) -> dict[str, Witness]:
        """By calendar: the source of evidence that its account is to be. One that cannot be had is left out."""
        found = ((calendar.name, self._witness(calendar)) for calendar in self.config.calendars)
        return {name: witness for name, witness in found if witness is not None}

    @cached_property
    def observers(self) -> dict[str, Observer]:
        """By type: the sources that watch this machine."""
        made = self.config.evidence
        return {one.type: self._plugins.observer(one.type).observe(one.options) for one in made}

    def ask(self, name: str) -> pipeline.poll.Polled:
        """Ask one calendar what changed, and follow up. Blocks. Raises TryLater, NeedsPerson for the store only."""
        polled = self.sources.poll(name)
        if polled.news:
            self._unplanned.add(name)  # until it is: what failed is not news to the next poll
        if name in self._unplanned:
            self.replan()  # before the comparison, which may take as long again
            self._unplanned.discard(name)
        compared = self.sources.compare(name, polled)
        if compared.mended:
            self.replan()
        return compared

    def next_poll(self, name: str, polled: pipeline.poll.Polled) -> datetime:
        """When to ask this calendar again after `polled`."""
        return self.sources.next_poll(name, polled)

    def may_ask_from(self, name: str) -> datetime:
        """Now, or when the circuit of this calendar's account lets it be asked."""
        return self.sources.may_ask_from(name)

    def forget_pauses(self) -> None:
        """Whatever failed did so before a sleep, or by another clock: who is asked now is asked as after a start."""
        self.sources.forget_pauses()

    def sync(self, names: Iterable[str] = ()) -> list[pipeline.poll.Polled]:
        """Poll these calendars (none named: all) side by side, at once, and follow up. Blocks, for 40 s at most."""
        found = self.sources.sync(names)
        self.replan()
        return found

    def refresh(self) -> None:
        """Expand stored calendars anew where their window has to move, and follow up. No network.

        What is stored of calendars that are not configured any more goes.
        """
        if self.sources.move_windows():
            self.replan()

    def catch_up(self) -> None:
        """After a start, a sleep, or a step of the clock: bring everything in step with the present. No network.

        Whatever was stored by a clock that has been set back since is taken back or told apart.
        """
        self.sources.move_windows()
        pipeline.plan.plan(self._policy, self.store, self.clock.now(), set_back=True)

    def replan(self) -> None:
        """Bring sessions and ladders in step with the stored calendars."""
        pipeline.plan.plan(self._policy, self.store, self.clock.now())

    def audit(self) -> None:
        """See to it that every open session has a next step, and plan anew. What cannot be mended is told."""
        from kepthour.views.rules import looked_at_again  # with ten more; no command needs it of an App

        everywhere = tuple(channel.name for channel in self.config.channels)
        now = self.clock.now()
        self._gaps = pipeline.audit.audit(self.store, everywhere, now, self._gaps, self._closed)
        for who in (Who.DAEMON, Who.THERAPIST):
            behind = pipeline.repair.out_of_step(self.store, now - pipeline.audit.BEHIND, who)
            self._follow_verdicts(behind, who, now)
        self.replan()
        again = looked_at_again(self.config, self.store, now)
        if again:
            pipeline.prevent.tell(self.store, again, self.config.near_channels, now)

    def look(self, as_of: datetime) -> None:
        """Decide what can be decided about sessions and calendars; open or close repair cards accordingly.

        `as_of` (aware UTC) is when the clocks were last compared: one that leapt since is not to be concluded by.
        """
        pipeline.alert.alert(self._watched, self.store, as_of)
        self._decide(as_of)

    def _decide(self, as_of: datetime, only: str | None = None) -> None:
        """What became of sessions, of this one or of all."""
        near, far = self.config.near_channels, self.config.far_channels
        in_person = self.config.in_person
        detector = pipeline.detect.Detector(near, far, self._stale_after, self._witnesses, in_person)
        verdicts = pipeline.detect.detect(detector, self.store, as_of, only)
        self._follow_verdicts(verdicts, Who.DAEMON, as_of)
        if verdicts:
            pipeline.plan.cue(self._policy, self.store, as_of)

    def next_look(self, as_of: datetime) -> datetime | None:
        """When the first question to a source or deadline after `as_of` (aware UTC) comes; None: none is foreseen."""
        times = (
            pipeline.detect.next_deadline(self.store, as_of),
            pipeline.inquire.next_time(self._witnesses, self.store, as_of),
        )
        return min((at for at in times if at is not None), default=None)

    def inquiries(self, as_of: datetime) -> list[pipeline.inquire.Inquiry]:
        """What sources of evidence are to be asked `as_of` (aware UTC)."""
        return pipeline.inquire.due(self._witnesses, self.store, as_of)

    def testify(self, inquiry: pipeline.inquire.Inquiry, presence: Presence, asked_at: datetime) -> None:
        """Keep what a source answered. What follows from it, `look` says."""
        pipeline.inquire.record(self.store, inquiry, presence, asked_at)

    def is_watching(self) -> bool:
        """Whether this machine is to be looked at now."""
        return pipeline.overlook.is_wanted(self.store, self.clock.now())

    def saw(self, source: str, look: Look, before: Look | None) -> None:
        """Keep what a source saw on this machine."""
        pipeline.overlook.record(self.store, source, look, before)

    def forget_old(self) -> None:
        """Delete what has been kept for as long as the configuration wants."""
        now = self.clock.now()
        pipeline.overlook.purge(self.store, now - self.config.keep_evidence)
        pipeline.age.housekeep(self.store, now, self.config.keep_sessions)

    def answer(
        self,
        kind: Kind,
        session_id: str | None,
        surface: str,
        span: timedelta | None = None,
        at: datetime | None = None,
        delivery: str | None = None,
    ) -> pipeline.respond.Answered:
        """Take an answer given `at` (aware UTC; None: now); without an id, to the session that is due.

        `delivery` is the notice that was answered: one about another start than the present is too late.
        Raises NotFound, Ambiguous, NeedsPerson, TryLater.
        """
        heard_at = self.clock.now()
        now = at or heard_at
        respond = pipeline.respond
        due = respond.Due(session_id) if session_id else respond.due_session(self.store, now, kind)
        if span is None:
            span = {Kind.SNOOZE: SNOOZE, Kind.LATE: LATE}.get(kind)
        answered = respond.respond(self.store, due.id, kind, now, surface, span, delivery, heard_at)
        try:
            self._decide(heard_at, only=answered.session.id)  # the one it lives on as
            pipeline.plan.cue(self._policy, self.store, now)
        except Exception as error:  # noqa: BLE001  supervised: the answer is stored, and the daemon looks, too
            log.warning("answer.not_followed_up", problem=error, place=place(error))
        return replace(answered, passed_over=due.passed_over)

    def away(self, start: datetime, end: datetime) -> None:
        """The therapist is away in [start, end), aware UTC."""
        pipeline.leave.go(self.store, start, end, self.clock.now())

    def come_back(self) -> list[Absence]:
        """The therapist is back: every absence that was noted ends. Raises NeedsPerson if there is none."""
        return pipeline.leave.come_back(self.store, self.clock.now())

    def leaves(self) -> list[Absence]:
        """The present absence and those to come, by start."""
        return pipeline.leave.leaves(self.store, self.clock.now())

    def join_link(self, session_id: str) -> Phi:
        """The link into the video room of a session; empty if it has none. Raises NeedsPerson, TryLater."""
        with self.store.read() as tx:
            row = sessions.living(tx, session_id)
        return row.known.join_url if row else NOTHING

    def reply(self, answer: Answer, at: datetime) -> pipeline.settle.Settled:
        """Take an answer, given `at` (aware UTC), to a question about one session.

        Raises NotFound, NeedsPerson, TryLater.
        """
        settled = pipeline.settle.reply(self.store, answer, at)
        said = [(settled.session, SAYS[answer.key])]
        self._follow_verdicts(said, Who.THERAPIST, self.clock.now(), settled.corrects)
        return settled

    def settle(self, session_id: str, verdict: Verdict, reason: str | None) -> pipeline.settle.Settled:
        """The therapist says what happened, or will. Raises NotFound, ReasonWanted, TryLater."""
        now, why = self.clock.now(), Phi(reason.strip()) if reason else None
        settled = pipeline.settle.settle(self.store, session_id, verdict, now, why, self.config.zone)
        if settled.anew:
            self.replan()
        self._follow_verdicts([(settled.session, verdict)], Who.THERAPIST, now, settled.corrects)
        return settled

    def _follow_verdicts(
        self, found: Sequence[tuple[str, Verdict]], by: Who, at: datetime, corrects: Verdict | None = None
    ) -> None:
        """Open, confirm or close cards, and see at once what that calls for.

        Verdicts are of `at` (aware UTC), and so are their cards: a clock that is set back takes back both or neither.
        """
        pipeline.repair.follow_verdicts(self.store, self._speaking, found, at, by, corrects)
        if found:
            self.follow_cards()

    def follow_cards(self) -> None:
        """Bring the open repair cards in step with the calendars. No network."""
        pipeline.plan.follow_cards(self._policy, self.store, self.clock.now())

    def say_make_up(self, card: int, session_id: str | None) -> None:
        """The therapist says which session makes up for the missed one; None: none. Raises NotFound, NeedsPerson."""
        pipeline.plan.say_make_up(self._policy, self.store, card, session_id, self.clock.now())
        self.follow_cards()

    def forget_make_up(self, card: int) -> None:
        """What the therapist said of the make-up session is taken back. Raises NotFound, NeedsPerson."""
        pipeline.plan.forget_make_up(self.store, card, self.clock.now())
        self.follow_cards()

    def channels(self) -> dict[str, Channel]:
        """The configured channels, not yet opened."""
        made = {
            channel.name: self._plugins.channel(channel.type).make(channel.name, channel.options)
            for channel in self.config.channels
        }
        for name, channel in made.items():
            if isinstance(channel, Housed):
                channel.house(self._folder("channels", name), self.clock)
            if isinstance(channel, Speaks):
                channel.speak(self.config.showing.tongue)
            if isinstance(channel, Timed):
                channel.keep_time(self.clock)
        return made

    def dispatcher(
        self, channels: dict[str, Channel], refused: Callable[[], None]
    ) -> pipeline.dispatch.Dispatcher:
        """The pump for this configuration; `refused` is called when a reminder is to be tried again."""
        how, stale_after = self.config.showing, self._stale_after
        return pipeline.dispatch.Dispatcher(self.store, channels, how, self.clock, stale_after, refused)

    def surroundings(self, calendar: str) -> Surroundings:
        """What the connector of this calendar may know. No I/O."""
        return Surroundings(calendar, self._folder("calendars", calendar))

    def give_up(self) -> None:
        """What polls that are under way still bring is not stored any more, and nothing is planned."""
        self._closed.set()

    def close(self) -> None:
        """Give up polls, and let go of connections; the store stays open. May block as long as a source is silent."""
        self.give_up()
        self.sources.close()

    def _witness(self, calendar: Calendar) -> Witness | None:
        name = calendar.options.evidence if isinstance(calendar.options, GivesEvidence) else None
        if name is None:
            return None
        try:
            kind = self._plugins.evidence(name)
        except (KeyError, NeedsPerson):  # evidence is an extra: without it everything else goes on
            log.warning("evidence.not_installed", source=name, calendar=calendar.name)
            return None
        return Witness(
            name, kind.make(calendar.options, calendar.name, self._folder("calendars", calendar.name))
        )

    def folders(self) -> list[Path]:
        """The private folders that calendars and channels of this configuration may have made."""
        calendars = [self._folder("calendars", one.name) for one in self.config.calendars]
        return calendars + [self._folder("channels", one.name) for one in self.config.channels]

    def _folder(self, kind: str, name: str) -> Path:
        """The private folder of one calendar or channel; who needs it makes it."""
        return self.store.path.parent / kind / hashlib.sha256(name.encode()).hexdigest()[:12]
