"""The daemon as a service of systemd: its units, and what systemd is told about them."""
