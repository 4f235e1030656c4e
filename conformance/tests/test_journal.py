"""Entries of a journal are used only if a run could have written them, and if they are about the run's own jobs."""

import errno
import json
import os
import tempfile
from io import FileIO
from pathlib import Path
from typing import Any

import pytest

from seatunnel_conformance.arrange.leftovers import (
    Journal,
    JournalNotKept,
    Leftovers,
    NoJournal,
    journals,
    require_keepable,
)

URL, RUN = "http://localhost:8080", "a1b2c3"
HEAD = {"event": "run", "url": URL, "run": RUN, "pid": 2**22 + 1, "since": 1.5, "format": 1}
JOB = {"event": "job", "id": "123456789012345678", "name": f"conformance-{RUN}-1"}


def written(path: Path, *entries: Any) -> Path:
    path.write_text("".join(f"{json.dumps(entry)}\n" for entry in entries), encoding="utf-8")
    return path


def test_journal_reads_back_as_it_was_written(tmp_path: Path):
    journal = Journal(URL, RUN, tmp_path / "j.ndjson")
    journal.job(JOB["id"], JOB["name"])
    journal.job("-7", JOB["name"])
    journal.tags({"team": "a"})
    read = Leftovers.read(tmp_path / "j.ndjson")
    assert (read.url, read.run, dict(read.jobs)) == (URL, RUN, {JOB["id"]: JOB["name"]})
    assert (read.tags, read.ignored, read.is_going_on) == ({"team": "a"}, (), True)


def test_job_without_a_name_is_not_noted(tmp_path: Path):
    Journal(URL, RUN, tmp_path / "j.ndjson").job("7", "")
    assert list(tmp_path.iterdir()) == []


def test_journal_on_a_full_disk_is_refused_before_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A full disk has room for a file without content."""
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: FileIO("/dev/full", "w"))
    with pytest.raises(JournalNotKept, match=r"j\.ndjson can't be written: No space left on device") as caught:
        require_keepable(tmp_path / "j.ndjson")
    assert (caught.value.exit, caught.value.hint) == (2, "--journal FILE sets another file")


CONTENTS = {
    "empty": b"",
    "blank": b"\n\n",
    "binary": bytes(range(256)),
    "no UTF-8": b'{"event": "run\xff"}\n',
    "cut off": b'{"event": "run", "url": "http://lo',
    "no object": b"[]\n",
    "nested": b"[" * 200_000,
    "many digits": b'{"event": "run", "pid": ' + b"9" * 100_000 + b"}\n",
    "huge": b" " * (2**24 + 1),
}


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
def test_damaged_journal_is_none(content: bytes, tmp_path: Path):
    path = tmp_path / "j.ndjson"
    path.write_bytes(content)
    with pytest.raises(NoJournal, match=r"j\.ndjson is not a journal of a run: \w"):
        Leftovers.read(path)


def folder(path: Path) -> None:
    path.mkdir()


def loop(path: Path) -> None:
    path.symlink_to(path)


def dangling(path: Path) -> None:
    path.symlink_to(path.with_name("nowhere"))


def pipe(path: Path) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize("make", [folder, loop, dangling, pipe])
def test_what_is_no_file_is_no_journal_and_hides_no_other(make: Any, tmp_path: Path):
    make(tmp_path / "a.ndjson")
    other = written(tmp_path / "b.ndjson", HEAD)
    assert set(journals(tmp_path)) == {tmp_path / "a.ndjson", other}
    with pytest.raises(NoJournal, match=r"a\.ndjson"):
        Leftovers.read(tmp_path / "a.ndjson")


def test_what_may_not_be_read_is_no_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    path = written(tmp_path / "j.ndjson", HEAD)
    monkeypatch.setattr(os, "open", refuse)
    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(NoJournal, match=r"j\.ndjson is not a journal of a run: Permission denied"):
        Leftovers.read(path)
    with pytest.raises(NoJournal, match="Permission denied"):
        journals(tmp_path)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        *(
            ("url", it)
            for it in (7, "", "localhost", "ftp://h", "http://", "http://u:p@h", "http://h?a", "http://h\x1b")
        ),
        *(("url", it) for it in ("http://h:0", "http://h:99999", "http://[", "http://h/ ", "http://h#a")),
        *(("run", it) for it in (7, "", "*", "a1b2c", "a1b2c3d", "A1B2C3", "a1b2c3\n", "../../x", None)),
        *(("pid", it) for it in (-1, 0, True, 2**40, "1", 1.5, None)),
        *(("since", it) for it in ("x", True, float("nan"), float("inf"), None)),
        *(("format", it) for it in (0, 2, "1", None)),
        ("event", "job"),
    ],
)
def test_journal_with_another_header_is_none(member: str, value: Any, tmp_path: Path):
    with pytest.raises(NoJournal, match="not that of a run"):
        Leftovers.read(written(tmp_path / "j.ndjson", HEAD | {member: value}, JOB))


@pytest.mark.parametrize(
    "entry",
    [
        *(JOB | {"name": name} for name in ("", "payroll", "conformance-", "conformance-ffffff-1", 7, None, ["x"])),
        *(
            JOB | {"id": it}
            for it in ("", "x", "-7", "+7", "07", "7 ", "\u0667", 7, "9" * 19, "9" * 400, None, "1/../2")
        ),
        {"event": "tags", "own": ["a"]},
        {"event": "tags", "own": {"a": 1}},
        {"event": "tags"},
        {"event": "other"},
        HEAD | {"run": "ffffff"},
        7,
        None,
    ],
)
def test_entry_that_is_none_of_the_runs_is_ignored_and_said_so(entry: Any, tmp_path: Path):
    read = Leftovers.read(written(tmp_path / "j.ndjson", HEAD, entry, JOB))
    assert (dict(read.jobs), read.tags, read.run) == ({JOB["id"]: JOB["name"]}, None, RUN)
    assert len(read.ignored) == 1
    assert read.ignored[0].startswith("line 2: ")


def test_broken_line_is_ignored_and_the_last_one_that_was_cut_off_says_nothing(tmp_path: Path):
    path = tmp_path / "j.ndjson"
    path.write_text(f'{json.dumps(HEAD)}\n{{"event"\n{json.dumps(JOB)}\n{{"event": "jo', encoding="utf-8")
    read = Leftovers.read(path)
    assert dict(read.jobs) == {JOB["id"]: JOB["name"]}
    assert [said.partition(":")[0] for said in read.ignored] == ["line 2"]
