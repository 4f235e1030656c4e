import gc
import re
from collections.abc import Iterator, Mapping

import pytest

from seatunnel_openapi import Contract
from seatunnel_server.engine.memory.monitoring import HealthMonitor, percent_text, size_text

# The texts of the recordings, `system-monitoring-information/plain`.
FORMATS = {
    r"(physical|swap)\..*|heap\.memory\.(used|free|total|max)": r"\d+(\.\d)?[KMGTPE]?",
    r"load\.systemAverage": r"\d+\.\d\d",
    r".*\.gc\.time": r"\d+ms",
    r"heap\.memory\.used/.*|load\.(process|system)|.*percentage": r"\d+\.\d\d%",
}


@pytest.fixture
def monitor() -> Iterator[HealthMonitor]:
    made = HealthMonitor(host="localhost", port=5801)
    yield made
    made.close()


@pytest.fixture
def reading(monitor: HealthMonitor) -> Mapping[str, str]:
    return monitor.read(is_master=True, completed=7, running=3)


@pytest.fixture
def documented(contract: Contract) -> list[str]:
    """The keys of the documentation page, in its order."""
    return list(contract.schema("MemberReading")["properties"])


def test_keys_are_those_of_the_page_between_the_members_own_in_order(reading, documented):
    assert list(reading) == ["isMaster", "host", "port", *documented, "uuid"]
    assert len(documented) == 45


def test_every_text_has_the_recorded_format(reading, documented):
    for key in documented:
        form = next((form for keys, form in FORMATS.items() if re.fullmatch(keys, key)), r"\d+")
        assert re.fullmatch(form, reading[key]), (key, reading[key])


def test_member_and_operations_are_told_as_given(reading):
    assert (reading["isMaster"], reading["host"], reading["port"]) == ("true", "localhost", "5801")
    assert (reading["operations.completed.count"], reading["operations.running.count"]) == ("7", "3")


def test_collections_of_the_oldest_generation_are_major_ones(monitor):
    before = monitor.read(is_master=True, completed=0, running=0)
    gc.collect()
    after_full = monitor.read(is_master=True, completed=0, running=0)
    gc.collect(0)
    after_young = monitor.read(is_master=True, completed=0, running=0)
    assert int(after_full["major.gc.count"]) > int(before["major.gc.count"])
    assert int(after_young["minor.gc.count"]) > int(after_full["minor.gc.count"])
    assert monitor._garbage.major > 0
    assert monitor._garbage.minor > 0


def test_closed_monitor_listens_to_no_collection(monitor):
    monitor.close()
    monitor.close()
    before = monitor._garbage.major
    gc.collect()
    assert monitor._garbage.major == before


def test_peak_of_threads_never_falls(monitor):
    monitor._peak_threads = 10_000
    assert monitor.read(is_master=True, completed=0, running=0)["thread.peakCount"] == "10000"


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0"),
        (1, "1"),
        (1024, "1024"),
        (1025, "1.0K"),
        (1536, "1.5K"),
        (1024**2, "1024.0K"),
        (1024**2 + 1, "1.0M"),
        (16 * 1024**3, "16.0G"),
        (3 * 1024**6, "3.0E"),
        (5000 * 1024**6, "5000.0E"),
    ],
)
def test_size_has_one_decimal_and_the_largest_unit_below_it(size, text):
    assert size_text(size) == text


def test_percentage_has_two_decimals_and_nothing_is_none_of_nothing():
    assert percent_text(135.7, 576.5) == "23.54%"
    assert percent_text(5, 0) == "0.00%"
