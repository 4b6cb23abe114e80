"""Ways to reach the therapist: one file or folder each, found by entry points."""
