"""`GET /option-rules`: the options of a plugin."""

from __future__ import annotations

from seatunnel_conformance.arrange.expectations import stated
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.target.deployment import Target
from seatunnel_openapi import Contract

PATH = "/option-rules"


@check("option-rules.rules")
def rules(target: Target, contract: Contract) -> None:
    """A console makes its form for a plugin from these rules; a missing option can't be filled in."""
    for kind, plugin in (("source", "FakeSource"), ("sink", "Console")):
        response = target.get(PATH, query={"type": kind, "plugin": plugin})
        found = stated(contract, "get_option_rules", response)
        assert (found["pluginType"], found["pluginName"]) == (kind, plugin)


@check("option-rules.unknown-plugin")
def unknown_plugin(target: Target) -> None:
    """A console shows an empty form for a plugin that is not installed."""
    assert target.get(PATH, query={"type": "source", "plugin": "NoSuchPlugin"}).status == 404
