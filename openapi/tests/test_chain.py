from collections.abc import Sequence
from pathlib import Path

import pytest

from seatunnel_openapi import (
    OverlayChainError,
    OverlayChainForked,
    OverlayCycle,
    OverlayExtendsAnother,
    OverlayNameTaken,
    OverlayPredecessorMissing,
)
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


def test_two_files_of_one_release_are_refused():
    with pytest.raises(OverlayNameTaken, match="the name 'a' is already used") as caught:
        ordered([an_overlay("a"), an_overlay("a", ending="yml")], BASE)
    assert (caught.value.name, caught.value.overlay.name) == ("a", "a.yml")


def test_overlay_can_not_take_the_name_of_the_base_document():
    with pytest.raises(OverlayNameTaken, match="the name 'documented' is already used"):
        ordered([an_overlay("documented")], BASE)


@pytest.mark.parametrize("extends", ["base.yaml", "../other.yaml", "https://example.org/base.yaml"])
def test_overlay_of_another_document_is_refused(extends):
    with pytest.raises(
        OverlayExtendsAnother, match=r"a\.yaml extends '.*', which is not /contract/base\.yaml"
    ) as caught:
        ordered([an_overlay("a", extends=extends)], BASE)
    assert (caught.value.extends, caught.value.base) == (extends, BASE)


def test_missing_predecessor_is_named():
    with pytest.raises(OverlayPredecessorMissing, match=r"b\.yaml: x-after names 'c'") as caught:
        ordered([an_overlay("a"), an_overlay("b", "c")], BASE)
    assert (caught.value.overlay.name, caught.value.after) == ("b.yaml", "c")


@pytest.mark.parametrize(("after", "words"), [("a", "have x-after 'a'"), (None, "have no x-after")])
def test_two_overlays_in_one_place_are_refused(after, words):
    given = [an_overlay("a"), an_overlay("b", "a"), an_overlay("c", after)]
    with pytest.raises(OverlayChainForked, match=words) as caught:
        ordered(given, BASE)
    assert caught.value.after == after
    assert caught.value.overlays[1].name == "c.yaml"


@pytest.mark.parametrize(
    ("given", "circle"),
    [([an_overlay("a", "a")], ("a",)), ([an_overlay("a"), an_overlay("b", "c"), an_overlay("c", "b")], ("b", "c"))],
)
def test_overlays_that_wait_for_one_another_are_refused(given, circle):
    with pytest.raises(OverlayCycle, match="form a cycle") as caught:
        ordered(given, BASE)
    assert caught.value.names == circle
    assert isinstance(caught.value, OverlayChainError)
