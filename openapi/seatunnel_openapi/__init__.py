"""The contract of SeaTunnel's REST API V2 as data: one OpenAPI document and one overlay per engine release.

    contract = load("2.3.9")
    contract.operation("get_job_info").behaviour.choice("unknownJob")

This package does not depend on the server or the tests; both read it.
"""

from seatunnel_openapi.connectors import Connectors, connectors_of
from seatunnel_openapi.contract import (
    Behaviour,
    Choice,
    Clause,
    Confidence,
    Contract,
    Deviation,
    Evidence,
    Example,
    Fact,
    How,
    Level,
    Link,
    Operation,
    RetiredClause,
)
from seatunnel_openapi.documents import JsonObject
from seatunnel_openapi.errors import (
    ContractError,
    ContractLookupError,
    DocumentError,
    InvalidDocument,
    InvalidOverlay,
    OverlayActionError,
    OverlayError,
    UnknownFact,
    UnknownOperation,
    UnknownRelease,
    UnreadableDocument,
)
from seatunnel_openapi.loading import (
    from_document,
    in_own_words,
    is_file,
    load,
    newest_recorded,
    overlays,
    proposals,
    releases,
)
from seatunnel_openapi.overlay import Action, Basis, Overlay

__all__ = [
    "Action",
    "Basis",
    "Behaviour",
    "Choice",
    "Clause",
    "Confidence",
    "Connectors",
    "Contract",
    "ContractError",
    "ContractLookupError",
    "Deviation",
    "DocumentError",
    "Evidence",
    "Example",
    "Fact",
    "How",
    "InvalidDocument",
    "InvalidOverlay",
    "JsonObject",
    "Level",
    "Link",
    "Operation",
    "Overlay",
    "OverlayActionError",
    "OverlayError",
    "RetiredClause",
    "UnknownFact",
    "UnknownOperation",
    "UnknownRelease",
    "UnreadableDocument",
    "connectors_of",
    "from_document",
    "in_own_words",
    "is_file",
    "load",
    "newest_recorded",
    "overlays",
    "proposals",
    "releases",
]
