"""`seatunnel-v2 spec`: print the contract."""

from __future__ import annotations

import json
import sys
from typing import Any

import typer

from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.messages import fail, reading_contracts
from seatunnel_v2.options import documents

EPILOG = """Examples:

$ seatunnel-v2 spec > openapi.yaml

$ seatunnel-v2 spec --release 2.3.10

$ seatunnel-v2 spec --format json | jq '.paths | keys'
"""


def spec(
    context: typer.Context,
    release: documents.Release = "documented",
    format: documents.Format = documents.SpecFormat.YAML,  # noqa: A002 - the option's name
    output: documents.Output = None,
) -> None:
    """Print the contract of a release as a plain OpenAPI document."""
    if context.invoked_subcommand is not None:
        return
    text = render(_document(release), format)
    if output is None:
        sys.stdout.write(text)  # noqa: TID251 - the contract, byte for byte
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as problem:
        fail(ExitStatus.USAGE, f"{output} can't be written: {problem.strerror}")


def render(document: dict[str, Any], format: documents.SpecFormat) -> str:  # noqa: A002 - as above
    """Return a document as text, its members in their order."""
    if format is documents.SpecFormat.JSON:
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    import yaml  # noqa: PLC0415 - not for JSON

    text: str = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120)
    return text


def _document(release: str) -> dict[str, Any]:
    import seatunnel_openapi  # noqa: PLC0415 - see the package's docstring

    with reading_contracts():
        return seatunnel_openapi.load(release).copy_document()
