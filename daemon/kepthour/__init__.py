"""Kept Hour: keeps psychotherapists from forgetting their clients."""
