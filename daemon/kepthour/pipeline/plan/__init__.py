"""Keeps the watched sessions and their ladders in step with what the calendars hold. But for 7, it is one transaction.

1  judge the occurrences of the next days: which are sessions       observe.py, with core.sessions
2  compare with the sessions known so far: what happened to each    core.changes
3  carry that out: new, edited, moved, restored, cancelled           follow.py
4  plan the ladders that have not begun; those that have stay        ladders.py, with core.ladder
5  plan the digests                                                  ladders.py, with core.day
   and put elsewhere what waits on a channel that is gone            stranded.py
6  plan the end cues of sessions that the therapist is in            cues.py, with core.quiet
7  follow the open repair cards to where client and therapist meet    meetings.py, with core.make_up
"""

from kepthour.pipeline.plan.cues import cue
from kepthour.pipeline.plan.make_up import forget_make_up, say_make_up
from kepthour.pipeline.plan.meetings import follow_cards
from kepthour.pipeline.plan.stage import Policy, plan

__all__ = ["Policy", "cue", "follow_cards", "forget_make_up", "plan", "say_make_up"]
