import pytest

from seatunnel_server.http.request import BrokenQuery, QueryParameters


def test_name_that_is_repeated_has_a_first_and_a_last_value():
    query = QueryParameters(b"a=1&b=2&a=3")
    assert (query.first("a"), query.last("a"), query.last("c"), query.first("c")) == ("1", "3", None, None)
    assert query.all() == {"a": "3", "b": "2"}


@pytest.mark.parametrize(
    ("raw", "pairs"),
    [
        (b"", {}),
        (b"&&", {}),
        (b"x", {"x": ""}),
        (b"=x", {"": "x"}),
        (b"a=b=c", {"a": "b=c"}),
        (b"te%61m=a+b", {"team": "a b"}),
        (b"%C3%A9=%E6%B5%8B", {"\u00e9": "\u6d4b"}),
        ("n=\u6d4b".encode(), {"n": "\u6d4b"}),
        (b"a=x%E6%B5&%E6=1", {"a": "x\ufffd", "\ufffd": "1"}),
    ],
)
def test_query_is_read_pair_by_pair(raw, pairs):
    assert QueryParameters(raw).all() == pairs


@pytest.mark.parametrize("raw", [b"a=%", b"a=%z", b"%zz", b"a=%ff", b"a=1&b=\xff", b"a=%E6a", b"a=%E6%zz"])
def test_query_with_a_broken_escape_or_bad_utf_8_is_broken(raw):
    with pytest.raises(BrokenQuery, match="400: Unable to parse URI query"):
        QueryParameters(raw)
