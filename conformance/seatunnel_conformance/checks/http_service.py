"""`GET /http-service/status`: how the node serves the API."""

from __future__ import annotations

from urllib.parse import urlsplit

from seatunnel_conformance.arrange.expectations import stated
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.target.deployment import Target
from seatunnel_openapi import Contract


@check("http-service.status")
def status(target: Target, contract: Contract) -> None:
    """A client that wants to use HTTPS finds no port, or the wrong one."""
    found = stated(contract, "get_http_service_status", target.get("/http-service/status"))
    assert found[f"{urlsplit(target.url).scheme}Enabled"] is True
