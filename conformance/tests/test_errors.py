"""Errors hold nothing on to that nobody asks for again."""

import weakref

from seatunnel_conformance.errors import ArrangementFailed, forget_frames


class Body:
    """What a response has, and can be seen to be gone."""


def test_error_that_is_remembered_holds_no_responses():
    def arranged() -> None:
        body = Body()
        seen.append(weakref.ref(body))
        raise ArrangementFailed("it did not work", "submit-job.receipt")

    def judged() -> None:
        other = Body()
        seen.append(weakref.ref(other))
        try:
            arranged()
        except ArrangementFailed as error:
            raise ArrangementFailed("nor did this", "submit-job.receipt") from error

    seen: list[weakref.ref[Body]] = []
    remembered: list[ArrangementFailed] = []
    try:
        judged()
    except ArrangementFailed as error:
        remembered.append(error)
        forget_frames(error)
    assert remembered
    assert [ref() for ref in seen] == [None, None]
