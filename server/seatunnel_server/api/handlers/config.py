"""Job configurations with their sensitive options encrypted."""

from __future__ import annotations

from typing import Any, Final

from seatunnel_server.api.diagnosis import PluginOptions
from seatunnel_server.api.endpoints import current
from seatunnel_server.engine.errors import IllegalArgument
from seatunnel_server.engine.shade import encrypt
from seatunnel_server.errors import ContainerRefusal
from seatunnel_server.http.replies import Reply


async def encrypt_config() -> Reply:
    """Encrypt what is sensitive in a configuration by the algorithm that its `env` names."""
    call = current()
    return call.present.config(await call.read(lambda: encrypt(call.body().mapping(), call.shade)))


_KINDS: Final = ("source", "transform", "sink")
_ROWS: Final = {"key": "row.num", "type": "java.lang.Integer", "defaultValue": 5, "description": "Rows that are made."}
_SCHEMA: Final = {"key": "schema", "type": "java.util.Map", "defaultValue": None, "description": "The columns."}
_RULES: Final[dict[tuple[str, str], tuple[list[Any], list[Any]]]] = {
    ("source", "FakeSource"): ([_ROWS], [{"ruleType": "EXCLUSIVE", "options": [_SCHEMA]}]),
    ("sink", "Console"): ([], []),
}
"""The optional and required options of the plugins that are known."""


class KindMissing(IllegalArgument):
    """The request does not name a plugin."""


async def get_option_rules(*, type_: str | None, plugin: str | None) -> Reply:
    """The options of a plugin; only the two that every distribution has are known."""
    call = current()
    if type_ not in _KINDS or not plugin:
        raise KindMissing(f"type must be one of {', '.join(_KINDS)}, and plugin must not be empty.")
    rules = _RULES.get((type_, plugin))
    if rules is None:
        raise ContainerRefusal(404, f"Plugin {plugin} not found")
    optional, required = rules
    return call.present.render(PluginOptions(type_, plugin, optional, required))
