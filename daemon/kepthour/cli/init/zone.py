"""The therapist's time zone."""

from __future__ import annotations

from kepthour.cli.init.asking import ask


def system_zone() -> str:
    """This machine's, by its IANA name."""
    import tzlocal

    return tzlocal.get_localzone_name() or "UTC"


def asked_zone() -> str:
    """What they say."""
    return ask("Your time zone", system_zone(), _checked)


def _checked(text: str) -> str:
    from zoneinfo import available_timezones

    if text in available_timezones():
        return text
    raise ValueError('That is no IANA time zone; write it as "Europe/Berlin".')
