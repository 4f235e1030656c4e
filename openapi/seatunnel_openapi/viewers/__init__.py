"""Redoc and Swagger UI, which show an OpenAPI document in a browser, from the wheel `drf-spectacular-sidecar`.

The wheel is located but not imported, because importing it requires Django. The URL of Redoc's logo, the only one that
a page would fetch, is removed.
"""

from __future__ import annotations

from enum import Enum
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Final

PACKAGE: Final = "drf_spectacular_sidecar"

HINT: Final = "pip install '.[reference]'"

_LOGO: Final = b"https://cdn.redoc.ly/redoc/logo-mini.svg"
_NO_LOGO: Final = b"data:,"
_SOURCE_MAP: Final = b"\n//# sourceMappingURL="


class ViewersMissing(Exception):
    """The wheel with the viewers is not installed."""

    def __init__(self) -> None:
        super().__init__("Redoc and Swagger UI are not installed.")
        self.hint = HINT


class ViewerFile(Enum):
    """A file of a viewer; the value is its path in the wheel, or its name in this folder."""

    REDOC_SCRIPT = "redoc/bundles/redoc.standalone.js"
    REDOC_LICENCE = "redoc/LICENSE"
    SWAGGER_SCRIPT = "swagger-ui-dist/swagger-ui-bundle.js"
    SWAGGER_STYLE = "swagger-ui-dist/swagger-ui.css"
    SHOW_REFERENCE = "show-reference.js"
    REFERENCE_STYLE = "reference.css"

    @property
    def name_of_file(self) -> str:
        """The last part of the path, unique among the scripts and styles."""
        return Path(self.value).name


def viewers_installed() -> bool:
    """Return whether the wheel is installed."""
    return _folder() is not None


@cache
def viewer_file(file: ViewerFile) -> bytes:
    """Return the content of a viewer's file, without URLs that a page would fetch. Raises `ViewersMissing`."""
    if "/" not in file.value:
        return files(__name__).joinpath(file.value).read_bytes()
    folder = _folder()
    if folder is None:
        raise ViewersMissing
    return (folder / file.value).read_bytes().partition(_SOURCE_MAP)[0].replace(_LOGO, _NO_LOGO)


def _folder() -> Path | None:
    found = find_spec(PACKAGE)
    places = (found.submodule_search_locations or ()) if found is not None else ()
    return next((Path(place, "static", PACKAGE) for place in places), None)
