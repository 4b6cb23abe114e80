"""The answers to the question what became of a session: what each says, and when one comes too late.

A reply is a first word, and never corrects: the notice does not show what was said since, so nobody who presses its
button can know what they would overrule. Who wants to correct says so with `settle`, and sees what they correct.
"""

from __future__ import annotations

from kepthour.core.changes import KnownSession
from kepthour.core.errors import NeedsPerson
from kepthour.core.notice import Key
from kepthour.core.reminder import QUESTION, SWEEP, Reminder
from kepthour.core.verdict import Verdict

# In the order in which they are offered.
SAYS = {
    Key.HELD: Verdict.ON_TIME,
    Key.WAS_LATE: Verdict.LATE,
    Key.NO_SHOW: Verdict.CLIENT_NO_SHOW,
    Key.MISSED: Verdict.MISSED,
}


def object_to_reply(
    reply: Verdict, session: KnownSession, shown: Reminder | None, said: Verdict | None
) -> None:
    """Raises NeedsPerson if `reply` answers nothing (any more).

    `shown` is the notice that was answered (None: it is not known), `said` what the therapist said of the session, in
    words or by answering. The same once more is welcome.
    """
    if not _asks_about(shown, session):
        raise NeedsPerson("That question was about another start.", "See what is asked: kepthour settle.")
    if session.cancelled:
        raise NeedsPerson("This session was cancelled.", f"If it was held: kepthour settle {session.id}.")
    if said is not None and said is not reply:
        words = said.value.replace("_", " ")
        raise NeedsPerson(
            f"You said “{words}” of this session since it was asked about.",
            f"If that was wrong: kepthour settle {session.id} {reply.value}.",
        )


def _asks_about(shown: Reminder | None, session: KnownSession) -> bool:
    """Whether it is a question about the session's present start; one that was put aside since, too."""
    if shown is None or shown.rung not in {QUESTION, SWEEP} or shown.session_id != session.id:
        return False
    return shown.revision == session.revision or (shown.revision < 0 and shown.due_at >= session.start)
