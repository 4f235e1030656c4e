"""Checks of the health monitors."""

from collections.abc import Callable
from typing import Any

import pytest
from asgi import App, Asked, app

from seatunnel_conformance.arrange.schemas import item_schema
from seatunnel_conformance.checks.monitoring import documented_keys
from seatunnel_conformance.target.deployment import Target
from seatunnel_openapi import Contract


def test_incomplete_reading_is_requested_again(serve: Callable[[App], str], contract: Contract) -> None:
    whole = dict.fromkeys(contract.schema(item_schema(contract, "get_system_monitoring_information"))["required"], "1")
    lacking = {name: value for name, value in whole.items() if name != "load.system"}
    answers: list[Any] = [[lacking], [whole]]

    def answer(_: Asked) -> tuple[int, Any]:
        return 200, answers.pop(0) if len(answers) > 1 else answers[0]

    with Target(serve(app(answer))) as target:
        documented_keys(target, contract)
        answers[:] = [[lacking]]
        with pytest.raises(AssertionError):
            documented_keys(target, contract)
