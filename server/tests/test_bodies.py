import pytest

from seatunnel_server.http.request import (
    MISSING,
    EmptyBody,
    InvalidJson,
    MediaType,
    NotAnObject,
    NothingThere,
    RequestBody,
    UnknownCharset,
)

JSON = MediaType("application/json")
PLAIN = MediaType("text/plain")


@pytest.mark.parametrize(
    ("header", "name", "charset"),
    [
        ("application/json", "application/json", ""),
        ("Application/JSON ; Charset=UTF-8", "application/json", "utf-8"),
        ('text/plain;a=b;charset="ISO-8859-1"', "text/plain", "iso-8859-1"),
        ("", "", ""),
        (";;;", "", ""),
    ],
)
def test_content_type_is_read_without_its_noise(header, name, charset):
    assert MediaType.parse(header) == MediaType(name, charset)


def test_first_content_type_counts():
    headers = [(b"x", b"y"), (b"Content-Type", b"a/b"), (b"content-type", b"c/d")]
    assert MediaType.of(headers) == MediaType("a/b")
    assert MediaType.of([]) == MediaType()


@pytest.mark.parametrize(
    ("media_type", "text"),
    [
        (JSON, "\u00e9"),
        (MediaType("application/vnd.x+json"), "\u00e9"),
        (MediaType("text/json"), "\u00e9"),
        (MediaType("text/html"), "\u00c3\u00a9"),
        (MediaType("text/xml"), "\u00c3\u00a9"),
        (PLAIN, "\u00c3\u00a9"),
        (MediaType(), "\u00c3\u00a9"),
        (MediaType("text/plain", "utf-8"), "\u00e9"),
        (MediaType("application/json", "iso-8859-1"), "\u00c3\u00a9"),
    ],
)
def test_charset_is_the_content_types_or_its_default(media_type, text):
    assert RequestBody.read('"\u00e9"'.encode(), media_type).document == text


@pytest.mark.parametrize("charset", ["utf-16", "UTF-16LE", "windows-1252", "gb18030", "us-ascii", "Shift_JIS", "cp500"])
def test_charsets_that_java_knows_are_known(charset):
    encoded = '{"a":1}'.encode(charset)
    assert RequestBody.read(encoded, MediaType("application/json", charset.lower())).document == {"a": 1}


@pytest.mark.parametrize("charset", ["klingon", "punycode", "unicode_escape", "idna", "zlib", "utf-7", "\x00", "rot13"])
def test_codecs_that_are_no_charsets_are_unknown(charset):
    with pytest.raises(UnknownCharset) as caught:
        RequestBody.read(b"{}", MediaType("application/json", charset))
    assert caught.value.message == charset


@pytest.mark.parametrize("content", [b"", b"\n", b"\r\n\r\n", b"\xef\xbb\xbf"])
def test_body_of_nothing_but_line_breaks_is_empty(content):
    with pytest.raises(EmptyBody):
        RequestBody.read(content, JSON)


def test_body_of_blanks_holds_no_value():
    body = RequestBody.read(b" \t \n", JSON)
    assert (body.document, body.is_blank, repr(body.document)) == (MISSING, True, "MISSING")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a":1} rubbish', {"a": 1}),
        ("[] [[[", []),
        ('{"a":1,"a":2}', {"a": 2}),
        ('"a\nb\r"', "ab"),
        ('\ufeff{"a":1}', {"a": 1}),
        ("  7", 7),
        ("9" * 1000, int("9" * 1000)),
        (r'"\ud83d\ude00"', "\U0001f600"),
        (r'["\ud83d", {"\ude00x": "\n"}]', ["?", {"?x": "\n"}]),
        ("1e400", float("inf")),
        ('"' + "[" * 1000 + '"', "[" * 1000),
    ],
)
def test_first_json_value_counts(text, value):
    assert RequestBody.read(text.encode(), JSON).document == value


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "hello",
        "{'a':1}",
        "# c\n{}",
        "// c\n{}",
        '{"a":NaN}',
        "[1,]",
        '"\t"',
        "\x0b",
        "\xa0",
        "9" * 1001,
        "[" * 251 + "]" * 251,
        "[" * 5000,
        '{"a":' * 300,
    ],
)
def test_what_is_no_json_or_too_deep_or_too_long_is_invalid(text):
    with pytest.raises(InvalidJson):
        RequestBody.read(text.encode(), JSON)


def test_deepest_nesting_that_is_read_has_250_levels():
    value = RequestBody.read(b"[" * 250 + b"]" * 250, JSON).document
    for _ in range(249):
        (value,) = value
    assert value == []
    beside = RequestBody.read(b"[" * 250 + b"]" * 249 + b",[]]", JSON).document
    assert beside[1] == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [("[]", "an array"), ('"x"', "a string"), ("7", "a number"), ("1.5", "a number"), ("true", "a boolean")],
)
def test_what_is_no_object_is_named(text, kind):
    with pytest.raises(NotAnObject, match=rf"^The request body must be a JSON object and is {kind}\.$"):
        RequestBody.read(text.encode(), JSON).mapping()


@pytest.mark.parametrize("text", ["null", "  "])
def test_null_and_blanks_are_nothing_that_could_be_an_object(text):
    with pytest.raises(NothingThere):
        RequestBody.read(text.encode(), JSON).mapping()


def test_forms_are_known_by_their_content_type():
    assert MediaType.parse("Application/X-WWW-Form-Urlencoded; charset=utf-8").is_form
    assert not JSON.is_form
