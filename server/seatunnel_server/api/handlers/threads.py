"""The threads of the node that receives the request."""

from __future__ import annotations

from seatunnel_server.api.endpoints import current
from seatunnel_server.http.replies import Reply


async def get_thread_dump() -> Reply:
    """Every thread with its state and its stack."""
    call = current()
    return call.present.render(await call.node.threads())


async def get_running_threads() -> Reply:
    """Every thread with its class loader, by name."""
    call = current()
    return call.present.render(sorted(await call.node.threads(), key=lambda thread: thread.name))
