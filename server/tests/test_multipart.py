"""Forms that no recording has, as engines of 2.3.9 and 2.3.13 read them."""

import pytest

from seatunnel_server.http.multipart import BrokenForm, Form, NotMultipart, Part
from seatunnel_server.http.request import MediaType

FORM = MediaType.parse("multipart/form-data; boundary=x")
NAMED = "Content-Disposition: form-data; name=n"


def read(*parts: str) -> tuple[Part, ...]:
    text = "".join(f"--x\r\n{part}\r\n" for part in parts)
    return Form.read(f"{text}--x--\r\n".encode(), FORM).parts


@pytest.mark.parametrize(
    ("part", "found"),
    [
        (f"{NAMED}\r\nContent-Transfer-Encoding: BASE64\r\n\r\naGVsbG8=", Part("n", None, b"hello")),
        (f"{NAMED}\r\nContent-Transfer-Encoding: binary\r\n\r\naGVsbG8=", Part("n", None, b"aGVsbG8=")),
        ("Content-Disposition: form-data; name='a\"b'; filename='c;d'\r\n\r\n1", Part('a"b', "c;d", b"1")),
    ],
)
def test_part_is_decoded(part: str, found: Part) -> None:
    assert read(part) == (found,)


def test_part_that_is_no_field_of_the_form_is_left_out() -> None:
    assert read("Content-Disposition: attachment; name=n\r\n\r\n1", "Content-Disposition: form-data\r\n\r\n1") == ()


@pytest.mark.parametrize("part", ["X: y\r\n\r\n1", f"{NAMED}\r\nContent-Transfer-Encoding: base64\r\n\r\ne!!"])
def test_part_without_a_disposition_or_with_broken_base64_breaks_the_form(part: str) -> None:
    with pytest.raises(BrokenForm):
        read(f"{NAMED}\r\n\r\n1", part)


@pytest.mark.parametrize(
    ("sent", "shown"), [("", "null"), ("multipart/mixed; boundary=x", "multipart/mixed; boundary=x")]
)
def test_body_that_is_no_form_is_refused_with_its_content_type(sent: str, shown: str) -> None:
    with pytest.raises(
        NotMultipart, match=rf"^Unsupported Content-Type \[{shown}\], expected \[multipart/form-data\]$"
    ):
        Form.read(b"", MediaType.parse(sent))
