"""Reads calendars, and knows what changed. Usable without the daemon: nothing here imports `kepthour`."""
