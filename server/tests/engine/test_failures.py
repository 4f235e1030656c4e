import pytest

from seatunnel_server.engine.errors import JobAlreadySubmitted, NoEnoughResource
from seatunnel_server.engine.memory.failures import TaskFailed, failure_text


def raised(error: Exception) -> Exception:
    with pytest.raises(type(error)) as caught:
        _deeper(error, 20)
    return caught.value


def _deeper(error: Exception, calls: int) -> None:
    if calls:
        _deeper(error, calls - 1)
    raise error


def test_failed_task_is_a_runtime_exception_with_its_message():
    assert failure_text(TaskFailed("row 3 is odd")) == "java.lang.RuntimeException: row 3 is odd"


def test_mistake_in_a_plugin_names_its_python_class():
    assert failure_text(KeyError("x")) == "java.lang.RuntimeException: KeyError: 'x'"


@pytest.mark.parametrize(
    ("error", "begins"),
    [
        (
            NoEnoughResource(4, 1),
            "org.apache.seatunnel.engine.server.resourcemanager.NoEnoughResourceException: the job",
        ),
        (JobAlreadySubmitted(7), "org.apache.seatunnel.engine.common.exception.JobException: The job id 7 has already"),
    ],
)
def test_engines_own_errors_bear_the_engines_class(error, begins):
    assert failure_text(error).startswith(begins)


def test_innermost_calls_follow_without_the_folders_of_their_files():
    _, *calls = failure_text(raised(TaskFailed("no"))).splitlines()
    assert len(calls) == 8
    assert all(call.startswith("\tat ") and "_deeper(test_failures.py:" in call for call in calls)
    assert "/" not in "".join(calls)


def test_long_message_is_cut():
    assert len(failure_text(TaskFailed("x" * 100_000))) < 5000
