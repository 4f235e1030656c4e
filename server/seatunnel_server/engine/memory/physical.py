"""The physical plan of a job: its pipelines of vertices and edges, with the engine's numbers and names.

The steps are those of the engine's plan generators (read). Results are recorded in `submit-job/minimal`,
`transform-copy` (the sink has the number 3, the chain of transforms 4), `multi-source-multi-sink`,
`one-source-two-sinks` and `two-sources-one-sink` (the plan has the sink twice, with new numbers).
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count, pairwise

from seatunnel_server.engine.domain import Edge, JobPlan, Vertex
from seatunnel_server.engine.memory.graph import PlanAction
from seatunnel_server.engine.memory.pipeline import Source
from seatunnel_server.engine.refusals import JobNotInitialized, JobTooLarge

MAX_VERTICES = 10_000
_MAX_LENGTH = 500
"""The most vertices of all paths of a split plan (see `_split`), and of one path: paths multiply with each union."""


@dataclass(frozen=True, slots=True)
class PlanNode:
    """A vertex of the plan: its number, and the action that it performs."""

    id: int
    action: PlanAction


Link = tuple[PlanNode, PlanNode]


@dataclass(frozen=True, slots=True)
class PhysicalPipeline:
    """The connected vertices that the rows of one source reach."""

    number: int
    links: tuple[Link, ...]

    @property
    def nodes(self) -> tuple[PlanNode, ...]:
        """The vertices by number."""
        found = {node.id: node for link in self.links for node in link}
        return tuple(found[key] for key in sorted(found))

    @property
    def source(self) -> Source:
        """The source of all rows of the pipeline."""
        return next(node.action.source for node in self.nodes if node.action.source is not None)

    def paths(self) -> Iterator[tuple[PlanAction, ...]]:
        """Yield the paths from the source to each sink; a path does not include the source."""
        targets = _targets(self.links)
        start = next(node for node in self.nodes if node.action.type == "source")
        stack: list[tuple[PlanNode, tuple[PlanAction, ...]]] = [(start, ())]
        while stack:
            node, path = stack.pop()
            if node.action.type == "sink":
                yield path
            stack += [(target, (*path, target.action)) for target in reversed(targets[node.id])]

    @property
    def slots(self) -> int:
        """The number of needed slots: one for the source's splits, one per committing sink, one per reader."""
        sinks = [target.action.sink for _, target in self.links if target.action.sink is not None]
        committing = [sink for sink in sinks if sink.made.commits]
        return 1 + len(committing) + self.source.parallelism


def pipelines_of(sinks: Sequence[PlanAction], *, chains_are_first: bool = False) -> tuple[PhysicalPipeline, ...]:
    """Return the pipelines of a graph. Raises `JobNotInitialized` for a graph that the engine can't plan.

    With `chains_are_first`, a chain of transforms has the number of its first transform, otherwise a new one.
    """
    ids = count(1)
    links = _numbered(sinks, ids)
    _refuse_shuffle(links)
    links = _chained(links, None if chains_are_first else ids)
    groups = list(_groups(links))
    if any(any(len(nodes) > 1 for nodes in _inputs(group).values()) for group in groups):
        if len(groups) > 1:
            # The engine searches the sources of the united pipeline among the vertices of all pipelines, and fails.
            raise JobNotInitialized("java.lang.IllegalArgumentException")
        groups = _split(groups[0])
    return tuple(PhysicalPipeline(number, tuple(group)) for number, group in enumerate(groups, 1))


def plan_of(pipelines: Iterable[PhysicalPipeline], max_characters: int) -> JobPlan:
    """Return the plan that responses show. Raises `JobTooLarge` if its names have more than `max_characters`."""
    characters = 0
    edges: dict[int, tuple[Edge, ...]] = {}
    vertices: dict[int, Vertex] = {}
    for pipeline in pipelines:
        edges[pipeline.number] = tuple(Edge(left.id, right.id) for left, right in pipeline.links)
        for node in pipeline.nodes:
            action = node.action
            name = f"pipeline-{pipeline.number} [{action.name}]"
            vertices[node.id] = Vertex(node.id, action.type, name, action.table_paths)
            characters += len(name) + sum(map(len, action.table_paths))
            if characters > max_characters:
                raise JobTooLarge(max_characters, "characters in the names of a plan")
    return JobPlan(edges=edges, vertices=tuple(vertices[key] for key in sorted(vertices)))


def _numbered(sinks: Sequence[PlanAction], ids: Iterator[int]) -> list[Link]:
    """Return the edges, sorted by the numbers of their actions; vertices are numbered in the order of the edges."""
    pairs: dict[tuple[int, int], tuple[PlanAction, PlanAction]] = {}
    pending, known = list(sinks), set(sinks)
    while pending:
        target = pending.pop()
        for source in target.inputs:
            pairs[source.id, target.id] = (source, target)
            if source not in known:
                known.add(source)
                pending.append(source)
    nodes: dict[int, PlanNode] = {}
    links: list[Link] = []
    for key in sorted(pairs):
        for action in pairs[key]:
            if action.id not in nodes:
                nodes[action.id] = PlanNode(next(ids), action)
        links.append((nodes[key[0]], nodes[key[1]]))
    return links


def _targets(links: Iterable[Link]) -> Mapping[int, list[PlanNode]]:
    targets: dict[int, list[PlanNode]] = defaultdict(list)
    for left, right in links:
        targets[left.id].append(right)
    return targets


def _inputs(links: Iterable[Link]) -> Mapping[int, list[PlanNode]]:
    inputs: dict[int, list[PlanNode]] = defaultdict(list)
    for left, right in links:
        inputs[right.id].append(left)
    return inputs


def _refuse_shuffle(links: Sequence[Link]) -> None:
    """Raise `JobNotInitialized` if several sinks read a single source of several tables: the engine fails for it."""
    sources = {left.id: left for left, _ in links if left.action.type == "source"}
    if len(sources) != 1:
        return
    (source,) = sources.values()
    targets = _targets(links)[source.id]
    if len(source.action.table_paths) > 1 and len(targets) > 1 and any(it.action.type == "sink" for it in targets):
        raise JobNotInitialized("java.lang.NullPointerException")


def _chained(links: list[Link], ids: Iterator[int] | None) -> list[Link]:
    """Return the edges with one vertex for each chain of transforms.

    The vertex has the next number of `ids`; if that is None, the chain's least.
    """
    inputs, targets = _inputs(links), _targets(links)
    chain_of: dict[int, PlanNode] = {}
    inside: set[tuple[int, int]] = set()
    for node in _by_source(links, targets):
        if node.action.type == "transform" and node.id not in chain_of:
            chain = _chain_from(node, inputs, targets)
            number = next(ids) if ids is not None else min(each.id for each in chain)
            merged = PlanNode(number, _merged([each.action for each in chain]))
            chain_of.update((each.id, merged) for each in chain)
            inside.update((before.id, after.id) for before, after in pairwise(chain))
    rebuilt = (
        (chain_of.get(left.id, left), chain_of.get(right.id, right))
        for left, right in links
        if (left.id, right.id) not in inside
    )
    return list(dict.fromkeys(rebuilt))


def _by_source(links: Iterable[Link], targets: Mapping[int, list[PlanNode]]) -> Iterator[PlanNode]:
    """Yield the vertices that each source reaches, source by source, the nearest first; each vertex once."""
    seen: set[int] = set()
    sources = {left.id: left for left, _ in links if left.action.type == "source"}
    for key in sorted(sources):
        queue = deque([sources[key]])
        while queue:
            node = queue.popleft()
            if node.id not in seen:
                seen.add(node.id)
                yield node
                queue += targets.get(node.id, [])


def _chain_from(
    node: PlanNode, inputs: Mapping[int, list[PlanNode]], targets: Mapping[int, list[PlanNode]]
) -> list[PlanNode]:
    """Return a transform and the transforms after it, up to the vertex before a fork or a union."""
    chain = [node]
    while len(targets[chain[-1].id]) == 1:
        following = targets[chain[-1].id][0]
        if following.action.type != "transform" or len(inputs[following.id]) > 1:
            break
        chain.append(following)
    return chain


def _merged(actions: Sequence[PlanAction]) -> PlanAction:
    names = "->".join(action.name for action in actions)
    transforms = tuple(transform for action in actions for transform in action.transforms)
    return replace(actions[0], name=f"TransformChain[{names}]", transforms=transforms)


def _groups(links: Sequence[Link]) -> Iterator[list[Link]]:
    """Yield the groups of connected edges, each in the order in which the engine visits them."""
    leaving: dict[int, list[Link]] = defaultdict(list)
    arriving: dict[int, list[Link]] = defaultdict(list)
    for link in links:
        leaving[link[0].id].append(link)
        arriving[link[1].id].append(link)
    taken: set[Link] = set()
    for first in links:
        if first in taken:
            continue
        group: list[Link] = []
        stack = [first[0]]
        while stack:
            node = stack.pop()
            out = [link for link in leaving[node.id] if link not in taken]
            into = [link for link in arriving[node.id] if link not in taken]
            taken.update(out, into)
            group += out + into
            stack += reversed([link[1] for link in out] + [link[0] for link in into])
        yield group


def _split(links: Sequence[Link]) -> list[list[Link]]:
    """Return a pipeline for each path from a source to a sink, with new numbers of vertices.

    Raises `JobNotInitialized` if the paths have too many vertices.
    """
    inputs, targets, ids = _inputs(links), _targets(links), count(1)
    found: list[list[Link]] = []

    def walk(path: list[PlanNode], node: PlanNode) -> None:
        path.append(PlanNode(next(ids), node.action))
        if path[-1].id > MAX_VERTICES or len(path) > _MAX_LENGTH:
            raise JobNotInitialized("java.lang.OutOfMemoryError: Java heap space")
        following = targets.get(node.id, [])
        if not following:
            found.append(list(pairwise(path)))
        for place, target in enumerate(following):
            if place > 0:
                path = [PlanNode(next(ids), each.action) for each in path]
            walk(path, target)
            path.pop()

    starts = {node.id: node for link in links for node in link if not inputs.get(node.id)}
    for key in sorted(starts):
        walk([], starts[key])
    return found
