"""Job configurations with their sensitive options encrypted."""

from __future__ import annotations

from seatunnel_server.call import current
from seatunnel_server.engine.shade import encrypt
from seatunnel_server.replies import Reply


async def encrypt_config() -> Reply:
    """Encrypt what is sensitive in a configuration by the algorithm that its `env` names."""
    call = current()
    return call.present.config(encrypt(call.body().mapping(), call.shade))
