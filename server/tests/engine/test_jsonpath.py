import pytest

from seatunnel_server.engine.memory.connectors.transforms import jsonpath
from seatunnel_server.engine.memory.connectors.transforms.jsonpath import BadPath, LeadsNowhere, PathNotRun, parse_path
from seatunnel_server.engine.memory.failures import TaskFailed

SHOP = {
    "name": "x",
    "books": [{"t": "a", "p": 1}, {"t": "b"}, {"t": "c", "p": 3}],
    "by hand": {"t": "d"},
    "none": None,
    "deep": [{"key": 7}],
    "n": [0, 1, 2, 3, 4],
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$", SHOP),
        ("$.name", "x"),
        ("name", "x"),
        (" @.name ", "x"),
        ("$['by hand'].t", "d"),
        ('$.["name"]', "x"),
        ("$.none", None),
        ("$.n[0]", 0),
        ("$.n[ -1 ]", 4),
        ("$.books[0].t", "a"),
        ("$.deep[0]key", 7),
        ("$.n[", SHOP["n"]),
        ("$.n[1]x", 1),
        ("$.books[*].p", [1, 3]),
        ("$.books.*.p", [1, 3]),
        ("$.name.*", []),
        ("$['by hand'].*", ["d"]),
        ("$.n[9].*", []),
        ("$..t", ["a", "b", "c", "d"]),
        ("$..nope", []),
        ("$..books[1].t", ["b"]),
        ("$..t.nope", []),
        ("$..t[0]", []),
        ("$.n[0, 2,9,-1]", [0, 2, 4]),
        ("$.n[3:]", [3, 4]),
        ("$.n[-2:]", [3, 4]),
        ("$.n[-9:]", [0, 1, 2, 3, 4]),
        ("$.n[:2]", [0, 1]),
        ("$.n[:-3]", [0, 1]),
        ("$.n[1:3]", [1, 2]),
        ("$.n[1:3:9]", [1, 2]),
        ("$.n[1:-1]", []),
        ("$.n[-3:-1]", [2, 3]),
        ("$.n[-2147483648:1]", [0, 1, 2, 3, 4, 0]),
    ],
)
def test_path_leads_to_a_value_or_a_list(path, value):
    assert parse_path(path).read(SHOP) == value


@pytest.mark.parametrize(
    "path", ["$.nope", "$.name.x", "$.none.x", "$.n[9]", "$.name[0]", "$.nope[*]", "$.name[1:]", "$.books[0].nope.*"]
)
def test_step_that_leads_nowhere_before_the_first_choice_is_told(path):
    with pytest.raises(LeadsNowhere):
        parse_path(path).read(SHOP)


NO_PATHS = ["$.", "$..", "$x", "$.a.", "$.a b", "$...a", "$.n[:]", "$.n[a]", "$.n[1 2]", "$.n[99999999999]", "$.n[1"]


@pytest.mark.parametrize("path", [*NO_PATHS, f"$.n[{'9' * 9999}]"])
def test_text_that_is_no_path_is_refused(path):
    with pytest.raises(BadPath):
        parse_path(path)


@pytest.mark.parametrize("path", ["$.n.length()", "$[?(@.p > 1)].t", "$['a','b']", r"$['a\'b']", "$..[0]", "$..*"])
def test_path_that_is_not_run_here_is_told_from_one_that_is_none(path):
    with pytest.raises(PathNotRun):
        parse_path(path)


def test_choices_that_multiply_end_the_job_before_they_fill_the_memory(monkeypatch):
    monkeypatch.setattr(jsonpath, "_MAX_PLACES", 100)
    nested = [[[[[[[[1]]]]]]]]
    with pytest.raises(TaskFailed, match="OutOfMemoryError"):
        parse_path("$" + "[0,0]" * 8).read(nested)


@pytest.mark.parametrize(
    ("path", "document", "places"),
    [
        ("$.a.b", {"a": {"b": 1}}, [1, 1]),
        ("$..b", {"a": [0] * 9}, [11]),
        ("$[*][7,8,9]", [[]] * 5, [5, 15]),
        ("$[*].a.b.c.d", [[]] * 5, [5, 5]),
        ("$[*][0].a", [1] * 5, [5, 5]),
    ],
)
def test_places_that_a_path_looks_at_are_counted_whether_anything_is_there_or_not(path, document, places):
    looked = []
    parse_path(path).read(document, looked.append)
    assert looked == places
