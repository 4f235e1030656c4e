"""The contract of SeaTunnel's REST API V2 as data: one OpenAPI document and one overlay per engine release.

    contract = load("2.3.9")
    contract.operation("get_job_info").behaviour.choice("unknownJob")

This package does not depend on the server or the tests; both read it.
"""

from seatunnel_openapi.behaviour import Behaviour, Fact
from seatunnel_openapi.clauses import Choice, Clause, Confidence, Deviation, Evidence, How, Level, RetiredClause
from seatunnel_openapi.connectors import Connectors, connectors_of
from seatunnel_openapi.contract import Contract, Link, Operation
from seatunnel_openapi.documents import JsonObject
from seatunnel_openapi.errors import (
    ContractError,
    ContractLookupError,
    DocumentError,
    DuplicateIdentifier,
    DuplicateKey,
    FactTypeMismatch,
    InvalidDocument,
    InvalidExtension,
    InvalidOverlay,
    OverlayActionError,
    OverlayChainError,
    OverlayChainForked,
    OverlayCycle,
    OverlayError,
    OverlayExtendsAnother,
    OverlayNameTaken,
    OverlayPredecessorMissing,
    OverlayRemovesRoot,
    OverlayTargetInvalid,
    OverlayTargetMissing,
    OverlayTargetScalar,
    OverlayUpdateMismatch,
    RetiredIdentifier,
    UnknownClause,
    UnknownFact,
    UnknownOperation,
    UnknownRelease,
    UnknownSchema,
    UnreadableDocument,
    UnresolvableReference,
)
from seatunnel_openapi.examples import Example
from seatunnel_openapi.loading import from_document, load, newest_recorded, overlays, proposals, releases
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
    "DuplicateIdentifier",
    "DuplicateKey",
    "Evidence",
    "Example",
    "Fact",
    "FactTypeMismatch",
    "How",
    "InvalidDocument",
    "InvalidExtension",
    "InvalidOverlay",
    "JsonObject",
    "Level",
    "Link",
    "Operation",
    "Overlay",
    "OverlayActionError",
    "OverlayChainError",
    "OverlayChainForked",
    "OverlayCycle",
    "OverlayError",
    "OverlayExtendsAnother",
    "OverlayNameTaken",
    "OverlayPredecessorMissing",
    "OverlayRemovesRoot",
    "OverlayTargetInvalid",
    "OverlayTargetMissing",
    "OverlayTargetScalar",
    "OverlayUpdateMismatch",
    "RetiredClause",
    "RetiredIdentifier",
    "UnknownClause",
    "UnknownFact",
    "UnknownOperation",
    "UnknownRelease",
    "UnknownSchema",
    "UnreadableDocument",
    "UnresolvableReference",
    "connectors_of",
    "from_document",
    "load",
    "newest_recorded",
    "overlays",
    "proposals",
    "releases",
]
