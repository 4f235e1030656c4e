"""No module imports itself through others: not at its begin, not in a function, not for type checking."""

from graphlib import TopologicalSorter

import grimp

PACKAGES = (
    "seatunnel_openapi",
    "seatunnel_server",
    "seatunnel_conformance",
    "seatunnel_stubs",
    "seatunnel_docs",
    "seatunnel_v2",
)


def test_no_import_is_part_of_a_circle():
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    imported = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert len(imported) > 400
    TopologicalSorter(imported).prepare()  # raises `CycleError`, which names the modules
