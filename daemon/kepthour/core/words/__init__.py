"""Every text a notice can have, by what it is about: short, with something to do in each, and no client by default.

A text is a function that takes the tongue first, and gives a `Text`. What it says is written here in English, as one
literal, and `make words` brings it into the catalogues: docs/translating.md.
"""
