"""The order of overlays: each names its predecessor (`x-after`), and together they form one chain."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from seatunnel_openapi.errors import (
    OverlayChainForked,
    OverlayCycle,
    OverlayExtendsAnother,
    OverlayNameTaken,
    OverlayPredecessorMissing,
)
from seatunnel_openapi.overlay import Overlay

DOCUMENTED: Final = "documented"
"""The name of the contract without overlays: the base document."""


def ordered(overlays: Iterable[Overlay], base: Path) -> tuple[Overlay, ...]:
    """Return the overlays in the order in which they are applied to the base document.

    Raises a subclass of `OverlayChainError` if they don't form a single chain that starts at `base`.
    """
    named = _by_name(overlays)
    for overlay in named.values():
        _check_place(overlay, named, base)
    successors = _by_predecessor(named.values())
    chain: list[Overlay] = []
    after: str | None = None
    while after in successors:
        chain.append(successors[after])
        after = chain[-1].name
    if left := sorted(named.keys() - {overlay.name for overlay in chain}):
        raise OverlayCycle(tuple(left))
    return tuple(chain)


def _by_name(overlays: Iterable[Overlay]) -> dict[str, Overlay]:
    named: dict[str, Overlay] = {}
    for overlay in overlays:
        if overlay.name in named or overlay.name == DOCUMENTED:
            raise OverlayNameTaken(overlay.name, overlay.path)
        named[overlay.name] = overlay
    return named


def _check_place(overlay: Overlay, named: dict[str, Overlay], base: Path) -> None:
    if (overlay.path.parent / overlay.extends).resolve() != base.resolve():
        raise OverlayExtendsAnother(overlay.path, overlay.extends, base)
    if overlay.after is not None and overlay.after not in named:
        raise OverlayPredecessorMissing(overlay.path, overlay.after)


def _by_predecessor(overlays: Iterable[Overlay]) -> dict[str | None, Overlay]:
    successors: dict[str | None, Overlay] = {}
    for overlay in overlays:
        if (other := successors.setdefault(overlay.after, overlay)) is not overlay:
            raise OverlayChainForked((other.path, overlay.path), overlay.after)
    return successors
