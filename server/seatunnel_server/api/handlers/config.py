"""Job configurations with their sensitive options encrypted."""

from __future__ import annotations

from typing import Any, Final

from seatunnel_server.api.diagnosis import PluginOptions
from seatunnel_server.api.endpoints import current
from seatunnel_server.engine.shade import encrypt
from seatunnel_server.errors import ServletRefusal
from seatunnel_server.http.replies import Reply, reads


async def encrypt_config() -> Reply:
    """Encrypt what is sensitive in a configuration by the algorithm that its `env` names."""
    call = current()
    return call.present.render(await call.read(lambda: encrypt(call.body().mapping(), call.shade)))


_KINDS: Final = ("source", "transform", "sink")
_ROWS: Final = {"key": "row.num", "type": "java.lang.Integer", "defaultValue": 5, "description": "Rows that are made."}
_SCHEMA: Final = {"key": "schema", "type": "java.util.Map", "defaultValue": None, "description": "The columns."}
_RULES: Final[dict[tuple[str, str], tuple[list[Any], list[Any]]]] = {
    ("source", "FakeSource"): ([_ROWS], [{"ruleType": "EXCLUSIVE", "options": [_SCHEMA]}]),
    ("sink", "Console"): ([], []),
}
"""The optional and required options of the plugins that are known."""


class NoSuchPlugin(ServletRefusal):
    """The request names no plugin, or one that is not known."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(status, message, "FAIL")


@reads(late=True)
async def get_option_rules(*, type_: str | None, plugin: str | None) -> Reply:
    """The options of a plugin; only the two that every distribution has are known."""
    call = current()
    if not type_ or not plugin:
        raise NoSuchPlugin(400, f"Parameter '{'plugin' if type_ else 'type'}' cannot be empty.")
    if type_ not in _KINDS:
        said = f"Unsupported plugin type '{type_}'. Only 'source', 'sink' and 'transform' are supported."
        raise NoSuchPlugin(400, said)
    rules = _RULES.get((type_, plugin))
    if rules is None:
        raise NoSuchPlugin(404, f"Plugin '{plugin}' not found for type '{type_}'.")
    optional, required = rules
    return call.present.render(PluginOptions(type_, plugin, optional, required))
