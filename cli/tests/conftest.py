"""What holds for the tests of commands."""

from functools import cache

import typer.testing

typer.testing._get_command = cache(typer.testing._get_command)
"""`CliRunner.invoke` would make the command of an app each time, for 35 ms of CPU time."""
