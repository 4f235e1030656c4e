import pytest

from seatunnel_server.api.routing import behind_first_segment, decoded
from seatunnel_server.errors import MalformedPath


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (b"/overview", "/overview"),
        (b"/", "/"),
        (b"/x/../overview", "/overview"),
        (b"/x/%2e%2e/overview", "/overview"),
        (b"/a/b/..", "/a/"),
        (b"/a/.", "/a/"),
        (b"//a", "//a"),
        (b"/a//b/../c", "/a//c"),
        (b"/%41;x=1/b;y", "/A/b"),
        (b"/a%2Fb", "/a/b"),
        (b"/%D9%A1", "/\u0661"),
        ("/\u6d4b".encode(), "/\u6d4b"),
        (b"/%ff", "/\ufffd"),
        (b"/\xff", "/\ufffd"),
        (b"/...", "/..."),
    ],
)
def test_path_is_decoded_before_its_dots_are_resolved(raw, path):
    assert decoded(raw) == path


@pytest.mark.parametrize("raw", [b"/..", b"/a/../../b", b"/%", b"/%zz", b"/%4", b"/a%00", b"/..;/a", b"*", b"", b"a/b"])
def test_path_that_can_not_be_read_is_malformed(raw):
    with pytest.raises(MalformedPath) as caught:
        decoded(raw)
    assert caught.value.arguments == (raw.decode("latin-1"),)


def test_rest_of_a_log_path_stays_as_it_was_sent():
    assert behind_first_segment(b"/logs/a%2Fb;c/..") == "a%2Fb;c/.."
    assert behind_first_segment(b"/logs") == ""
