"""The command line: one module a command group. It prints, and decides nothing.

Importing a module here must stay cheap: what a command needs is imported when it runs.
"""
