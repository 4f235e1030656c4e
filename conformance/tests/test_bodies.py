"""Bodies are read within bounds: of encodings, of values, of what generated tests examine."""

import json
import time

import pytest

from seatunnel_conformance.errors import ResponseTooLong
from seatunnel_conformance.target.bodies import LONGEST_EXAMINED, MOST_VALUES, abridged, is_known
from seatunnel_conformance.target.exchange import Response

ODD = (
    *("undefined", "idna", "punycode", "base64", "rot13", "zlib", "bz2", "hex", "uu", "utf-7", "unicode_escape"),
    *("raw_unicode_escape", "mbcs", "oem", "quopri", "utf-8-sig\0", "\u00fc", "", "klingon"),
)
LARGE = b'"' + b"-" + b"a" * 2_000_000 + b'\xff"'


def response(charset: str, body: bytes = LARGE) -> Response:
    return Response(200, [("Content-Type", f"text/plain; charset={charset}")], body)


@pytest.mark.parametrize("charset", ODD)
def test_charset_that_is_no_text_encoding_is_read_as_utf_8_and_told(charset: str):
    begun = time.monotonic()
    read = response(charset)
    assert read.text == LARGE.decode("utf-8", "replace")
    assert "unknown charset" in repr(read)
    assert time.monotonic() - begun < 1


@pytest.mark.parametrize(
    "charset", ["utf-8", "UTF8", "US-ASCII", "ISO-8859-1", "latin1", "windows-1252", "GBK", "Shift_JIS"]
)
def test_charset_that_servers_use_is_known(charset: str):
    assert is_known(charset)


def test_charset_that_is_known_is_obeyed():
    assert response("GB18030", "\u5bf9".encode("gb18030")).text == "\u5bf9"


def test_more_values_than_are_read_say_nothing_about_the_target():
    with pytest.raises(ResponseTooLong, match="more than 500000 JSON values"):
        _ = response("utf-8", b"[" + b"{}," * MOST_VALUES + b"{}]").json


def test_short_body_is_examined_as_it_is():
    assert abridged(b"{ }") == b"{ }"


def test_long_list_is_abridged_to_its_ends():
    shorter = json.loads(abridged(json.dumps([{"id": at, "text": "x" * 50_000} for at in range(400)]).encode()))
    assert [shorter[0]["id"], shorter[-1]["id"]] == [0, 399]
    assert set(map(frozenset, shorter)) == {frozenset({"id", "text"})}
    assert len(json.dumps(shorter)) < 2**19


@pytest.mark.parametrize("body", [b"x" * 10**6, b'{"a": ' + b"9" * 10**6 + b"}", b"[" * 10**5, b"{" + b'"a":1' * 10**5])
def test_long_body_that_is_no_json_stays_none(body: bytes):
    assert abridged(body) == body[:LONGEST_EXAMINED]


def test_body_that_can_not_be_abridged_is_too_long():
    with pytest.raises(ResponseTooLong):
        abridged(b"[" + b"1," * MOST_VALUES + b"1]")
