"""Responses as checks read them, and requests as curl commands."""

import shlex
import subprocess
import time
from pathlib import Path

import pytest

from seatunnel_conformance.errors import ResponseTooLong
from seatunnel_conformance.target.exchange import MOST_VALUES, Request, Response, cut, is_known_charset
from seatunnel_conformance.text.visible import visible


def json_answer(text: str) -> Response:
    return Response(200, [("Content-Type", "application/json")], text.encode())


def test_integers_keep_all_their_digits():
    assert json_answer('{"jobId": 733584788375666689}').json == {"jobId": 733584788375666689}


@pytest.mark.parametrize(
    ("text", "read", "said"),
    [
        *((text, "json", "found a body that is not JSON$") for text in ("", "<html>")),
        *((text, "json", "found a body that is not JSON: .") for text in ("{", "[" * 100_000)),
        ("[]", "members", "expected an object"),
        ("{}", "items", "expected an array"),
    ],
)
def test_body_that_is_not_what_is_due_is_the_targets_fault(text: str, read: str, said: str):
    with pytest.raises(AssertionError, match=said):
        getattr(json_answer(text), read)


@pytest.mark.parametrize(
    ("kind", "media_type", "charset"),
    [
        ("application/json", "application/json", None),
        ("Application/JSON ; Charset=UTF-8", "application/json", "utf-8"),
        ('text/plain;a=b; charset="iso-8859-1"', "text/plain", "iso-8859-1"),
        ("", "", None),
    ],
)
def test_content_type_is_read_in_its_parts(kind: str, media_type: str, charset: str | None):
    response = Response(200, [("content-type", kind)], b"")
    assert (response.media_type, response.charset) == (media_type, charset)


def test_text_is_decoded_by_its_charset():
    assert Response(200, [("content-type", "text/plain;charset=iso-8859-1")], b"\xe9").text == "\xe9"
    assert Response(200, [("content-type", "text/plain;charset=klingon")], b"\xff").text == "\ufffd"


def test_curl_line_repeats_the_request():
    request = Request(
        "POST", "http://localhost:1", "/stop-job?a=%zz", {"Content-Type": "application/json"}, b'{"a": "it\'s"}'
    )
    assert shlex.split(request.curl()) == [
        *("curl", "-sS", "-i", "--path-as-is"),
        *("-H", "Content-Type: application/json"),
        *("--data-binary", '{"a": "it\'s"}'),
        "http://localhost:1/stop-job?a=%zz",
    ]


def test_curl_line_has_no_header_that_only_marks_a_generated_test():
    assert Request("GET", "http://h", "/x", {"X-Schemathesis-TestCaseId": "m8lRv5"}).curl().endswith(" http://h/x")


def test_curl_line_names_methods_that_curl_does_not_take_for_granted():
    assert "-X DELETE" in Request("DELETE", "http://h", "/x").curl()
    assert "-X POST" in Request("POST", "http://h", "/x").curl()
    assert "--head" in Request("HEAD", "http://h", "/x").curl()
    assert "-X" not in Request("GET", "http://h", "/x").curl()


def test_curl_line_reads_no_file_for_a_body_with_an_at_sign():
    words = shlex.split(Request("POST", "http://h", "/x", {}, b"@/etc/passwd").curl())
    assert words[words.index("--data-binary") + 1] == " @/etc/passwd"


BODIES = [
    b'{"a": "it\'s"}',
    b"a\0b\0",
    b"-n 100% \\n \\0101 'quoted' $(id) `id` \t\r\n\x1b[2J\x7f",
    "\u202e\x9b\u00e9\u65e5".encode(),
    bytes(range(256)),
    b"@-\0",
    b"two\nlines\n",
]


def in_sh(line: str, folder: Path) -> tuple[list[bytes], bytes]:
    """Run a curl command in `sh` with another program as curl, and return its arguments and its input."""
    kept = folder / "arguments"
    (folder / "curl").write_text(f"#!/bin/sh\nfor word; do printf '%s\\0' \"$word\"; done > {kept}\ncat\n", "utf-8")
    (folder / "curl").chmod(0o755)
    environment = {"PATH": f"{folder}:/usr/bin:/bin"}
    done = subprocess.run(["/bin/sh", "-c", line], env=environment, input=b"", capture_output=True, check=True)
    return kept.read_bytes().split(b"\0")[:-1], done.stdout


@pytest.mark.parametrize("body", BODIES, ids=repr)
def test_curl_line_is_printable_and_sends_the_same_bytes(body: bytes, tmp_path: Path):
    line = Request("POST", "http://h", "/x", {}, body).curl()
    words, piped = in_sh(line, tmp_path)
    data = words[words.index(b"--data-binary") + 1]
    assert (piped if data == b"@-" else data) == body
    assert line.replace("\n", "").isprintable()
    assert visible(line) == line


def test_curl_line_makes_what_can_not_be_seen_of_addresses_and_headers(tmp_path: Path):
    line = Request("GET", "http://h", "/\x1b]0;x\x07?a=%41\u202e'", {"X-A": "\x9b31m %s\\"}).curl()
    words, _ = in_sh(line, tmp_path)
    assert words[-1].decode() == "http://h/\x1b]0;x\x07?a=%41\u202e'"
    assert words[words.index(b"-H") + 1].decode() == "X-A: \x9b31m %s\\"
    assert line.isprintable()


def test_what_no_curl_line_can_send_is_said_so(tmp_path: Path):
    line = Request("GET", "http://h", "/a\0b").curl()
    assert line.startswith("# curl can't send")
    assert subprocess.run(["/bin/sh", "-c", line], capture_output=True, check=True, cwd=tmp_path).stdout == b""


def test_long_text_is_cut_and_says_so():
    assert cut("abcdef", 4) == "abcd… (2 more characters)"
    assert cut("abcd", 4) == "abcd"


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
    assert is_known_charset(charset)


def test_charset_that_is_known_is_obeyed():
    assert response("GB18030", "\u5bf9".encode("gb18030")).text == "\u5bf9"


def test_more_values_than_are_read_say_nothing_about_the_target():
    with pytest.raises(ResponseTooLong, match="more than 500000 JSON values"):
        _ = response("utf-8", b"[" + b"{}," * MOST_VALUES + b"{}]").json
