"""The conformance suite: which clauses of the contract does a deployment of SeaTunnel's REST API V2 keep.

The suite knows the contract (`seatunnel_openapi`) and a target by its URL; it never imports a server.
"""

from typing import Final

from seatunnel_conformance.text.asserts import install

CHECKING: Final = (
    "seatunnel_conformance.checks.",
    "seatunnel_conformance.arrange.expectations",
    "seatunnel_conformance.observe.rules",
)
"""The modules whose asserts are about responses: all of a package if the name ends with a dot."""

install(*CHECKING)
