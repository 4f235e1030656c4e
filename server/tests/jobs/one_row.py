"""One row of all types, and queries upon it."""

# A column's timestamps have no zone; queries are put together from the expression under test.
# ruff: noqa: DTZ001, S608
from datetime import date, datetime, time
from decimal import Decimal

from seatunnel_server.engine.memory.connectors.transforms.registry import make_transform
from seatunnel_server.engine.memory.pipeline import Row, RowKind
from seatunnel_server.engine.memory.schema import Column, Table, TablePath, parse_type
from seatunnel_server.engine.options import Options

FIELDS = {
    "name": ("string", "Ann"),
    "age": ("int", 41),
    "small": ("tinyint", 7),
    "big": ("bigint", 2**40),
    "rate": ("double", 2.5),
    "part": ("float", 0.5),
    "price": ("decimal(10,2)", Decimal("9.99")),
    "born": ("date", date(1983, 5, 6)),
    "at": ("time", time(7, 8, 9)),
    "seen": ("timestamp", datetime(2024, 1, 2, 3, 4, 5)),
    "ok": ("boolean", True),
    "gone": ("string", None),
    "first name": ("string", "x y"),
    "home": ({"town": "string", "geo": {"lat": "double"}}, ("Rom", (41.9,))),
    "tags": ("map<string,int>", {"a": 1}),
}
TABLE = Table(TablePath.parse("fake"), tuple(Column(name, parse_type(kind)) for name, (kind, _) in FIELDS.items()))
ROW = Row("fake", tuple(value for _, value in FIELDS.values()), kind=RowKind.UPDATE_AFTER, size=1)


def query(sql, **options):
    return make_transform("Sql", Options({"query": sql, **options}), TABLE)


def value(expression):
    """Return the value of an expression on the row."""
    (row,) = query(f"select {expression} as v from fake").apply([ROW])
    return row.values[0]
