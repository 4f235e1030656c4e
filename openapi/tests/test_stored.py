"""What is derived from files is stored, and never outlives them."""

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


def test_folder_that_can_not_be_written_costs_only_time(derivation: Derivation, tmp_path: Path):
    (tmp_path / "__pycache__").rmdir()
    (tmp_path / "__pycache__").write_text("in the way", encoding="utf-8")
    assert [derivation.stored(), derivation.stored()] == ["one", "one"]
    assert derivation.count == 2
