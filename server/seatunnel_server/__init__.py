"""The reference server: the contract, served over an engine."""

from seatunnel_server.deferral import import_connexion

import_connexion()

from seatunnel_server.app import create_app  # noqa: E402 - connexion first, see there
from seatunnel_server.settings import ServerSettings  # noqa: E402

__all__ = ["ServerSettings", "create_app"]
