"""`seatunnel-v2 spec`: print the contract."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.flags import on_command_line
from seatunnel_v2.messages import fail, load_contract
from seatunnel_v2.options import documents

EPILOG = """Examples:

$ seatunnel-v2 spec > openapi.yaml

$ seatunnel-v2 spec --release 2.3.10

$ seatunnel-v2 spec --no-extensions --format json | jq '.paths | keys'
"""


def spec(  # noqa: PLR0913 - a parameter for each option
    context: typer.Context,
    *,
    release: documents.Release = "documented",
    format: Annotated[documents.SpecFormat, documents.FORMAT] = "yaml",  # noqa: A002 - the option's name
    output: documents.Output = None,
    strict: Annotated[bool, documents.STRICT] = False,
    extensions: Annotated[bool, documents.EXTENSIONS] = True,
) -> None:
    """Print the contract of a release as a plain OpenAPI document."""
    if context.invoked_subcommand is not None:
        _refuse_options_before(context.invoked_subcommand, context)
        return
    documents.say_default(context, documents.DOCUMENTED)
    document = load_contract(release).copy_document(strict=strict)
    if not extensions:
        from seatunnel_openapi.documents import without_extensions

        document = without_extensions(document)
    write(render(document, format), output)


def write(text: str, output: Path | None) -> None:
    """Write a text to a file, or to standard output if `output` is None. Exits if the file can't be written."""
    if output is None:
        sys.stdout.write(text)  # noqa: TID251 - the contract, byte for byte
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as problem:
        fail(ExitStatus.USAGE, f"{output} can't be written: {problem.strerror}")


def _refuse_options_before(subcommand: str, context: typer.Context) -> None:
    """Exit with an error message if an option is before the subcommand, where it would have no effect."""
    for option in on_command_line(context).values():
        fail(ExitStatus.USAGE, f"{option} has no effect before `{subcommand}`", f"write it after `{subcommand}`")


def render(document: dict[str, Any], format: documents.SpecFormat) -> str:  # noqa: A002 - as above
    """Return a document as YAML or JSON, with its members in their order."""
    if format == "json":
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    from seatunnel_openapi.documents import to_yaml

    return to_yaml(document)
