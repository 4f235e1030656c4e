"""`seatunnel-v2 learn` says what it has checked."""

from pathlib import Path

from seatunnel_conformance.learn import LearnedContract
from seatunnel_conformance.learn.differences import LearnedDifference
from seatunnel_v2.commands.learn import _text


def test_deployment_that_was_only_read_is_not_said_to_be_a_release() -> None:
    found = LearnedContract(Path("acme.yaml"), "2.3.9", "2.3.10", stated=(), faults=(), checked=258, seconds=6.0)
    assert _text(found, "http://engine:8080", allowed=False).splitlines()[:2] == [
        "This deployment is like 2.3.9 in all that was checked.",
        "No jobs were run, so differences that only jobs show were not found; --allow-writes runs jobs.",
    ]
    assert "No jobs were run" not in _text(found, "http://engine:8080", allowed=True)


def test_next_command_checks_as_much_as_was_learned() -> None:
    found = LearnedContract(Path("acme.yaml"), "2.3.9", "2.3.10", stated=(), faults=(), checked=258, seconds=6.0)
    command = "seatunnel-v2 conform http://engine:8080 --release ./acme.yaml"
    for allowed, expected in ((False, command), (True, f"{command} --allow-writes")):
        assert _text(found, "http://engine:8080", allowed=allowed).splitlines()[-1].strip() == expected


def test_suspected_faults_are_listed_under_their_reasons() -> None:
    marks = {"a": "no release has it", "b": "it is as in 3.0.0", "c": "no release has it"}
    faults = tuple(LearnedDifference("fact", name, "Text.", (), "step", fault=why) for name, why in marks.items())
    found = LearnedContract(Path("acme.yaml"), "2.3.9", "2.3.9", stated=(), faults=faults, checked=9, seconds=6.0)
    lines = _text(found, "http://engine:8080", allowed=True).splitlines()
    at = lines.index("  no release has it:")
    listed = ["  no release has it:", "    a: Text.", "    c: Text.", "  it is as in 3.0.0:", "    b: Text."]
    assert lines[at : at + 5] == listed
    assert lines[at - 1].startswith(f"Suspected faults: {len(marks)}. ")


def test_sentence_about_several_operations_is_printed_once_and_names_them() -> None:
    facts = [("get_running_jobs.paging", "Lists are paged."), ("get_finished_jobs.paging", "Lists are paged.")]
    facts += [("get_job_info.unknownJob", "An unknown id is echoed.")]
    stated = tuple(LearnedDifference("fact", subject, text, (), "a/b/send") for subject, text in facts)
    found = LearnedContract(Path("acme.yaml"), "2.3.9", "2.3.10", stated, faults=(), checked=258, seconds=6.0)
    assert _text(found, "http://engine:8080", allowed=True).splitlines()[:3] == [
        "This deployment is 2.3.9 with 3 differences.",
        "  fact       Lists are paged. (get_running_jobs.paging, get_finished_jobs.paging)",
        "  fact       An unknown id is echoed.",
    ]
