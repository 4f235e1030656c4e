"""Checks of HTTP on servers that are wrong for one path, or for one kind of client."""

from collections.abc import Callable
from typing import Any

import pytest
from asgi import App

from seatunnel_conformance.checks.http_operations import basic_auth
from seatunnel_conformance.errors import NotObservable
from seatunnel_conformance.target.connection import Connection
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.job_guard import OwnIds
from seatunnel_conformance.text.redaction import Secret
from seatunnel_openapi import Contract


def asking(challenge: str, *, open_path: str = "") -> App:
    """Make an app that wants credentials everywhere but at one path, and names another scheme for `/stop-job`."""

    async def asgi(scope: dict[str, Any], _: Any, send: Callable[[Any], Any]) -> None:
        if scope["type"] != "http":
            return
        given = any(name == b"authorization" for name, _ in scope["headers"])
        is_open = given or scope["path"] == open_path
        named = challenge if scope["path"] == "/stop-job" else 'Basic realm="SeaTunnel"'
        headers = [] if is_open else [(b"www-authenticate", named.encode())]
        await send({"type": "http.response.start", "status": 200 if is_open else 401, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    return asgi


def checked(url: str, contract: Contract) -> None:
    connection = Connection(user="admin", password=Secret("secret"))
    # The stand-in shows no jobs, which the guard of foreign jobs can't know.
    with Target(url, allow_writes=True, own=OwnIds(dedicated=True), connection=connection) as target:
        basic_auth(target, contract, target.own.generate())


def test_every_path_and_method_asks_for_credentials(serve: Callable[[App], str], contract: Contract):
    checked(serve(asking("basic")), contract)


@pytest.mark.parametrize("app", [asking("Bearer"), asking("basic", open_path="/logs")])
def test_path_without_the_request_for_a_password_is_found(serve: Callable[[App], str], app: App, contract: Contract):
    with pytest.raises(AssertionError):
        checked(serve(app), contract)


def test_server_that_needs_no_credentials_is_none_of_the_clause(serve: Callable[[App], str], contract: Contract):
    with pytest.raises(NotObservable):
        checked(serve(asking("basic", open_path="/overview")), contract)
