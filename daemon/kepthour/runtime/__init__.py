"""What keeps the process going: clock, timer, guardian, lock, signals, logging."""
