"""Reading any request takes time that is linear in its length."""

import time
import tracemalloc

import pytest

from seatunnel_server.engine.memory.planning import LimitRefused, require_flow_limits
from seatunnel_server.engine.options import Options
from seatunnel_server.http.multipart import Form
from seatunnel_server.http.request import InvalidJson, MediaType, RequestBody

_FORM = MediaType.parse("multipart/form-data; boundary=x")


def _form(disposition: str) -> bytes:
    return f"--x\r\nContent-Disposition: form-data{disposition}\r\n\r\n1\r\n--x--\r\n".encode()


@pytest.fixture(autouse=True)
def _within_seconds():
    begun = time.process_time()
    yield
    assert time.process_time() - begun < 10


def test_long_string_of_a_deep_body_takes_no_room_for_each_character():
    content = ("[" * 300 + '"' + "a" * 4_000_000).encode()
    tracemalloc.start()
    with pytest.raises(InvalidJson):
        RequestBody.read(content, MediaType.parse("application/json"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * len(content)


def test_limit_of_any_length_is_refused_by_name():
    with pytest.raises(LimitRefused):
        require_flow_limits(Options({"read_limit.rows_per_second": "9" * 5000}))


@pytest.mark.parametrize("parameter", [';a="\\', ";a=", ';a="', ';a="b\\"'])
def test_parameters_of_a_part_are_read_once(parameter):
    form = Form.read(_form("; name=n" + parameter * 100_000), _FORM)
    assert form.text("n") == "1"


def test_quoted_value_without_its_end_goes_on_to_the_end_of_the_line():
    assert Form.read(_form('; name="a; b'), _FORM).parts[0].name == "a; b"
    assert Form.read(_form(r'; name="a\"b"'), _FORM).parts[0].name == 'a"b'
