"""Counts the requests of schemathesis that change a target, by generating them without sending."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import schemathesis
from schemathesis.schemas import APIOperation

from seatunnel_conformance.arrange.schemas import opened
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.generated.configuration import SEQUENCES, configuration, quiet
from seatunnel_conformance.target.deployment import READING
from seatunnel_openapi import Contract

AnyOperation = APIOperation[Any, Any, Any, Any]


@cache
def of_operation(contract: Contract, profile: str, operation_id: str) -> int:
    """Return the number of requests that change the target, if nothing fails, in the test of an operation.

    An operation that only reads has some, too, because other methods are tried on its path.
    """
    settings, schema = _generating(contract, profile)
    operation = contract.operation(operation_id)
    with quiet():
        return sum(_numbers(schema[operation.path][operation.method.upper()], settings))


@cache
def _generating(contract: Contract, profile: str) -> tuple[Settings, Any]:
    """Return the settings and the schema that generate the requests of a profile."""
    settings = Settings("http://localhost", release=contract.release, profile=profile, reference=True)
    config = configuration(contract, settings, linked=False)
    return settings, schemathesis.openapi.from_dict(opened(contract), config=config)


def of_sequences(contract: Contract, profile: str) -> int:
    """Return the most requests of the sequences along the contract's links; any of them may change the target."""
    settings = Settings("http://localhost", release=contract.release, profile=profile, reference=True)
    most = configuration(contract, settings, linked=True).projects.default.phases.stateful.max_steps
    return min(settings.depth.cases, SEQUENCES) * int(most)


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
