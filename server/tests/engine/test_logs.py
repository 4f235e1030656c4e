import asyncio
import re
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from log_texts import text_of

from seatunnel_server.engine.domain import JobId
from seatunnel_server.engine.memory.clock import ManualClock
from seatunnel_server.engine.memory.logs import SERVER_LOG, Logs

pytestmark = pytest.mark.anyio

MakeLogs = Callable[..., Logs]


@pytest.fixture
async def make_logs(clock: ManualClock, tmp_path: Path) -> AsyncIterator[MakeLogs]:
    made: list[Logs] = []

    def logs(folder: Path | None = tmp_path, *, cap: int = 10_000, most_read: int = 0) -> Logs:
        made.append(Logs(folder, clock=clock, cap=cap, most_read=most_read))
        return made[-1]

    yield logs
    for each in made:
        await each.aclose()


async def test_line_has_the_engines_format(make_logs, clock):
    logs = make_logs()
    await clock.advance(seconds=0.123)
    logs.job(JobId(7)).line("o.a.s.e.s.m.JobMaster", "main", "Init")
    logs.server.line("a.logger.with.a.name.that.is.too.Long", "main", "Oh", level="WARN")
    assert await text_of(logs.read("job-7.log")) == (
        "[7] 2024-10-27 12:00:00,123 INFO  [o.a.s.e.s.m.JobMaster         ] [main] - Init\n"
    )
    assert await text_of(logs.read(SERVER_LOG)) == (
        "[] 2024-10-27 12:00:00,123 WARN  [r.with.a.name.that.is.too.Long] [main] - Oh\n"
    )


async def test_lines_reach_the_disk_a_moment_later(make_logs, clock, tmp_path):
    logs = make_logs()
    logs.server.line("l", "t", "first")
    await clock.advance(seconds=0.19)
    await asyncio.gather(*logs._writes)
    assert not (tmp_path / SERVER_LOG).exists()
    await clock.advance(seconds=0.2)
    await asyncio.gather(*logs._writes)
    assert (tmp_path / SERVER_LOG).read_text().endswith("first\n")
    logs.server.line("l", "t", "second")
    await clock.advance(seconds=0.2)
    await asyncio.gather(*logs._writes)
    assert (tmp_path / SERVER_LOG).read_text().endswith("second\n")


async def test_many_lines_reach_the_disk_at_once(make_logs, tmp_path):
    logs = make_logs(cap=10**6)
    log = logs.job(JobId(1))
    for _ in range(70):
        log.row("l", "t", "x" * 1000)
    await asyncio.gather(*logs._writes)
    assert (tmp_path / "job-1.log").stat().st_size > 64 * 1024


async def test_text_that_is_no_utf8_is_written_with_a_replacement(make_logs):
    logs = make_logs()
    logs.server.line("l", "t", "测\ud800")
    assert (await text_of(logs.read(SERVER_LOG))).endswith("测?\n")


async def test_names_are_those_of_all_files_sorted(make_logs):
    logs = make_logs()
    logs.job(JobId(2)).line("l", "t", "m")
    logs.job(JobId(1)).line("l", "t", "m")
    logs.server.line("l", "t", "m")
    assert await logs.names() == ["job-1.log", "job-2.log", SERVER_LOG]


async def test_full_log_says_so_once_and_takes_no_more_rows(make_logs):
    logs = make_logs(cap=1000)
    log = logs.job(JobId(1))
    for _ in range(100):
        log.row("l", "t", "a row")
    assert not log.takes_rows
    log.line("l", "t", "the end")
    lines = (await text_of(logs.read("job-1.log"))).splitlines()
    assert 5 < len(lines) < 25
    assert sum("has its 1000 bytes" in line for line in lines) == 1
    assert lines[-1].endswith("the end")


async def test_log_of_a_job_never_grows_far_beyond_its_cap(make_logs):
    logs = make_logs(cap=1000)
    log = logs.job(JobId(1))
    for _ in range(200):
        log.line("l", "t", "c" * 1000)
    assert 60_000 < len(await text_of(logs.read("job-1.log"))) < 70_000


async def test_log_that_is_opened_again_goes_on_and_remembers_its_size(make_logs):
    logs = make_logs(cap=1000)
    logs.job(JobId(1)).line("l", "t", "first")
    again = logs.job(JobId(1))
    again.line("l", "t", "second")
    assert re.findall(r"- (\w+)", await text_of(logs.read("job-1.log"))) == ["first", "second"]
    again.line("l", "t", "x" * 1000)
    await logs.names()
    full = logs.job(JobId(1))
    full.row("l", "t", "a row")
    assert not full.takes_rows


async def test_nodes_log_is_rolled_over_when_it_is_full(make_logs):
    logs = make_logs(cap=200)
    for n in range(4):
        logs.server.line("l", "t", f"line {n} " + "x" * 100)
        await logs.names()
    assert await logs.names() == [SERVER_LOG, f"{SERVER_LOG}.1"]
    assert "line 2" in (await text_of(logs.read(SERVER_LOG)))
    assert "line 1" in (await text_of(logs.read(f"{SERVER_LOG}.1")))


@pytest.mark.parametrize(
    ("content", "most", "sent"),
    [
        ("one\ntwo\nthree\n", 14, None),
        ("one\ntwo\nthree\n", 13, "two\nthree\n"),
        ("one\ntwo\nthree\n", 10, "two\nthree\n"),
        ("one\ntwo\nthree\n", 3, "ee\n"),
        ("one\n" + "\u6d4b" * 9, 8, "\u6d4b" * 2),
        ("x" * 70_000 + "\n" + "y" * 9, 70_001, "y" * 9),
    ],
)
async def test_of_a_long_log_the_lines_at_its_end_are_read_after_a_notice(make_logs, tmp_path, content, most, sent):
    (tmp_path / "job-1.log").write_text(content, encoding="utf-8")
    text = await text_of(make_logs(most_read=most).read("job-1.log"))
    if sent is None:
        assert text == content
        return
    notice, _, end = text.partition("\n")
    sizes = f"returning {len(sent.encode())} bytes from the tail of {len(content.encode())} bytes"
    assert notice.startswith(f"[SeaTunnel] Log truncated: {sizes} (file size at read start). A partial first line is")
    assert end == sent


async def test_log_is_read_as_it_stood_whatever_becomes_of_its_file(make_logs):
    logs = make_logs(cap=200_000)
    log = logs.job(JobId(1))
    for n in range(1000):
        log.line("l", "t", f"line {n} " + "\u6d4b" * 40)
    reading = await logs.read("job-1.log")
    pieces = aiter(reading.pieces())
    first = await anext(pieces)
    log.line("l", "t", "later")
    logs.remove(JobId(1))
    whole = first + "".join([piece async for piece in pieces])
    assert len(first.encode()) < 66_000 < len(whole.encode())
    assert whole.splitlines()[-1].endswith("line 999 " + "\u6d4b" * 40)
    assert "\ufffd" not in whole


async def test_removed_log_of_a_job_is_gone_with_what_was_not_written_yet(make_logs):
    logs = make_logs()
    logs.job(JobId(1)).line("l", "t", "m")
    await logs.names()
    logs.job(JobId(1)).line("l", "t", "m")
    logs.remove(JobId(1))
    assert await logs.names() == []


async def test_without_a_folder_there_are_no_logs_and_nothing_fails(make_logs):
    logs = make_logs(None)
    log = logs.job(JobId(1))
    log.row("l", "t", "m")
    log.line("l", "t", "m")
    logs.remove(JobId(1))
    assert not log.takes_rows
    assert await logs.names() == []
    assert await logs.read("job-1.log") is None


async def test_folder_that_cannot_be_made_is_told_once_and_nothing_fails(make_logs, tmp_path, capsys):
    (tmp_path / "file").touch()
    logs = make_logs(tmp_path / "file" / "logs")
    logs.job(JobId(1)).line("l", "t", "m")
    assert await logs.names() == []
    assert capsys.readouterr().err.count("can't be written") == 1


async def test_log_that_cannot_be_written_is_given_up_and_told_once(make_logs, tmp_path, capsys):
    logs = make_logs()
    broken = [logs.job(JobId(number)) for number in (1, 2)]
    for log in broken:
        (tmp_path / log.name).mkdir()
        log.line("l", "t", "m")
    await logs.names()
    assert [log.given_up for log in broken] == [True, True]
    assert (await text_of(logs.read(SERVER_LOG))).count("job-1.log can't be written") == 1
    assert capsys.readouterr().err.count("can't be written") == 1
    broken[0].row("l", "t", "m")
    assert not logs._dirty


async def test_nodes_log_that_cannot_be_written_is_told_on_stderr(make_logs, tmp_path, capsys):
    logs = make_logs()
    (tmp_path / SERVER_LOG).mkdir()
    logs.server.line("l", "t", "m")
    await logs.names()
    assert SERVER_LOG in capsys.readouterr().err
    assert logs.server.given_up


async def test_write_that_is_called_off_is_no_failure(make_logs):
    logs = make_logs()
    called_off: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    called_off.cancel()
    logs._check(logs.server, called_off)
    assert not logs.server.given_up


async def test_closing_writes_what_is_left_and_takes_nothing_more(make_logs, tmp_path):
    logs = make_logs()
    logs.server.line("l", "t", "last")
    await logs.aclose()
    logs.server.line("l", "t", "too late")
    logs.remove(JobId(1))
    assert (tmp_path / SERVER_LOG).read_text().endswith("last\n")
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("logs")] == []


def test_lines_before_the_event_loop_runs_are_kept(clock, tmp_path):
    logs = Logs(tmp_path, clock=clock, cap=1000)
    logs.server.line("l", "t", "early")
    asyncio.run(logs.aclose())
    assert (tmp_path / SERVER_LOG).read_text().endswith("early\n")
