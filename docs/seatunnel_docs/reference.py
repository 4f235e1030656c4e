"""The API reference of each release: a page that opens from disk, with Redoc and the OpenAPI document."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined

from seatunnel_docs.knowledge import Knowledge
from seatunnel_openapi import Contract
from seatunnel_openapi.documents import to_yaml
from seatunnel_openapi.viewers import ViewerFile, viewer_file

FOLDER = "reference"


@dataclass(frozen=True, slots=True)
class SiteFile:
    """A file of the site that Sphinx does not process."""

    path: str
    content: bytes


def reference_files(known: Knowledge) -> Iterator[SiteFile]:
    """Yield the API reference of each release, its OpenAPI document as JSON and YAML, and the files that all pages use.

    Raises `ViewersMissing`.
    """
    for file in (
        ViewerFile.REDOC_SCRIPT,
        ViewerFile.REDOC_LICENCE,
        ViewerFile.SHOW_REFERENCE,
        ViewerFile.REFERENCE_STYLE,
    ):
        yield SiteFile(f"{FOLDER}/{file.name_of_file}", viewer_file(file))
    for release, contract in known.contracts.items():
        document = contract.published
        yield SiteFile(f"{FOLDER}/{release}.html", _page(contract, known.releases).encode())
        yield SiteFile(f"{FOLDER}/{release}.json", (_json(document, indent=2) + "\n").encode())
        yield SiteFile(f"{FOLDER}/{release}.yaml", to_yaml(document).encode())


def _page(contract: Contract, releases: Sequence[str]) -> str:
    environment = Environment(loader=PackageLoader("seatunnel_docs"), autoescape=True, undefined=StrictUndefined)
    document = _json(contract.published).replace("<", "\\u003c")
    return environment.get_template("reference.html").render(contract=contract, releases=releases, document=document)


def _json(document: object, *, indent: int | None = None) -> str:
    return json.dumps(document, indent=indent, ensure_ascii=False)
