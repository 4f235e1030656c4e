"""Counts the requests of schemathesis that change a target, by generating them without sending."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import schemathesis
from schemathesis.schemas import APIOperation

from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.generated.configuration import configuration
from seatunnel_conformance.generated.quiet import quiet
from seatunnel_conformance.target.deployment import READING
from seatunnel_conformance.target.routes import label
from seatunnel_openapi import Contract

AnyOperation = APIOperation[Any, Any, Any, Any]


@cache
def of_operations(contract: Contract, profile: str) -> Mapping[str, int]:
    """Return by operation id the number of requests that change the target, if nothing fails.

    Operations that only read have some, too, because other methods are tried on their paths.
    """
    settings = Settings("http://localhost", release=contract.release, profile=profile, reference=True)
    schema = schemathesis.openapi.from_dict(
        contract.copy_document(), config=configuration(contract, settings, linked=False)
    )
    ids = {label(operation): operation.id for operation in contract.operations}
    with quiet():
        found = (schema[one.path][one.method.upper()] for one in contract.operations)
        return {ids[one.label]: sum(_numbers(one, settings)) for one in found}


def of_sequences(contract: Contract, profile: str) -> int:
    """Return the most requests of the sequences along the contract's links; any of them may change the target."""
    settings = Settings("http://localhost", release=contract.release, profile=profile, reference=True)
    most = configuration(contract, settings, linked=True).projects.default.phases.stateful.max_steps
    return settings.depth.cases * int(most)


def _numbers(operation: AnyOperation, settings: Settings) -> Iterator[int]:
    """Yield the number of requests of each phase that change the target."""
    wanted, writes = settings.depth.phases, operation.method.upper() not in READING
    if "examples" in wanted and writes:
        # Schemathesis generates one if the contract has none.
        yield max(1, len(operation.get_strategies_from_examples(fill_missing=True)))
    if "coverage" in wanted:
        generation = operation.schema.config.generation_for(operation=operation, phase="coverage")
        cases = operation.schema.iter_coverage_cases(
            operation, generation_modes=generation.modes, generation_config=generation
        )
        yield sum(case.method.upper() not in READING for case in cases)
    if "fuzzing" in wanted and writes:
        yield settings.depth.cases
