"""From the text of a resource to its occurrences: docs/decisions/0010-from-resource-to-occurrences.md."""
