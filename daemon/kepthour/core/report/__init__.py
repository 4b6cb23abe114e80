"""From what became of past sessions to what can be said about them. Pure; knows no client."""
