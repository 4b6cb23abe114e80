"""Keeps the watched sessions and their ladders in step with what the calendars hold. All of it is one transaction.

1  judge the occurrences of the next days: which are sessions       observe.py, with core.sessions
2  compare with the sessions known so far: what happened to each    core.changes
3  carry that out: new, edited, moved, restored, cancelled           follow.py
4  plan the ladders that have not begun; those that have stay        ladders.py, with core.ladder
5  plan the digests                                                  ladders.py, with core.day
6  plan the end cues of sessions that the therapist is in            cues.py, with core.quiet
"""

from kepthour.pipeline.plan.cues import cue
from kepthour.pipeline.plan.stage import Policy, plan

__all__ = ["Policy", "cue", "plan"]
