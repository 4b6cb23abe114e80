"""Where a text can go on this desktop, at the therapist's wish: never to anybody else."""

from __future__ import annotations

import click


def to_clipboard(text: str) -> str | None:
    """Where it is now; None, with what would help on standard error, if it could not be copied."""
    from kepthour.core.privacy import Phi
    from kepthour.runtime.clipboard import copy, wanted

    tool = copy(Phi(text))
    if tool is None:
        click.echo(f"kepthour: nothing here takes it to the clipboard. {wanted()}", err=True)
        return None
    return f"the clipboard ({tool})"


def to_mail(subject: str, text: str) -> str | None:
    """Where it is now; None, with what would help on standard error, if no mail program could be opened."""
    import asyncio

    from kepthour.core.privacy import Phi
    from kepthour.runtime.opener import open_mail

    if not asyncio.run(open_mail(subject, Phi(text))):
        help_text = "Choose one in your desktop's settings, or use --copy."
        click.echo(f"kepthour: no mail program could be opened. {help_text}", err=True)
        return None
    return "your mail program"
