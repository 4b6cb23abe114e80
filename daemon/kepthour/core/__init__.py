"""What the product knows: pure functions and frozen records. No I/O, no logging, no clock of its own."""
