"""The application: the contract, and a function for each of its operations."""

from __future__ import annotations

from connexion.apps.abstract import AbstractApp
from seatunnel_server.hosting import create_hosted_app

from vendor_seatunnel.contract import contract
from vendor_seatunnel.contract.binding import FUNCTIONS


def create_app() -> AbstractApp:
    """Return the ASGI application. Requests and responses are validated against the contract."""
    return create_hosted_app(contract(), FUNCTIONS)
