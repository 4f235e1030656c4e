"""Commands and groups whose help shows no value for flags: `--insecure`, not `--insecure <bool>`."""

from __future__ import annotations

from typing import Any

import typer


class _Flags:
    """A mixin that removes the type of flags from the help."""

    def get_params(self, ctx: Any) -> Any:
        """Return the parameters of the command."""
        found = super().get_params(ctx)  # type: ignore[misc]
        for parameter in found:
            if getattr(parameter, "is_flag", False):
                parameter.metavar = ""
        return found


class Command(_Flags, typer.core.TyperCommand):
    """A command whose flags show no value."""


class Group(_Flags, typer.core.TyperGroup):
    """A group whose flags show no value."""
