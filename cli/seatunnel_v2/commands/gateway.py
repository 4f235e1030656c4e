"""`seatunnel-v2 gateway plan`: how `serve --engine` translates between two releases."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

from seatunnel_v2.messages import reporting_errors, say, say_json
from seatunnel_v2.options import documents

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seatunnel_server.engine.zeta.bridge import BridgeItem

GROUP = "Show how a gateway (`serve --engine`) translates between two releases."

EPILOG = """Examples:

$ seatunnel-v2 gateway plan --release 2.3.9 --engine-release 2.3.13

$ seatunnel-v2 gateway plan --engine-release 2.3.13 --format json | jq '.[] | select(.treatment == "missing")'
"""


def plan(
    engine_release: Annotated[str, documents.of_release("--engine-release", "Release of the cluster.")],
    release: documents.Release = "documented",
    format: Annotated[documents.TableFormat, documents.FORMAT] = "table",  # noqa: A002 - the option's name
) -> None:
    """Print for each operation how `serve --engine` treats it: translated, passed on, approximated or missing.

    The plan is derived from the facts and schemas of both contracts. Nothing is sent.
    """
    import seatunnel_openapi
    from seatunnel_server.engine.zeta.bridge import bridge

    with reporting_errors():
        items = list(bridge(seatunnel_openapi.load(release), seatunnel_openapi.load(engine_release)))
    if format == "json":
        say_json([asdict(item) for item in items])
    else:
        say((_markdown if format == "markdown" else _table)(items))


def _markdown(items: Sequence[BridgeItem]) -> str:
    rows = [f"| `{item.method} {item.path}` | {item.treatment} | {item.detail} |\n" for item in items]
    return "| operation | | how |\n|---|---|---|\n" + "".join(rows)


def _table(items: Sequence[BridgeItem]) -> str:
    lines = []
    for before, item in zip([None, *items], items, strict=False):
        if before is None or before.operation != item.operation:
            lines.append(f"{item.treatment:<13} {item.method} {item.path}{item.detail and f': {item.detail}'}\n")
        else:
            lines.append(f"  {item.treatment:<13} {item.detail}\n")
    return "".join(lines)
