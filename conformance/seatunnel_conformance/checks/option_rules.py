"""`GET /option-rules`: the options of a plugin."""

from __future__ import annotations

from seatunnel_conformance.arrange.expectations import stated
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.target.deployment import Target
from seatunnel_openapi import Contract

PATH = "/option-rules"


@check("option-rules.rules")
def rules(target: Target, contract: Contract) -> None:
    """A client makes the form in which people fill in a job from these."""
    for kind, plugin in (("source", "FakeSource"), ("sink", "Console")):
        response = target.get(PATH, query={"type": kind, "plugin": plugin})
        found = stated(contract, "get_option_rules", response)
        assert (found["pluginType"], found["pluginName"]) == (kind, plugin)


@check("option-rules.unknown-plugin")
def unknown_plugin(target: Target) -> None:
    """A client must not show an empty form for a plugin that is not there."""
    assert target.get(PATH, query={"type": "source", "plugin": "NoSuchPlugin"}).status == 404
