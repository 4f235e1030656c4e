"""A project, written once for the tests that only read it."""

from pathlib import Path

import pytest

from seatunnel_openapi import load
from seatunnel_stubs import Project, write


@pytest.fixture(scope="session")
def project() -> Project:
    return Project(load("2.3.10"), "acme_seatunnel")


@pytest.fixture
def folder(tmp_path: Path, project: Project) -> Path:
    write(project, tmp_path / "acme")
    return tmp_path / "acme"
