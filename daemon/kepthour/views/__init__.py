"""What the store tells, for people and for JSON. Reads only; decides with the same core as the daemon."""
