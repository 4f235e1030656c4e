"""Encryption of job configurations, and the options of plugins."""

from __future__ import annotations

from seatunnel_openapi.option_rules import KINDS, option_rules_of
from seatunnel_server.api.endpoints import current
from seatunnel_server.engine.config import encrypt
from seatunnel_server.errors import ServletRefusal
from seatunnel_server.http.replies import Reply, reads


async def encrypt_config() -> Reply:
    """Encrypt the sensitive options of a configuration with the algorithm that its `env` names."""
    call = current()
    return call.present.render(await call.read(lambda: encrypt(call.body().mapping(), call.shade)))


class NoSuchPlugin(ServletRefusal):
    """The request names no plugin, or one that is not known."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(status, message, "FAIL")


@reads(late=True)
async def get_option_rules(*, type_: str | None, plugin: str | None) -> Reply:
    """The options of a plugin, as they were recorded from an engine of this release or the nearest before it."""
    call = current()
    type_, plugin = (type_ or "").strip(), (plugin or "").strip()
    kind = type_.lower()
    if type_ and kind not in KINDS:
        said = f"Unsupported plugin type '{type_}'. Only 'source', 'sink' and 'transform' are supported."
        raise NoSuchPlugin(400, said)
    if not type_ or not plugin:
        raise NoSuchPlugin(400, f"Parameter '{'plugin' if type_ else 'type'}' cannot be empty.")
    known = option_rules_of(call.present.release)
    rules = known.of(kind, plugin) if known else None
    if rules is None:
        raise NoSuchPlugin(404, f"Plugin '{plugin}' not found for type '{kind}'.")
    return call.present.render(rules)
