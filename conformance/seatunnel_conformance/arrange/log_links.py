"""The links in the list of log files, followed as a client follows them: to the address that they name."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from seatunnel_conformance.errors import Inconclusive
from seatunnel_conformance.target.deployment import Target

_MOST: Final = 10
"""The most nodes whose links are followed."""

_SECONDS: Final = 5.0
"""The longest time for a response."""


def unreachable_links(target: Target) -> list[str]:
    """Return the links that lead nowhere, one for each node. Credentials are sent to the target's own address only."""
    return [link for link in _link_of_each_node(target) if not _is_reachable(target, link)]


def other_nodes(target: Target) -> list[str]:
    """Return the addresses of the other nodes, as the cluster knows them, from the list of log files."""
    addresses = {f"{urlsplit(link)._replace(path='').geturl()}{target.context_path}" for link in _links(target)}
    return sorted(addresses - {target.url})


def _link_of_each_node(target: Target) -> list[str]:
    return list({urlsplit(link).netloc: link for link in _links(target)}.values())[:_MOST]


def _links(target: Target) -> list[str]:
    return [entry["logLink"] for entry in target.get("/logs", query={"format": "json"}).items]


def _is_reachable(target: Target, link: str) -> bool:
    parts = urlsplit(link)
    node = target.follows(f"{parts.scheme}://{parts.netloc}", _SECONDS)
    try:
        # A node that asks for credentials is reachable, and has not got any.
        return node.send("HEAD", parts.path).status in {HTTPStatus.OK, HTTPStatus.UNAUTHORIZED}
    except Inconclusive:
        return False
    finally:
        node.close()
