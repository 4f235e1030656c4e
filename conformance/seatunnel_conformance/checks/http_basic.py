"""Clauses about basic authentication."""

from __future__ import annotations

from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.errors import NotObservable
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.routes import methods_of
from seatunnel_openapi import Contract


@check("http.basic-auth", writes=True, reads=True, per_operation=3)
def auth(target: Target, contract: Contract, unused_id: str) -> None:
    """An operation that is answered without credentials is open to everybody who reaches the port."""
    if not target.connection.basic:
        raise NotObservable("the run has no user and password")
    methods = ("GET", "HEAD", "OPTIONS", *(("POST", "PUT", "DELETE") if target.allow_writes else ()))
    with target.without_credentials() as anybody:
        if anybody.get("/overview").status == 200:
            raise NotObservable("the target serves clients without credentials")
        for path in methods_of(contract, unused_id):
            for method in methods:
                response = anybody.send(method, path)
                assert response.status == 401, response
                challenge = response.header("www-authenticate") or ""
                assert challenge.lower().startswith("basic"), f"it requests {challenge or 'nothing'}: {response!r}"
