"""The reference server: the contract, served over an engine."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seatunnel_server.app import ServerSettings, create_app

__all__ = ["ServerSettings", "create_app"]


def __getattr__(name: str) -> Any:
    """Return an exported name, imported at its first use, because `seatunnel_server.checking` needs no HTTP server."""
    if name in __all__:
        return getattr(import_module("seatunnel_server.app"), name)
    raise AttributeError(name)
