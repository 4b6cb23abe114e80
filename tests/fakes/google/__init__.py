"""A fake of Google's sign-in, Calendar and Meet, to which the real client libraries talk.

    server     GoogleFake: addresses, routes, the log of requests
    account    Account: its calendar list, its calls
    oauth      SignIn: consent, tokens, revocation
    editing    Calendar: what a user does to a calendar
    calendar   Store: events, revisions, sync tokens
    listing    the rules of events.list
    view       how an account sees an event
    expansion  occurrences: an expansion to hold others against
    meet       who was in which call
    faults     what goes wrong with the next requests
    errors     the bodies of refusals
    partial    the parameter `fields`
    parameters what Google's discovery documents say of methods
    times      times as Google writes them

Comments say where the documentation says so ("Events: list, syncToken" is the description of that parameter), and where
something is only known from others' reports or is not documented.
"""

from tests.fakes.google.account import Account
from tests.fakes.google.editing import Calendar
from tests.fakes.google.expansion import Occurrence, occurrences
from tests.fakes.google.faults import Silence, captive_portal, cut, first, hang_up, refuse
from tests.fakes.google.server import GoogleFake

__all__ = [
    "Account",
    "Calendar",
    "GoogleFake",
    "Occurrence",
    "Silence",
    "captive_portal",
    "cut",
    "first",
    "hang_up",
    "occurrences",
    "refuse",
]
