"""Commands under other commands, each loaded only when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click


class LoadedGroup(click.Group):
    """`table` says where each command is, as "module:name", in the order in which they are listed."""

    def __init__(self, *args: Any, table: Mapping[str, str], kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.table = table
        self._kind = kind

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the table."""
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command called `cmd_name`."""
        if cmd_name not in self.table:
            return None
        module, name = self.table[cmd_name].split(":")
        found: click.Command = getattr(import_module(module), name)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does it, with a hint for a misspelt command."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            import difflib

            near = difflib.get_close_matches(args[0], self.table, n=1)
            hint = f'Did you mean "{near[0]}"?' if near else f"See: {ctx.command_path} --help"
            raise click.UsageError(f'There is no {self._kind} "{args[0]}". {hint}', ctx) from error
