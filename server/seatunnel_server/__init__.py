"""The reference server: the contract, served over an engine."""

from seatunnel_server.api.deferral import import_connexion

import_connexion()

from seatunnel_server.app import ServerSettings, create_app  # noqa: E402 - connexion first, see there

__all__ = ["ServerSettings", "create_app"]
