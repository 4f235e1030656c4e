"""`python -m seatunnel_v2.health [PID]`: exit with 0 if the server in this container responds, else with 1.

The check finds the ports by the process. It accepts 401 and 404, so it needs no credentials and no context path.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from ipaddress import ip_address
from typing import Final

import psutil

TIMEOUT: Final = 2.0
"""Maximum seconds for a response."""


def is_healthy(pid: int, timeout: float = TIMEOUT) -> bool:
    """Return whether a process or its children listen on TCP ports, and respond to HTTP on all of them."""
    addresses = list(_listening(pid))
    return bool(addresses) and all(_responds(host, port, timeout) for host, port in addresses)


def _listening(pid: int) -> Iterator[tuple[str, int]]:
    with suppress(psutil.Error):
        # In a container with an init process, the server is its child.
        for process in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True)):
            with suppress(psutil.AccessDenied, psutil.NoSuchProcess):
                for connection in process.net_connections("tcp"):
                    if connection.status == psutil.CONN_LISTEN:
                        yield connection.laddr.ip, connection.laddr.port


def _responds(host: str, port: int, timeout: float) -> bool:
    address = ip_address(host)
    if address.is_unspecified:
        host = "127.0.0.1" if address.version == 4 else "::1"  # noqa: PLR2004 - IPv4
    with closing(HTTPConnection(host, port, timeout=timeout)) as connection:
        try:
            connection.request("GET", "/_reference")
            return connection.getresponse().status < HTTPStatus.INTERNAL_SERVER_ERROR
        except (OSError, HTTPException):
            return False


if __name__ == "__main__":
    sys.exit(not is_healthy(int(sys.argv[1]) if sys.argv[1:] else 1))
