from seatunnel_server.engine.domain import SinkTable, TableMetrics
from seatunnel_server.engine.memory.pipeline import Counters, Row


def rows(table: str, count: int, size: int = 9) -> list[Row]:
    return [Row(table, (n,), size=size) for n in range(count)]


def test_counts_are_kept_by_table_and_in_total():
    counters = Counters()
    counters.received([*rows("a", 2), *rows("b", 3, size=1)])
    counters.received(rows("a", 1))
    metrics = counters.metrics()
    assert metrics.source_tables == {"a": TableMetrics(3, 27), "b": TableMetrics(3, 3)}
    assert metrics.source == TableMetrics(6, 30)
    assert metrics.sink == TableMetrics()


def test_sink_rows_count_under_the_table_that_is_given_for_them():
    counters = Counters()
    counters.written([*rows("b", 2), *rows("c", 1)], "a")
    assert counters.metrics().sink_tables == {"a": TableMetrics(3, 27)}


def test_a_table_of_two_sinks_counts_at_each_and_in_sum():
    counters = Counters()
    counters.written(rows("a", 2), vertex="Sink[0]")
    counters.written(rows("a", 3), vertex="Sink[1]")
    metrics = counters.metrics()
    assert {f"{key.vertex}.{key.table}": it.count for key, it in metrics.sink_vertices.items()} == {
        "Sink[0].a": 2,
        "Sink[1].a": 3,
    }
    assert metrics.sink_tables == {"a": TableMetrics(5, 45)}


def test_expected_tables_show_zero_and_lose_nothing():
    counters = Counters()
    counters.written(rows("b", 1), "b")
    counters.expect(["a"], [SinkTable("Sink[0]", "b")])
    assert counters.metrics().source_tables == {"a": TableMetrics()}
    assert counters.metrics().sink_tables == {"b": TableMetrics(1, 9)}


def test_no_rows_of_no_table_count_nothing():
    counters = Counters()
    counters.written([])
    assert counters.metrics().sink_tables == {}


def test_rates_are_those_of_the_last_report():
    counters = Counters()
    counters.received(rows("a", 10))
    assert counters.metrics().source.qps == 0.0
    counters.report(4.0)
    counters.received(rows("a", 10))
    assert counters.metrics().source == TableMetrics(20, 180, 2.5, 22.5)
    assert counters.metrics().source_tables["a"].qps == 2.5


def test_less_than_a_second_counts_as_one():
    counters = Counters()
    counters.received(rows("a", 5))
    counters.written(rows("a", 4))
    counters.report(0.2)
    assert (counters.metrics().source.qps, counters.metrics().sink.qps) == (5.0, 4.0)


def test_counting_goes_on_from_what_was_saved_and_rates_begin_anew():
    earlier = Counters()
    earlier.received(rows("a", 5))
    earlier.written(rows("a", 4))
    later = Counters(earlier.metrics())
    later.received(rows("a", 2))
    later.report(1.0)
    assert later.metrics().source == TableMetrics(7, 63, 2.0, 18.0)
    assert later.metrics().source_tables["a"].count == 7
    assert later.metrics().sink.count == 4
