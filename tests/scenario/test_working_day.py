"""One day of eight sessions as a therapist lives it: every notice of it, to be read from top to bottom."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from textwrap import TextWrapper

from kepthour.core.response import Kind
from kepthour.core.verdict import Verdict
from kepthour.ports import Key
from tests.support.day import BERLIN, CONFIG, Day, when

SETUP = (
    CONFIG.replace("enabled = false", "enabled = true").replace("end_cues = []", 'end_cues = ["10m", "5m"]')
    + '[channels.phone]\ntype = "recorder"\njoins = "+2m"\n'
)
SESSIONS = ("08:00", "08:50", "10:30", "11:30", "13:00", "14:00", "15:30", "17:00")
DAY = "2026-03-02"

NOTICES = """\
06:30  screen  passive   Today: 6 sessions, the first at 08:00
                         2 more stand in your leave: move or cancel them. All calendars are in sync. See
                         the day with: kepthour agenda.
07:00  screen  normal    Session at 08:00 starts in 1 h
                         50 min. Plan your way there.
07:45  screen  normal    Session at 08:00 starts in 15 min
                         50 min. Finish what you are doing and get ready.
07:55  screen  high      Session at 08:00 starts in 5 min
                         50 min. Go there now, and say “I'm here”.
08:40  screen  normal    10 min to the end
                         Session ends at 08:50. The next begins at 08:50.
08:45  screen  normal    Session ends at 08:50, the next begins at 08:50
                         Then: 50 min. One answer ends this one and starts the next.
09:30  screen  normal    10 min to the end
                         Session ends at 09:40. Say “Session over” when it is.
09:35  screen  normal    5 min to the end
                         Session ends at 09:40. Say “Session over” when it is.
10:15  screen  normal    Session at 10:30 starts in 15 min
                         50 min. Finish what you are doing and get ready.
10:25  screen  high      Session at 10:30 starts in 5 min
                         50 min. Go there now, and say “I'm here”.
11:15  screen  high      Session at 11:30 starts in 15 min
                         50 min. Finish what you are doing and get ready.
11:25  screen  high      Session at 11:30 starts in 5 min
                         50 min. Go there now, and say “I'm here”.
11:29  screen  critical  Session at 11:30 starts in 1 min
                         50 min. Go there now, and say “I'm here”.
12:10  screen  normal    10 min to the end
                         Session ends at 12:20. Say “Session over” when it is.
12:15  screen  normal    5 min to the end
                         Session ends at 12:20. Say “Session over” when it is.
12:45  screen  normal    Session at 13:00 starts in 15 min
                         50 min. Finish what you are doing and get ready.
12:55  screen  high      Session at 13:00 starts in 5 min
                         50 min. Go there now, and say “I'm here”.
13:40  screen  normal    10 min to the end
                         Session ends at 13:50. The next begins at 14:00.
13:45  screen  normal    5 min to the end
                         Session ends at 13:50. The next begins at 14:00.
13:50  screen  normal    Session at 14:00 starts in 10 min
                         50 min. Finish what you are doing and get ready.
13:55  screen  high      Session at 14:00 starts in 5 min
                         50 min. Go there now, and say “I'm here”.
13:59  screen  critical  Session at 14:00 starts in 1 min
                         50 min. Go there now, and say “I'm here”.
14:00  screen  critical  Session at 14:00 starts now
                         50 min. Check in: say “I'm here”.
14:01  screen  critical  Session at 14:00 began 1 min ago
                         50 min. Your client is waiting. Check in.
14:02  phone   critical  Session at 14:00 began 2 min ago
                         50 min. Still no check-in. Go now, then say “I'm here”.
14:02  screen  critical  Session at 14:00 began 2 min ago
                         50 min. Still no check-in. Go now, then say “I'm here”.
14:03  phone   critical  Session at 14:00 began 3 min ago
                         50 min. Still no check-in. Go now, then say “I'm here”.
14:03  screen  critical  Session at 14:00 began 3 min ago
                         50 min. Still no check-in. Go now, then say “I'm here”.
14:40  screen  normal    10 min to the end
                         Session ends at 14:50. Say “Session over” when it is.
14:45  screen  normal    5 min to the end
                         Session ends at 14:50. Say “Session over” when it is.
18:30  screen  normal    2 sessions without a check-in. What happened?
                         They began at 15:30, 17:00. Go through them with: kepthour sweep
20:00  screen  passive   2 sessions of today are not accounted for
                         Begun at 15:30, 17:00. Say what became of them: kepthour sweep
"""
VERDICTS = ["on_time", "on_time", "client_no_show", "on_time", "late", "late", "unknown", "unknown"]


async def test_a_working_day(tmp_path: Path) -> None:
    day = Day(tmp_path, f"{DAY} 06:00", SETUP)
    for number, start in enumerate(SESSIONS):
        day.put(f"s{number}", f"{DAY}T{start}:00")
    day.sync()
    day.app.away(when(f"{DAY} 15:00"), when(f"{DAY} 18:30"))

    await day.until(f"{DAY} 07:56")  # the first: in good time
    day.screen.press(Key.HERE)
    await day.until(f"{DAY} 08:46")  # the second follows it: one answer for both
    day.screen.press(Key.HERE)
    await day.until(f"{DAY} 09:52")
    day.answer(Kind.OUT)
    await day.until(f"{DAY} 10:28")  # the third: the client does not come
    day.screen.press(Key.HERE)
    await day.until(f"{DAY} 10:50")
    day.app.settle(session(day, 2), Verdict.CLIENT_NO_SHOW, None)
    await day.until(f"{DAY} 11:29")  # the fourth overruns
    day.screen.press(Key.HERE)
    await day.until(f"{DAY} 12:30")
    day.answer(Kind.OUT)
    await day.until(f"{DAY} 12:58")  # for the fifth the therapist is late, and says so
    day.answer(Kind.LATE, timedelta(minutes=10))
    await day.until(f"{DAY} 13:09")
    day.screen.press(Key.HERE)
    await day.until(f"{DAY} 14:03")  # the sixth was nearly forgotten
    day.channels["phone"].press(Key.HERE)
    await day.until(f"{DAY} 20:00")  # of the afternoon's leave, two sessions stand in the calendar still

    assert told(day) == NOTICES
    assert verdicts(day) == VERDICTS


def session(day: Day, number: int) -> str:
    return day.agenda(f"{DAY} 00:00", f"{DAY} 23:59")[number].session.id


def verdicts(day: Day) -> list[str]:
    return [str(entry.verdict) for entry in day.agenda(f"{DAY} 00:00", f"{DAY} 23:59")]


def told(day: Day) -> str:
    """What was shown: when, where, how insistently, and in which words."""
    shown = [
        (
            at,
            name,
            f"{at.astimezone(BERLIN):%H:%M}  {name:<8}{notice.urgency.value:<10}{notice.title}",
            notice.text,
        )
        for name, channel in day.channels.items()
        for at, notice in channel.received
    ]
    below = TextWrapper(width=105, initial_indent=" " * 25, subsequent_indent=" " * 25)
    return "".join(f"{head}\n{below.fill(text)}\n" for _at, _name, head, text in sorted(shown))
