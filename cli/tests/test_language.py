"""Users read plain technical English: no text that the project shows has one of the words that are out.

The glossary, `docs/glossary.md`, has the terms of the project; every other term is one of HTTP, OpenAPI, pytest or
SeaTunnel. A hit is fixed by the word of the field, not by an exception.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import chain, pairwise
from pathlib import Path

import click
import pytest
import typer

from seatunnel_conformance.checks.registry import all_checks
from seatunnel_conformance.faults.catalogue import all_faults
from seatunnel_openapi import load, overlays, releases
from seatunnel_openapi.comparison import deviations
from seatunnel_v2.main import app

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "openapi/seatunnel_openapi",
    "server/seatunnel_server",
    "conformance/seatunnel_conformance",
    "stubs/seatunnel_stubs",
    "docs/seatunnel_docs",
    "cli/seatunnel_v2",
    "bench",
)

OUT = re.compile(
    r"\b(?:troubles?|told|untold|tells? of|meets?|met with|looks? like|amiss|anew|aright|comes? of it|what comes of"
    r"|there (?:is|are) none of|veil(?:ed)?|strangers?|courts?|believed?s?|workshops?|farewell|whoever|nobody in"
    r"|hold against|held against|beside other|goes with no|if nothing is said|when nothing is said|sought|heeds?"
    r"|is due|are due|was due|so it is|somebody else's|lets (?:nobody|it) |costs no|otherwise than|in vain|mended?"
    r"|what became of|what becomes of|on the way to|come to nothing|of no use for|is no (?:name|text|path)"
    r"|stands? (?:twice|for good)|for good|as (?:is|was) meant)\b",
    re.IGNORECASE,
)
"""Words that a reader has to read twice, or that mean something only within this project."""

NOUN_CLAUSE = re.compile(
    r"(?:What|Whose|Which|Who|Of (?:which|what))\b|(?:Return|Yield|Take|Make|Tell)s? (?:what|which)\b"
)
"""Beginnings of docstrings that a reader has to read twice: a verb with an object, or a noun, is plainer."""

SPEAKING = {"say", "warn", "echo", "secho", "fail", "skip", "print", "exit", "note", "hint"}
"""Functions whose arguments users read."""


def found(texts: Iterable[tuple[str, str]]) -> list[str]:
    """Return a line for each word that is out, with the words around it."""
    return [
        f"{where}: {hit.group()!r} in {' '.join(text[max(0, hit.start() - 60) : hit.end() + 60].split())!r}"
        for where, text in texts
        for hit in OUT.finditer(text)
    ]


def commands(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    for each, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, f"{name} {each}")


def helps() -> Iterator[tuple[str, str]]:
    for name, command in commands(typer.main.get_command(app), "seatunnel-v2"):
        yield name, f"{command.help or ''} {command.epilog or ''}"
        for param in command.params:
            yield f"{name} {param.opts[0]}", str(getattr(param, "help", None) or "")


def test_help_of_every_command_is_plain():
    assert len(list(helps())) > 200
    assert found(helps()) == []


def prose(text: str) -> str:
    """Return a page without its code, comments and template tags."""
    return re.sub(r"```.*?```|`[^`\n]*`|<!--.*?-->|\{%.*?%\}|\{\{.*?\}\}", " ", text, flags=re.DOTALL)


def pages() -> list[Path]:
    docs = ROOT / "docs"
    return [
        *(
            ROOT / name
            for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "Makefile", "cli/seatunnel-v2.1")
        ),
        *(ROOT / folder / "README.md" for folder in ("openapi/overlays", "upstream")),
        *sorted(docs.glob("*.md")),
        *sorted((docs / "guides").glob("*.md")),
        *sorted((docs / "seatunnel_docs" / "templates").glob("*")),
        *sorted((ROOT / "stubs" / "seatunnel_stubs" / "templates").glob("*")),
    ]


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_page_is_plain(page: Path):
    assert found([(page.name, prose(page.read_text(encoding="utf-8")))]) == []


def sentences() -> Iterator[tuple[str, str]]:
    """Yield the sentences of the contract and of the catalogues, which reports and the site show."""
    for release in releases():
        yield from ((f"{release} {clause.id}", clause.text) for clause in load(release).clauses)
        yield from ((f"{release} {choice.where}", choice.text) for choice in load(release).choices)
        yield from descriptions(load(release).document, release)
    for row in deviations(load(), overlays()):
        yield row.id, f"{row.documented} {row.engine}"
    for check in all_checks():
        yield check.clause_id, check.why or ""
    for fault in all_faults():
        yield fault.id, f"{fault.id.replace('-', ' ')}: {fault.sentence}"
    for schema in (ROOT / "openapi").glob("*.schema.json"):
        yield schema.name, schema.read_text(encoding="utf-8")


def descriptions(node: object, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key in {"description", "summary"} and isinstance(value, str):
                yield where, value
            elif key not in {"example", "examples"}:
                yield from descriptions(value, f"{where}/{key}")
    elif isinstance(node, list):
        for item in node:
            yield from descriptions(item, where)


def test_sentences_of_contract_checks_and_faults_are_plain():
    assert len(list(sentences())) > 2000
    assert sorted(set(found((where, prose(text)) for where, text in sentences()))) == []


FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@cache
def trees() -> dict[str, ast.Module]:
    files = chain.from_iterable((ROOT / package).rglob("*.py") for package in PACKAGES)
    return {str(file.relative_to(ROOT)): ast.parse(file.read_text(encoding="utf-8")) for file in files}


def name_of(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


@cache
def error_classes() -> frozenset[str]:
    """Return the names of all classes that are exceptions, of ours and of others."""
    bases = {
        node.name: {name_of(base) for base in node.bases}
        for tree in trees().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    known = {name for found in bases.values() for name in found if name.endswith(("Error", "Exception", "Interrupt"))}
    while more := {name for name, found in bases.items() if found & known} - known:
        known |= more
    return frozenset(known)


def strings(node: ast.AST) -> Iterator[ast.Constant]:
    return (each for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str))


def messages() -> Iterator[tuple[str, str]]:
    """Yield what users may read of Python code: arguments of what raises or prints, and all of the error classes."""
    for file, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Raise) and node.exc is not None:
                shown: list[ast.AST] = [node.exc]
            elif isinstance(node, ast.Call) and name_of(node.func) in SPEAKING:
                shown = [*node.args, *(keyword.value for keyword in node.keywords)]
            elif isinstance(node, ast.ClassDef) and node.name in error_classes():
                shown = [node]
            elif isinstance(node, ast.Assert) and node.msg is not None:
                shown = [node.msg]
            else:
                continue
            yield from ((f"{file}:{each.lineno}", str(each.value)) for part in shown for each in strings(part))


def reasons() -> Iterator[tuple[str, str]]:
    """Yield what reports show of invariants: why each matters, and the reasons when it is broken."""
    for file, tree in trees().items():
        if "model/invariants" in file:
            yield from ((f"{file}:{each.lineno}", str(each.value)) for each in strings(tree))


@cache
def docstrings() -> list[tuple[str, str]]:
    """Return all docstrings; those of attributes and constants are texts that follow an assignment."""
    texts = []
    for file, tree in trees().items():
        nodes = [node for node in ast.walk(tree) if isinstance(node, (ast.Module, ast.ClassDef, *FUNCTIONS))]
        texts += (
            (f"{file}:{getattr(node, 'lineno', 1)}", ast.get_docstring(node, clean=False) or "") for node in nodes
        )
        bodies = [node.body for node in nodes if not isinstance(node, FUNCTIONS)]
        for before, after in chain.from_iterable(map(pairwise, bodies)):
            if isinstance(before, (ast.Assign, ast.AnnAssign)) and isinstance(after, ast.Expr):
                texts += ((f"{file}:{after.lineno}", str(each.value)) for each in strings(after))
    return texts


def test_reasons_of_invariants_are_plain():
    assert len(list(reasons())) > 30
    assert found(reasons()) == []


def test_docstrings_are_plain():
    assert len(docstrings()) > 3000
    assert found(docstrings()) == []
    begun = [(where, text, NOUN_CLAUSE.match(text)) for where, text in docstrings()]
    assert [f"{where}: begins with {hit[0]!r} (see NOUN_CLAUSE): {text}" for where, text, hit in begun if hit] == []


@pytest.mark.slow
def test_messages_are_plain():
    assert len(error_classes()) > 100
    assert len(list(messages())) > 1000
    assert sorted(set(found(messages()))) == []
