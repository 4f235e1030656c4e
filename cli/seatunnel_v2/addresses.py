"""Where a deployment is, and how and how often it is asked, as the options of a command say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.messages import fail
from seatunnel_v2.reference import own_release

if TYPE_CHECKING:
    from seatunnel_conformance.arrange.settings import Settings
    from seatunnel_conformance.replay import Address
    from seatunnel_conformance.run.releases import Choice

_UNBOUNDED = {"max_requests": None, "max_time": None}
"""Options of `conform` alone."""


def settings_of(url: str, options: Mapping[str, Any], release: str = "auto") -> Settings:
    """Return the settings with which a deployment is asked. Raises `InvalidSettings`."""
    from seatunnel_conformance.arrange.settings import Settings, address  # noqa: PLC0415 - see the package's docstring
    from seatunnel_conformance.target import parsing  # noqa: PLC0415 - as above
    from seatunnel_conformance.target.limits import Limits  # noqa: PLC0415 - as above

    bare, connection = parsing.connection(options.__getitem__, address(url))
    limits = Limits.parse({**options, **_UNBOUNDED}.__getitem__, bare)
    return Settings(bare, release=release, connection=connection, limits=limits)


def address_of(name: str, url: str, options: Mapping[str, Any]) -> Address:
    """Return where recorded requests go; to a server of our own (`name` tells) they go without credentials and pauses.

    A proxy is refused: it would change the bytes that a scenario asks for. Raises `InvalidSettings`.
    """
    from seatunnel_conformance.replay import Address  # noqa: PLC0415 - see the package's docstring

    if options["proxy"]:
        fail(
            ExitStatus.USAGE, "recorded requests go through no proxy, which might change their bytes: leave out --proxy"
        )
    if own_release(name) is not None:
        return Address(url)
    asked = settings_of(url, options)
    rate = asked.limits.rate
    return Address(asked.url, asked.connection, asked.limits.answer, 1 / rate if rate else 0.0)


def choice_at(name: str, address: Address) -> Choice:
    """Return the contract that a deployment is held against: it is asked, a server of our own (`name` tells) is not.

    The address tells how long an answer may take, and how often may be asked.
    Raises what `seatunnel_conformance.run.releases.choose` raises.
    """
    from seatunnel_conformance.arrange.settings import AUTO, Settings  # noqa: PLC0415 - as above
    from seatunnel_conformance.run.releases import choose, named  # noqa: PLC0415 - see the package's docstring
    from seatunnel_conformance.target.limits import Limits  # noqa: PLC0415 - as above

    own = own_release(name)
    limits = Limits(answer=address.seconds, rate=1 / address.interval if address.interval else None)
    settings = Settings(address.url, release=own or AUTO, connection=address.connection, limits=limits)
    return named(settings) if own else choose(settings)


def require_permission(url: str, *, allow_writes: bool, what: str) -> None:
    """End with a sentence where `what` would be done to another machine, and nobody has allowed that."""
    from seatunnel_conformance.arrange.settings import address  # noqa: PLC0415 - as above
    from seatunnel_conformance.target.addresses import is_loopback  # noqa: PLC0415 - as above
    from seatunnel_conformance.text.redaction import redact_address  # noqa: PLC0415 - see the package's docstring

    if own_release(url) is None and not is_loopback(address(url)) and not allow_writes:
        problem = f"{what} on {redact_address(url)}, which is another machine"
        fail(ExitStatus.USAGE, problem, "--allow-writes permits it")
