from pathlib import Path

import pytest

import seatunnel_openapi
from seatunnel_openapi import Evidence, OverlayActionError
from seatunnel_openapi.documents import read_yaml
from seatunnel_openapi.errors import ContractError
from seatunnel_openapi.overlay import Overlay

OVERLAYS = Path(__file__).parent / "overlays"
CASES = sorted(path.parent for path in OVERLAYS.glob("*/overlay.yaml"))
FAILURES = sorted(path for path in (OVERLAYS / "fail").glob("*.yaml") if path.name != "openapi.yaml")


def test_there_are_cases_and_failures_to_try():
    assert len(CASES) >= 14
    assert len(FAILURES) >= 32


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_overlay_makes_the_expected_document_and_leaves_its_input_alone(case):
    document = read_yaml(case / "openapi.yaml")
    changed = Overlay.read(case / "overlay.yaml").apply(document)
    assert changed == read_yaml(case / "output.yaml")
    assert document == read_yaml(case / "openapi.yaml")


@pytest.mark.parametrize("file", FAILURES, ids=lambda file: file.stem)
def test_wrong_overlay_is_refused_for_what_is_wrong_with_it(file):
    """The first line of each file has the class of its error and a part of the message."""
    name, _, words = file.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ").partition(": ")
    with pytest.raises(ContractError) as caught:
        Overlay.read(file).apply(read_yaml(OVERLAYS / "fail" / "openapi.yaml"))
    assert type(caught.value) is getattr(seatunnel_openapi, name)
    assert words in str(caught.value)
    assert str(file) in str(caught.value)


def overlay(tmp_path: Path, *actions: str) -> Overlay:
    path = tmp_path / "9.9.yaml"
    evidence = '    x-evidence: {how: documented, ref: "page#jobs"}\n'
    head = 'overlay: 1.0.0\ninfo: {title: Jobs, version: "1"}\nextends: openapi.yaml\nactions:\n'
    path.write_text(head + "".join(f"  - {action}\n{evidence}" for action in actions), encoding="utf-8")
    return Overlay.read(path)


def test_action_that_selects_nothing_names_file_number_description_and_path(tmp_path):
    first = "target: $.a\n    description: Fits.\n    update: {b: 1}"
    second = "target: $.a.c\n    description: Does not fit.\n    update: {b: 1}"
    with pytest.raises(OverlayActionError) as caught:
        overlay(tmp_path, first, second).apply({"a": {}})
    error = caught.value
    assert (error.overlay, error.action, error.description, error.target) == (
        tmp_path / "9.9.yaml",
        2,
        "Does not fit.",
        "$.a.c",
    )
    assert str(error) == f"{tmp_path / '9.9.yaml'}, line 9, action 2 (Does not fit): $.a.c selects nothing."


def test_each_target_gets_a_copy_of_the_update_of_its_own(tmp_path):
    grow = "target: $.*\n    description: Both get a list.\n    update: {list: [{n: 1}]}"
    append = "target: $.a.list[0]\n    description: One changes.\n    update: {n: 2}"
    changed = overlay(tmp_path, grow, append).apply({"a": {}, "b": {}})
    assert changed == {"a": {"list": [{"n": 2}]}, "b": {"list": [{"n": 1}]}}
    assert overlay(tmp_path, grow).apply({"a": {}}) == {"a": {"list": [{"n": 1}]}}


def test_entries_of_lists_are_copies_of_their_own_too(tmp_path):
    append = "target: $.*.list\n    description: Both lists grow.\n    update: {n: 1}"
    join = "target: $.*\n    description: Both lists grow again.\n    update: {list: [{n: 1}]}"
    change = "target: $.a.list[*]\n    description: The entries of one change.\n    update: {n: 2}"
    changed = overlay(tmp_path, append, join, change).apply({"a": {"list": []}, "b": {"list": []}})
    assert changed == {"a": {"list": [{"n": 2}, {"n": 2}]}, "b": {"list": [{"n": 1}, {"n": 1}]}}


def test_place_that_a_path_names_twice_is_changed_once(tmp_path):
    action = "target: $['a', 'a']\n    description: One entry comes.\n    update: 1"
    assert overlay(tmp_path, action).apply({"a": []}) == {"a": [1]}


def test_removal_of_a_place_and_of_what_is_in_it_removes_both(tmp_path):
    action = "target: $..[?@.old == true]\n    description: All that is old goes.\n    remove: true"
    document = {
        "a": {"old": True, "in": {"old": True}},
        "list": [{"old": True}, {"new": [{"old": True}, 1]}, {"old": True}],
    }
    assert overlay(tmp_path, action).apply(document) == {"list": [{"new": [1]}]}


def test_objects_shared_by_an_alias_are_changed_apart(tmp_path):
    shared = {"n": 1}
    action = "target: $.a\n    description: Only one changes.\n    update: {n: 2}"
    assert overlay(tmp_path, action).apply({"a": shared, "b": shared}) == {"a": {"n": 2}, "b": {"n": 1}}


def test_target_may_hold_a_hyphen_in_quotes_and_before_a_number(tmp_path):
    quoted = "target: $['x-a'][\"b-c\"]\n    description: Quoted.\n    update: {n: 1}"
    number = "target: $['x-a'].list[-1]\n    description: The last one.\n    update: {n: 2}"
    changed = overlay(tmp_path, quoted, number).apply({"x-a": {"b-c": {}, "list": [{}, {}]}})
    assert changed == {"x-a": {"b-c": {"n": 1}, "list": [{}, {"n": 2}]}}


def test_overlay_is_named_after_its_file_and_keeps_its_evidence(tmp_path):
    read = overlay(tmp_path, "target: $\n    description: Something.\n    update: {b: 1}")
    assert (read.name, read.after, read.extends) == ("9.9", None, "openapi.yaml")
    (action,) = read.actions
    assert (action.number, action.remove, action.update) == (1, False, {"b": 1})
    assert action.evidence == Evidence("documented", "page#jobs")
