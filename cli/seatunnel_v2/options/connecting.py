"""How a deployment is connected to: the same options for every command that asks one."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, Final, TypeAlias

import typer

_CONNECTION: Final = "The connection"

BasicAuth: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--basic-auth",
        metavar="USER",
        envvar="SEATUNNEL_USER",
        help="Log in as this user; SEATUNNEL_PASSWORD or --password-file holds the password.",
        rich_help_panel=_CONNECTION,
        show_default=False,
    ),
]

PasswordFile: TypeAlias = Annotated[
    Path | None,
    typer.Option("--password-file", metavar="FILE", help="The password of --basic-auth.", rich_help_panel=_CONNECTION),
]

BearerTokenFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--bearer-token-file",
        metavar="FILE",
        help="A bearer token; SEATUNNEL_BEARER_TOKEN may hold it instead.",
        rich_help_panel=_CONNECTION,
    ),
]

Header: TypeAlias = Annotated[
    list[str],
    typer.Option(
        "--header", metavar="'NAME: VALUE'", help="Send this with every request.", rich_help_panel=_CONNECTION
    ),
]

HeaderFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--header-file",
        metavar="FILE",
        help="Headers, one a line: what is secret shows on no command line.",
        rich_help_panel=_CONNECTION,
    ),
]

CaFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--ca-file",
        metavar="FILE",
        help="Trust these authorities (PEM), or the target's own certificate.",
        rich_help_panel=_CONNECTION,
    ),
]

ClientCert: TypeAlias = Annotated[
    Path | None,
    typer.Option("--client-cert", metavar="FILE", help="Our own certificate (PEM).", rich_help_panel=_CONNECTION),
]

ClientKey: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--client-key",
        metavar="FILE",
        help="Its key; SEATUNNEL_KEY_PASSWORD holds the key's password.",
        rich_help_panel=_CONNECTION,
    ),
]

Insecure: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--insecure",
        help="Believe any certificate; refused with credentials, but for this machine.",
        rich_help_panel=_CONNECTION,
    ),
]

Proxy: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--proxy",
        metavar="URL",
        help="Go through this proxy; otherwise the environment's, but to this machine through none.",
        rich_help_panel=_CONNECTION,
        show_default=False,
    ),
]

Timeout: TypeAlias = Annotated[
    float | None,
    typer.Option(
        "--timeout",
        metavar="SECONDS",
        help="How long one whole answer may take; 30 if nothing is said.",
        rich_help_panel=_CONNECTION,
        show_default=False,
    ),
]

RateLimit: TypeAlias = Annotated[
    float | None,
    typer.Option(
        "--rate-limit",
        metavar="N",
        help="At most so many requests a second; 20 for another machine if nothing is said.",
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
}


def connecting(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command all options of a connection; it gets them as one mapping by name, called `connection`."""
    signature = inspect.signature(command, eval_str=True)

    @wraps(command)
    def with_options(**given: Any) -> None:
        from seatunnel_conformance.run.interrupts import (  # noqa: PLC0415 - see the package
            interrupt_on_sigterm,
            require_no_interrupt,
            restore,
        )

        connection = {name: given.pop(name) for name in _OPTIONS}
        # Jobs are stopped and tags put back, however a command is told to end.
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
