"""What a port speaks that gave no HTTP response, found with connections that carry no request."""

from __future__ import annotations

import socket
import ssl
from typing import Final

_GREETING: Final = 0.5
"""Seconds in which a server that greets first, as SSH and SMTP do, has done so."""

_HANDSHAKE: Final = 1.0
"""Seconds for a TLS handshake."""

_LONGEST: Final = 80
"""Bytes of a greeting that are read."""


def greeting(host: str, port: int) -> str:
    """Return the first line that a server sends before it is asked anything; empty if it sends none."""
    try:
        with socket.create_connection((host, port), _GREETING) as connection:
            connection.settimeout(_GREETING)
            received = connection.recv(_LONGEST)
    except OSError:
        return ""
    return received.decode("ascii", "replace").partition("\n")[0].strip()


def speaks_tls(host: str, port: int) -> bool:
    """Return whether a server takes part in a TLS handshake, even if it refuses ours. Nothing is verified or sent."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection((host, port), _HANDSHAKE) as connection,
            context.wrap_socket(connection, server_hostname=host),
        ):
            return True
    except ssl.SSLError as error:
        return "ALERT" in (error.reason or "")
    except (OSError, ValueError):
        return False
