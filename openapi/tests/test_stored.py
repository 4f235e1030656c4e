"""Values derived from files are stored, and derived anew when a file changes."""

import os
from pathlib import Path

import pytest

from seatunnel_openapi import stored as module
from seatunnel_openapi.stored import stored


class Derivation:
    """Derives the text of a file, and counts how often."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.count = 0

    def stored(self) -> str:
        module._digest.cache_clear()
        return stored("text", [self.file], self)

    def __call__(self) -> str:
        self.count += 1
        return self.file.read_text(encoding="utf-8")


@pytest.fixture
def derivation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Derivation:
    monkeypatch.setattr(module, "__file__", str(tmp_path / "stored.py"))
    monkeypatch.setattr(module.sys, "dont_write_bytecode", False)
    monkeypatch.setattr(module.sys, "pycache_prefix", None)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    (tmp_path / "stored.py").touch()
    (tmp_path / "__pycache__").mkdir()
    file = tmp_path / "contract.yaml"
    file.write_text("one", encoding="utf-8")
    return Derivation(file)


def test_value_is_derived_once(derivation: Derivation):
    assert [derivation.stored(), derivation.stored()] == ["one", "one"]
    assert derivation.count == 1


def test_value_of_other_content_is_derived_again(derivation: Derivation):
    derivation.stored()
    before = derivation.file.stat()
    derivation.file.write_text("two", encoding="utf-8")
    module.os.utime(derivation.file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert derivation.stored() == "two"


@pytest.mark.parametrize("rest", [b"", b"nonsense"])
def test_broken_file_is_replaced(derivation: Derivation, tmp_path: Path, rest: bytes):
    derivation.stored()
    (place,) = (tmp_path / "__pycache__").iterdir()
    place.write_bytes(place.read_bytes()[: module._DIGEST] + rest)
    assert [derivation.stored(), derivation.stored()] == ["one", "one"]
    assert derivation.count == 2


def test_value_is_stored_for_the_user_if_python_may_not_cache(derivation: Derivation, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module.sys, "dont_write_bytecode", True)
    assert [derivation.stored(), derivation.stored()] == ["one", "one"]
    assert derivation.count == 1


def test_value_is_stored_for_the_user_in_a_read_only_installation(derivation: Derivation, tmp_path: Path):
    _block(tmp_path / "__pycache__")
    assert [derivation.stored(), derivation.stored()] == ["one", "one"]
    assert derivation.count == 1


def test_value_of_another_user_is_not_read(derivation: Derivation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    derivation.stored()
    owner = (tmp_path / "stored.py").stat()
    monkeypatch.setattr(module.os, "fstat", lambda _: os.stat_result([*owner[:4], owner.st_uid + 1, *owner[5:]]))
    derivation.stored()
    assert derivation.count == 2


def test_folders_that_can_not_be_written_cost_only_time(derivation: Derivation, tmp_path: Path):
    _block(tmp_path / "__pycache__")
    (tmp_path / "user").touch()
    assert [derivation.stored(), derivation.stored()] == ["one", "one"]
    assert derivation.count == 2


def _block(folder: Path) -> None:
    folder.rmdir()
    folder.write_text("in the way", encoding="utf-8")
