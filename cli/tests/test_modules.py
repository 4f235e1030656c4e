"""No module imports itself through others, and none binds a name twice."""

import ast
from collections import Counter
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import grimp

PACKAGES = (
    "seatunnel_openapi",
    "seatunnel_server",
    "seatunnel_conformance",
    "seatunnel_stubs",
    "seatunnel_docs",
    "seatunnel_v2",
)
ROOT = Path(__file__).parents[2]
ROOMS = ("openapi", "server", "conformance", "stubs", "docs", "cli", "bench", "upstream", "examples")


def test_no_import_is_part_of_a_circle():
    """Neither at the begin of a module nor in a function, nor for type checking."""
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    imported = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert len(imported) > 400
    TopologicalSorter(imported).prepare()  # raises `CycleError`, which names the modules


def test_no_module_binds_a_name_twice():
    """The second function, class or constant would silently replace the first, a test too."""
    files = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    assert len(files) > 500
    texts = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in files}
    assert {name: twice for name, text in texts.items() if (twice := bound_twice(text))} == {}


def test_second_definition_is_found_and_alternatives_are_none():
    """Alternatives are what `if` and `try` choose from, and overloads."""
    assert bound_twice("def a(): ...\nX = 1\nX += 1\nclass a: ...\nb[0] = X = 1\nC: int\nC: int = 1\n") == ["X", "a"]
    assert bound_twice("if x:\n  def a(): ...\nelse:\n  def a(): ...\n@overload\ndef b(): ...\ndef b(): ...\n") == []


def bound_twice(text: str) -> list[str]:
    """Return the names that the statements of a module bind more than once."""
    bound = Counter(name for statement in ast.parse(text).body for name in _bound_by(statement))
    return sorted(name for name, times in bound.items() if times > 1)


def _bound_by(statement: ast.stmt) -> Iterator[str]:
    match statement:
        case ast.FunctionDef(decorator_list=[*_, ast.Name("overload")]):
            pass
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Assign(targets=targets):
            names = (node for target in targets for node in ast.walk(target) if isinstance(node, ast.Name))
            yield from (name.id for name in names if isinstance(name.ctx, ast.Store))
        case ast.AnnAssign(target=ast.Name(name), value=ast.expr()):
            yield name
