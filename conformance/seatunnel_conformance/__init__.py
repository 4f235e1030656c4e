"""The conformance suite: checks a deployment of SeaTunnel's REST API V2 against the clauses of the contract.

The suite reads the contract (`seatunnel_openapi`) and sends requests to a URL; it never imports a server.
"""

from typing import Final

from seatunnel_conformance.text.asserts import install

CHECKING: Final = (
    "seatunnel_conformance.checks.",
    "seatunnel_conformance.arrange.expectations",
    "seatunnel_conformance.observe.rules",
)
"""The modules whose asserts `install` compiles, so that failures have the compared values.

A name that ends with a dot stands for all modules of a package.
"""

install(*CHECKING)
