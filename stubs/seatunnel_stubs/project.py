"""The files of a server project: generated files, and files that are created once and then belong to the author."""

from __future__ import annotations

import hashlib
import json
import keyword
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Literal, Self, TypeAlias

from jinja2 import Environment, PackageLoader, StrictUndefined

from seatunnel_openapi import Contract, ContractError, from_document
from seatunnel_stubs.functions import Function, functions_of, types_of

Framework: TypeAlias = Literal["connexion", "flask"]

GENERATED: Final = "contract"
"""The folder in the package whose files are generated again by each update."""

HANDLERS: Final = "handlers"
"""The folder in the package with the functions that the author writes."""

TESTS: Final = "tests"

_IMPORTABLE: Final = ("Any", "Answer", "Request", "Unimplemented", "types")
"""Names that generated functions can use, and that a module with such functions has to import."""

_TEMPLATES: Final = Environment(
    loader=PackageLoader("seatunnel_stubs"),
    undefined=StrictUndefined,
    keep_trailing_newline=True,
    trim_blocks=True,
    lstrip_blocks=True,
    autoescape=False,  # noqa: S701 - the output is Python, TOML and Markdown
)


class InvalidPackageName(ValueError):
    """The name is not valid for a Python package, or already used. `hint` says how to pass another name."""

    hint: Final = "--package acme_seatunnel"

    def __init__(self, name: str, reason: str = "is not a valid name of a Python package") -> None:
        super().__init__(f"{name!r} {reason}")


def _require_free(package: str) -> None:
    """Raise `InvalidPackageName` for a name that is invalid, or that Python or an installed package already uses."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", package) or keyword.iskeyword(package):
        raise InvalidPackageName(package)
    if package == TESTS:
        raise InvalidPackageName(package, "is the name of the folder with the tests")
    if package in sys.stdlib_module_names:
        raise InvalidPackageName(package, "is a module of Python's standard library")
    found = find_spec(package)
    # The name is free if it is that of this project, which can be installed, or of a folder without a package.
    origin = found and found.origin
    if origin and not Path(origin).with_name(GENERATED).joinpath("signatures.py").is_file():
        raise InvalidPackageName(package, "is the name of an installed package")


def release_of(folder: Path, package: str) -> str | None:
    """Return the release of the contract in a project; None if the folder contains no project."""
    try:
        text = (folder / package / GENERATED / "__init__.py").read_text(encoding="utf-8")
    except OSError:
        return None
    found = re.search(r'^RELEASE: Final = "(.+)"$', text, re.MULTILINE)
    return found and found[1]


@dataclass(frozen=True)
class Project:
    """A server project for the contract of a release. Raises `InvalidPackageName`."""

    contract: Contract
    package: str = "my_seatunnel"
    framework: Framework = "connexion"
    functions: tuple[Function, ...] = field(init=False)

    def __post_init__(self) -> None:
        _require_free(self.package)
        object.__setattr__(self, "functions", functions_of(self.contract))

    @classmethod
    def before(cls, folder: Path, package: str, framework: Framework) -> Self | None:
        """Return the project as it was last generated in a folder; None if its contract can't be read."""
        release = release_of(folder, package)
        try:
            document = json.loads((folder / package / GENERATED / "openapi.json").read_text(encoding="utf-8"))
            return cls(from_document(document, release), package, framework) if release else None
        except (OSError, ValueError, ContractError):
            return None

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags of the operations. Each is also the name of a module in `handlers`."""
        return tuple(dict.fromkeys(function.tag for function in self.functions))

    def handlers_path(self, tag: str) -> str:
        """Return the path of the module with the functions of a tag."""
        return f"{self.package}/{HANDLERS}/{tag}.py"

    @cached_property
    def generated(self) -> Mapping[str, str]:
        """The content of the files that each update generates again, by path."""
        document = json.dumps(self.contract.published, indent=1, ensure_ascii=False) + "\n"
        folder = f"{self.package}/{GENERATED}"
        return {
            f"{folder}/__init__.py": self._render("contract.py", stamp=hashlib.sha256(document.encode()).hexdigest()),
            f"{folder}/openapi.json": document,
            f"{folder}/types.py": types_of(self.contract),
            f"{folder}/signatures.py": self._render("signatures.py", imports=self.imports(self.functions)),
            f"{folder}/binding.py": self._render("binding.py"),
        }

    @cached_property
    def once(self) -> Mapping[str, str]:
        """The content of the files that are created only if they are missing, by path."""
        return {
            "pyproject.toml": self._render("pyproject.toml"),
            "README.md": self._render("README.md"),
            "Containerfile": self._render("Containerfile"),
            ".gitignore": "__pycache__/\n.venv/\ndist/\nreports/\n",
            f"{self.package}/__init__.py": self._render("package.py"),
            f"{self.package}/__main__.py": self._render("main.py"),
            f"{self.package}/app.py": self._render("app.py"),
            f"{self.package}/py.typed": "",
            f"{self.package}/{HANDLERS}/__init__.py": '"""The operations: one module for each tag."""\n',
            f"{TESTS}/test_conformance.py": self._render("test_conformance.py"),
            **dict(self._handlers()),
        }

    def addition(self, function: Function) -> str:
        """Return the source text of one function, which raises `Unimplemented`."""
        return self._render("function.py", function=function)

    def imports(self, functions: Iterable[Function], already: Collection[str] = ("Unimplemented",)) -> str:
        """Return the import statements that functions need, except for names in `already`."""
        text = " ".join(["Unimplemented", *(function.signature for function in functions)])
        used = [name for name in _IMPORTABLE if re.search(rf"\b{name}\b", text) and name not in already]
        lines = ["from typing import Any\n"] if "Any" in used else []
        hosting = ", ".join(name for name in used if name not in {"Any", "types"})
        lines += [f"from seatunnel_server.hosting import {hosting}\n"] if hosting else []
        lines += [f"from {self.package}.{GENERATED} import types\n"] if "types" in used else []
        return "\n".join(lines)

    def _handlers(self) -> Iterator[tuple[str, str]]:
        for tag in self.tags:
            wanted = [function for function in self.functions if function.tag == tag]
            body = "".join(f"\n\n{self.addition(function)}" for function in wanted)
            imports = self.imports(wanted, already=())
            yield self.handlers_path(tag), self._render("handlers.py", tag=tag, imports=imports, body=body)

    def _render(self, name: str, **more: Any) -> str:
        # The suffix prevents tools from reading the templates as modules of this package.
        template = _TEMPLATES.get_template(f"{name}.jinja")
        return template.render(project=self, release=self.contract.release, needs=_own_version(), **more)


@cache
def _own_version() -> str:
    try:
        return version("seatunnel-v2")
    except PackageNotFoundError:
        return "0"
