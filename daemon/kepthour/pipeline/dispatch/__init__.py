"""The pump's stage: hands due reminders to their channels. Claim, act, confirm: in that order.

    1  claim what is due with a lease, and set aside what is late or no longer useful   claim.py, one transaction
    2  hand each over at its time, to a channel that has a deadline                      dispatcher.py, outlets.py
    3  record what became of it: accepted, or refused and tried again later              ledger.py, one transaction
    4  take back notices that no longer hold                                             dispatcher.py

A crash between 2 and 3 repeats a reminder after the restart: at least once, never lost. Where the store cannot be
used, reserve.py knows what is due; what went out is recorded when the store is back. What a process before this one
left on the screen is shown again: standing.py.
"""

from kepthour.pipeline.dispatch.dispatcher import Dispatcher

__all__ = ["Dispatcher"]
