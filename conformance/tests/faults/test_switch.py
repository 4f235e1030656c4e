"""Faults are switched on and off while a server runs, with a probability or a count."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from seatunnel_conformance.faults.catalogue import UnknownFault
from seatunnel_conformance.faults.exchange import ProxiedExchange
from seatunnel_conformance.faults.switch import PATH, FaultSwitch

Make = Callable[..., ProxiedExchange]
FAULT = "overview-is-a-list"
OVERVIEW = {"workers": "1"}


def ask(switch: FaultSwitch, asked: Make, method: str, path: str = PATH, body: Any = None, **more: str) -> Any:
    """Return the status and the JSON of the switch's response to a request."""
    found = switch.on_request(asked(path, method, b"" if body is None else json.dumps(body).encode(), **more))
    return found.status, found.document


def changed(switch: FaultSwitch, answered: Make, times: int) -> list[bool]:
    """Return for each of some responses to `GET /overview` whether the switch changes it."""
    return [switch.on_response(answered("/overview", OVERVIEW)).document != OVERVIEW for _ in range(times)]


def test_fault_is_on_until_it_is_ended(asked: Make, answered: Make):
    switch = FaultSwitch()
    assert changed(switch, answered, 1) == [False]
    status, found = ask(switch, asked, "PUT", body={"fault": FAULT})
    shown = {"fault": FAULT, "does": "The overview is in a list instead of being an object.", "probability": 1.0}
    assert (status, found) == (200, {"faults": [shown]})
    assert ask(switch, asked, "GET") == (200, {"faults": [shown]})
    assert changed(switch, answered, 2) == [True, True]
    assert ask(switch, asked, "DELETE", f"{PATH}/{FAULT}") == (200, {"faults": []})
    assert changed(switch, answered, 1) == [False]


def test_delete_ends_all_faults(asked: Make):
    switch = FaultSwitch()
    switch.start(FAULT)
    switch.start("unknown-id-is-404")
    assert [one.fault.id for one in switch.active] == [FAULT, "unknown-id-is-404"]
    assert ask(switch, asked, "DELETE") == (200, {"faults": []})


def test_count_is_of_the_responses_that_change(asked: Make, answered: Make):
    switch = FaultSwitch()
    ask(switch, asked, "PUT", body={"fault": FAULT, "count": 2})
    switch.on_response(answered("/running-jobs", []))
    assert changed(switch, answered, 4) == [True, True, False, False]
    assert ask(switch, asked, "GET") == (200, {"faults": []})


def test_probability_is_a_share_of_the_responses(answered: Make):
    switch = FaultSwitch(seed=1)
    switch.start(FAULT, probability=0.25)
    assert 150 < sum(changed(switch, answered, 1000)) < 350


def test_fault_of_requests_responds_in_the_place_of_the_server(asked: Make):
    switch = FaultSwitch()
    switch.start("options-is-405")
    assert switch.on_request(asked("/overview", "OPTIONS")).status == 405


def test_switch_is_found_with_a_context_path_and_without(asked: Make):
    switch = FaultSwitch()
    for path in (f"/seatunnel{PATH}", PATH):
        assert ask(switch, asked, "GET", path, context_path="/seatunnel")[0] == 200


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"fault": "no-such-fault"}, "there is no fault 'no-such-fault'"),
        ({"fault": "unknown-id-is-405"}, "see unknown-id-is-404"),
        (["unknown-id-is-404"], "the body is JSON like"),
        ({"fault": FAULT, "times": 3}, "unknown members: times; known are count, fault, probability"),
        ({"fault": FAULT, "probability": 0}, "above 0 and at most 1, not 0"),
        ({"fault": FAULT, "probability": "often"}, "`probability` is a number"),
        ({"fault": FAULT, "count": 0}, "at least one exchange, not 0"),
        ({"fault": FAULT, "count": 1.5}, "`count` is a whole number"),
    ],
)
def test_wrong_request_is_refused_with_the_reason(asked: Make, body: Any, message: str):
    switch = FaultSwitch()
    status, found = ask(switch, asked, "PUT", body=body)
    assert (status, found["status"]) == (400, "fail")
    assert message in found["message"]
    assert not switch.active


def test_fault_that_is_not_on_can_not_be_ended(asked: Make):
    assert ask(FaultSwitch(), asked, "DELETE", f"{PATH}/{FAULT}")[0] == 404
    assert ask(FaultSwitch(), asked, "POST")[0] == 405


def test_unknown_fault_names_similar_ones():
    with pytest.raises(UnknownFault, match="see unknown-id-is-404"):
        FaultSwitch().start("unknown-id-is-405")
