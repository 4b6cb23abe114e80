"""The texts for a client who waited, and the notes about it: templates, and what makes texts of them.

`templates/LANGUAGE/NAME.j2` are the built-in ones; the user's own stand in the same order in the folder of the
configuration, and go first. What happened is decided in core/drafts.py. Nothing here sends anything.
"""
