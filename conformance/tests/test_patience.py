"""How long a run waits."""

from seatunnel_conformance.arrange.waiting import FIRST, HOPELESS, MARGIN, SHORT, Patience


def test_first_wait_is_as_long_as_asked_for():
    patience = Patience(30.0)
    assert [patience.seconds("an end", most) for most in (None, 10.0, 50.0)] == [30, 10, 30]


def test_wait_is_not_repeated():
    patience = Patience(30.0)
    patience.timed_out("an end", 30.0)
    assert patience.seconds("an end") == SHORT


def test_nobody_waits_for_what_never_comes():
    patience = Patience(30.0)
    for _ in range(HOPELESS):
        patience.timed_out("an end", 1.0)
    assert patience.seconds("an end") == 0
    assert patience.is_hopeless("an end")


def test_what_came_after_some_time_is_waited_for_longer():
    patience = Patience(30.0)
    patience.came("an end", 4.0)
    patience.timed_out("an end", 30.0)
    assert patience.seconds("an end") == 4 * MARGIN
    assert not patience.is_hopeless("an end")


def test_first_cause_is_that_of_later_waits_until_something_comes():
    patience = Patience(30.0)
    assert patience.timed_out("an end", 30.0, "a") == "a"
    assert patience.timed_out("an end", 1.0, "b") == "a"
    patience.came("an end", 1.0)
    assert patience.timed_out("an end", 1.0, "b") == "b"


def test_all_waits_in_vain_together_have_a_limit():
    patience = Patience(30.0)
    patience.timed_out("an end", 30.0)
    assert patience.seconds("a start") == FIRST
    patience.timed_out("a start", FIRST)
    assert patience.seconds("a start") == SHORT


def test_other_things_are_waited_for_as_before():
    patience = Patience(30.0)
    patience.timed_out("an end", 10.0)
    assert patience.seconds("a start") == 30
