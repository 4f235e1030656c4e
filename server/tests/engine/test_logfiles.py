import os
from pathlib import Path

import pytest

from seatunnel_server.engine.memory.logs import LogFolder


@pytest.fixture
def folder(tmp_path: Path) -> LogFolder:
    return LogFolder(tmp_path / "deep" / "logs")


@pytest.fixture
def inside(tmp_path: Path, folder: LogFolder) -> Path:
    (tmp_path / "secret.log").write_text("secret")
    folder.append("job-1.log", b"line\n")
    return tmp_path / "deep" / "logs"


def text(folder: LogFolder, name: str) -> str | None:
    log = folder.open(name)
    return None if log is None else log.read(0, 1000).decode("utf-8", "replace")


def test_missing_folder_is_made_and_what_is_appended_can_be_read(folder):
    folder.append("job-1.log", b"one\n")
    folder.append("job-1.log", b"two\xff\n")
    assert text(folder, "job-1.log") == "one\ntwo\ufffd\n"
    assert folder.size("job-1.log") == 9


def test_size_of_a_missing_file_is_zero(folder):
    assert folder.size("job-1.log") == 0


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../secret.log",
        "..\\secret.log",
        "a/../job-1.log",
        "/etc/passwd",
        "job-1.log\0",
        "x" * 5000,
        "none",
    ],
)
def test_name_that_leaves_the_folder_or_is_no_name_is_unknown(folder, name):
    assert text(folder, name) is None


def test_link_that_leaves_the_folder_is_unknown_and_not_listed(folder, inside):
    (inside / "link.log").symlink_to("../../secret.log")
    (inside / "absolute.log").symlink_to(inside.parent.parent / "secret.log")
    (inside / "broken.log").symlink_to("nowhere.log")
    assert text(folder, "link.log") is None
    assert text(folder, "absolute.log") is None
    assert folder.names() == ["job-1.log"]


def test_link_to_a_file_of_the_folder_is_as_good_as_the_file(folder, inside):
    (inside / "latest.log").symlink_to("job-1.log")
    assert text(folder, "latest.log") == "line\n"
    assert folder.names() == ["job-1.log", "latest.log"]


def test_folders_and_pipes_are_no_files(folder, inside):
    (inside / "folder.log").mkdir()
    os.mkfifo(inside / "pipe.log")
    assert folder.names() == ["job-1.log"]
    assert text(folder, "folder.log") is None
    assert text(folder, "pipe.log") is None


def test_nothing_is_appended_through_a_link(folder, inside):
    (inside / "link.log").symlink_to("../../secret.log")
    with pytest.raises(OSError, match="link"):
        folder.append("link.log", b"more")
    assert (inside.parent.parent / "secret.log").read_text() == "secret"


def test_file_that_starts_anew_is_put_away_in_place_of_the_one_before(folder):
    folder.append("a.log", b"1")
    folder.append("a.log", b"2", rotates=True)
    folder.append("a.log", b"3", rotates=True)
    assert folder.names() == ["a.log", "a.log.1"]
    assert (text(folder, "a.log"), text(folder, "a.log.1")) == ("3", "2")


def test_removed_file_is_gone_and_what_cannot_be_removed_stays(folder, inside):
    (inside / "folder.log").mkdir()
    folder.remove("job-1.log")
    folder.remove("none.log")
    folder.remove("folder.log")
    assert folder.names() == []
    assert (inside / "folder.log").is_dir()


def test_folder_that_has_gone_lists_nothing(folder, inside):
    (inside / "job-1.log").unlink()
    inside.rmdir()
    assert folder.names() == []


def test_names_are_read_again_only_when_a_file_has_come_or_gone(folder, inside):
    folder.append("a.log", b"x")
    os.utime(inside, (1, 1))
    names = folder.names()
    folder.append("a.log", b"y")
    assert folder.names() is names
    folder.append("b.log", b"x")
    os.utime(inside, (1, 1))
    assert folder.names() == ["a.log", "b.log", "job-1.log"]
    (inside / "c.log").touch()
    assert folder.names() == ["a.log", "b.log", "c.log", "job-1.log"]
    folder.remove("a.log")
    os.utime(inside, (1, 1))
    assert folder.names() == ["b.log", "c.log", "job-1.log"]


def test_name_that_comes_right_after_the_last_one_is_not_missed(folder, inside):
    for number in range(50):
        (inside / f"{number:02}.log").touch()
        assert len(folder.names()) == number + 2
