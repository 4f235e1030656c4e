"""Options of the connection to a deployment, the same for every command that connects to one."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, Final, TypeAlias

import typer

_CONNECTION: Final = "Connection"

BasicAuth: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--basic-auth",
        metavar="USER",
        envvar="SEATUNNEL_USER",
        help="User for basic auth. The password comes from SEATUNNEL_PASSWORD or --password-file.",
        rich_help_panel=_CONNECTION,
        show_default=False,
    ),
]

PasswordFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--password-file", metavar="FILE", help="File with the password for --basic-auth.", rich_help_panel=_CONNECTION
    ),
]

BearerTokenFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--bearer-token-file",
        metavar="FILE",
        help="File with a bearer token. Alternative: SEATUNNEL_BEARER_TOKEN.",
        rich_help_panel=_CONNECTION,
    ),
]

Header: TypeAlias = Annotated[
    list[str],
    typer.Option(
        "--header",
        metavar="'NAME: VALUE'",
        help="Header to send with every request. Can be repeated.",
        rich_help_panel=_CONNECTION,
    ),
]

HeaderFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--header-file",
        metavar="FILE",
        help="File with headers, one per line. Keeps secrets out of the command line.",
        rich_help_panel=_CONNECTION,
    ),
]

CaFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--ca-file",
        metavar="FILE",
        help="PEM file with the trusted authorities, or with the certificate of the target.",
        rich_help_panel=_CONNECTION,
    ),
]

ClientCert: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--client-cert", metavar="FILE", help="PEM file with the client certificate.", rich_help_panel=_CONNECTION
    ),
]

ClientKey: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--client-key",
        metavar="FILE",
        help="Key of the client certificate. Its password comes from SEATUNNEL_KEY_PASSWORD.",
        rich_help_panel=_CONNECTION,
    ),
]

Insecure: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--insecure",
        help="Skip certificate verification. Can't be combined with credentials, except for localhost.",
        rich_help_panel=_CONNECTION,
    ),
]

Proxy: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--proxy",
        metavar="URL",
        help="Proxy to use. Default: the proxy of the environment, and no proxy for localhost.",
        rich_help_panel=_CONNECTION,
        show_default=False,
    ),
]

Timeout: TypeAlias = Annotated[
    float | None,
    typer.Option(
        "--timeout",
        metavar="SECONDS",
        help="Maximum time for one complete response. [default: 30]",
        rich_help_panel=_CONNECTION,
        show_default=False,
    ),
]

RateLimit: TypeAlias = Annotated[
    float | None,
    typer.Option(
        "--rate-limit",
        metavar="N",
        help="Maximum number of requests per second. [default: 20 for another machine]",
        rich_help_panel=_CONNECTION,
        show_default=False,
    ),
]

MaxTime: TypeAlias = Annotated[
    float | None,
    typer.Option(
        "--max-time",
        metavar="SECONDS",
        help="Stop after this time and report what was found until then; default: an hour. At most a quarter of the "
        "time is kept for cleaning up.",
        rich_help_panel=_CONNECTION,
        show_default=False,
    ),
]

_OPTIONS: Final[dict[str, tuple[Any, Any]]] = {
    "basic_auth": (BasicAuth, None),
    "password_file": (PasswordFile, None),
    "bearer_token_file": (BearerTokenFile, None),
    "header": (Header, []),
    "header_file": (HeaderFile, None),
    "ca_file": (CaFile, None),
    "client_cert": (ClientCert, None),
    "client_key": (ClientKey, None),
    "insecure": (Insecure, False),
    "proxy": (Proxy, None),
    "timeout": (Timeout, None),
    "rate_limit": (RateLimit, None),
    "max_time": (MaxTime, None),
}


def connecting(command: Callable[..., None]) -> Callable[..., None]:
    """Add the connection options to a command, which receives them as one mapping by name, `connection`."""
    signature = inspect.signature(command, eval_str=True)

    @wraps(command)
    def with_options(**given: Any) -> None:
        from seatunnel_conformance.run.interrupts import (  # noqa: PLC0415 - see the package
            interrupt_on_sigterm,
            require_no_interrupt,
            restore,
        )

        connection = {name: given.pop(name) for name in _OPTIONS}
        # SIGTERM stops jobs and restores tags, as Ctrl-C does.
        handler = interrupt_on_sigterm()
        try:
            command(**given, connection=connection)
        finally:
            try:
                # Whatever something else has made of it: an interrupted command ends as one.
                require_no_interrupt()
            finally:
                restore(handler)

    kept = [parameter for name, parameter in signature.parameters.items() if name != "connection"]
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=option)
        for name, (option, default) in _OPTIONS.items()
    ]
    shown = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in (*kept, *added)]
    with_options.__signature__ = signature.replace(parameters=shown)  # type: ignore[attr-defined]
    with_options.__annotations__ = {parameter.name: parameter.annotation for parameter in shown}
    return with_options
