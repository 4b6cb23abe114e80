"""From how many cases on anything is said about them: a pattern in four is a story, not a fact."""

FEWEST = 5
