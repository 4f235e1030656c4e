"""The address of a deployment with the credentials and certificates that options give for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.messages import fail
from seatunnel_v2.reference import own_release

if TYPE_CHECKING:
    from seatunnel_conformance.replay import Address
    from seatunnel_conformance.settings import Settings


def address_of(name: str, url: str, options: Mapping[str, Any]) -> Address:
    """Return where a deployment is and how it is connected to; a server of our own (`name` tells) needs nothing.

    A proxy is refused: it would change the bytes that a scenario asks for.
    """
    from seatunnel_conformance.errors import InvalidSettings  # noqa: PLC0415 - see the package's docstring
    from seatunnel_conformance.replay import Address  # noqa: PLC0415 - as above
    from seatunnel_conformance.transport import parsing  # noqa: PLC0415 - as above

    if options["proxy"]:
        fail(
            ExitStatus.USAGE, "recorded requests go through no proxy, which might change their bytes: leave out --proxy"
        )
    if own_release(name):
        return Address(url)
    try:
        bare, connection = parsing.connection(options.__getitem__, url if "://" in url else f"http://{url}")
    except InvalidSettings as problem:
        fail(ExitStatus.USAGE, str(problem))
    patience = {"seconds": options["timeout"]} if options["timeout"] else {}
    pace = {"interval": 1 / options["rate_limit"]} if options["rate_limit"] else {}
    return Address(bare, connection, **patience, **pace)


def settings_of(address: Address, release: str) -> Settings:
    """Return the settings with which the suite asks the same deployment for its release."""
    from seatunnel_conformance.settings import Settings  # noqa: PLC0415 - see the package's docstring

    return Settings(address.url, release=release, connection=address.connection)
