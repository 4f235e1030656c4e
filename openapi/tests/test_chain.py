from collections.abc import Sequence
from pathlib import Path

import pytest

from seatunnel_openapi import OverlayError
from seatunnel_openapi.overlay import Overlay, ordered

BASE = Path("/contract/base.yaml")


def an_overlay(name: str, after: str | None = None, *, ending: str = "yaml", extends: str = "../base.yaml") -> Overlay:
    return Overlay(BASE.parent / "overlays" / f"{name}.{ending}", extends, after, ())


def names(overlays: Sequence[Overlay]) -> list[str]:
    return [overlay.name for overlay in overlays]


def test_overlays_are_ordered_by_their_predecessors_not_by_their_names():
    given = [an_overlay("2.3.10", "2.3.9"), an_overlay("2.3.12", "2.3.10"), an_overlay("2.3.9")]
    assert names(ordered(given, BASE)) == ["2.3.9", "2.3.10", "2.3.12"]


def test_no_overlays_make_an_empty_chain():
    assert ordered([], BASE) == ()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([an_overlay("a"), an_overlay("a", ending="yml")], r"a\.yml: the name 'a' is already used"),
        ([an_overlay("documented")], "the name 'documented' is already used"),
        ([an_overlay("a", extends="base.yaml")], r"a\.yaml extends 'base.yaml', which is not /contract/base\.yaml"),
        ([an_overlay("a", extends="https://example.org/base.yaml")], "which is not /contract/base"),
        ([an_overlay("a"), an_overlay("b", "c")], r"b\.yaml: x-after names 'c'"),
        ([an_overlay("a"), an_overlay("b", "a"), an_overlay("c", "a")], r"b\.yaml and .*c\.yaml both have x-after 'a'"),
        ([an_overlay("a"), an_overlay("b", "a"), an_overlay("c")], r"a\.yaml and .*c\.yaml both have no x-after"),
        ([an_overlay("a", "a")], "the overlays a form a cycle"),
        ([an_overlay("a"), an_overlay("b", "c"), an_overlay("c", "b")], "the overlays b, c form a cycle"),
    ],
)
def test_overlays_that_are_no_chain_are_refused(given, words):
    with pytest.raises(OverlayError, match=words):
        ordered(given, BASE)
