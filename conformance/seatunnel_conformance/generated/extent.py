"""How many requests schemathesis generates that change a target: it generates them to be counted, and none is sent."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import schemathesis
from schemathesis.schemas import APIOperation

from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.generated.configuration import configuration
from seatunnel_conformance.target.deployment import READING
from seatunnel_conformance.target.routes import label
from seatunnel_openapi import Contract

AnyOperation = APIOperation[Any, Any, Any, Any]


@cache
def of_operations(contract: Contract, profile: str) -> Mapping[str, int]:
    """Return by operation id how many changing requests its generated check sends, where nothing fails.

    An operation that only reads has some, too: other methods are tried on its path.
    """
    settings = Settings("http://localhost", release=contract.release, profile=profile)
    schema = schemathesis.openapi.from_dict(
        contract.copy_document(), config=configuration(contract, settings, linked=False)
    )
    ids = {label(operation): operation.id for operation in contract.operations}
    with warnings.catch_warnings():
        # Of libraries at work here, and not the business of who asks.
        warnings.simplefilter("ignore")
        found = (schema[one.path][one.method.upper()] for one in contract.operations)
        return {ids[one.label]: sum(_numbers(one, settings)) for one in found}


def of_sequences(contract: Contract, profile: str) -> int:
    """Return how many requests the sequences along the contract's links have at most; any of them may change it."""
    settings = Settings("http://localhost", release=contract.release, profile=profile)
    most = configuration(contract, settings, linked=True).projects.default.phases.stateful.max_steps
    return settings.depth.cases * int(most)


def _numbers(operation: AnyOperation, settings: Settings) -> Iterator[int]:
    """Yield how many changing requests each phase sends."""
    wanted, writes = settings.depth.phases, operation.method.upper() not in READING
    if "examples" in wanted and writes:
        # One is made up where the contract has none.
        yield max(1, len(operation.get_strategies_from_examples(fill_missing=True)))
    if "coverage" in wanted:
        generation = operation.schema.config.generation_for(operation=operation, phase="coverage")
        cases = operation.schema.iter_coverage_cases(
            operation, generation_modes=generation.modes, generation_config=generation
        )
        yield sum(case.method.upper() not in READING for case in cases)
    if "fuzzing" in wanted and writes:
        yield settings.depth.cases
