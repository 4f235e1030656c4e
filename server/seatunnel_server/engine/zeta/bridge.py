"""The treatment of each operation by the gateway between two releases, derived from their contracts.

It is in the engine's package because `ZetaEngine` calls the operations that are listed here.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from seatunnel_openapi import Contract, Operation, in_own_words


class Treatment(StrEnum):
    """The ways in which the gateway answers requests to an operation, the best first."""

    TRANSLATED = "translated"
    """The cluster's response is read and written again in the client's release."""
    PASSED_ON = "passed on"
    """The request is sent to the cluster; between equal releases, its response is sent unchanged."""
    APPROXIMATED = "approximated"
    """The response differs from that of an engine of the client's release."""
    MISSING = "missing"
    """The response is 501."""


@dataclass(frozen=True, slots=True)
class BridgeItem:
    """The treatment of an operation of the client's release, or of a part of it that `detail` describes."""

    operation: str
    method: str
    path: str
    treatment: Treatment
    detail: str = ""


_SUBMISSIONS: Final = frozenset({"submit_job", "submit_jobs", "submit_job_by_upload"})
_CHANGES: Final = _SUBMISSIONS | {"stop_job", "stop_jobs", "update_tags"}
_UNSUPPORTED: Final = frozenset({"list_loggers", "get_logger", "set_logger_level", "reset_logger_level"})
_OWN: Final[Mapping[str, str]] = {
    "encrypt_config": "answered by the gateway, with the algorithms of the reference server",
    "get_option_rules": "answered by the gateway, from the rules that were recorded",
    "get_http_service_status": "describes the gateway",
    **dict.fromkeys(
        ("get_realtime_jobs", "get_realtime_vertices", "get_realtime_edges"),
        "answered by the gateway, without measurements",
    ),
}
"""Operations that the gateway answers itself."""

_SOURCES: Final[Mapping[str, tuple[str, ...]]] = {
    "get_running_job": ("get_job_info",),
    "get_running_jobs_summary": ("get_running_jobs",),
    "list_node_logs": ("get_all_log_names",),
    "read_logs": ("list_logs", "read_node_log"),
    **dict.fromkeys(("get_thread_dump", "get_running_threads"), ("get_thread_dump", "get_running_threads")),
    "get_checkpoint_history": ("get_checkpoint_overview",),
    "get_job_lineage": ("get_job_info",),
    "stop_jobs": ("stop_job",),
}
"""Operations whose data is from other operations of the cluster, each with these others."""

KEPT: Final = frozenset({"list_logs", "read_logs", "list_node_logs", "read_node_log"})
"""Operations that are also translated between equal releases, since links must lead to the gateway."""
_LISTS_OF_LOGS: Final = frozenset({"list_logs", "read_logs"})
PINNED: Final = _UNSUPPORTED | {"update_tags", "update_local_member_tags"}
"""Operations about a single node, which are sent to the first configured node."""
PURE: Final = frozenset({"encrypt_config"})
"""Operations with a body that change nothing."""

_FILLED: Final = {"startTime": "the time of creation"}
_COMPUTED: Final = {
    "intermediateQueueSize": "0 or missing",
    "diagnostics": "without restores",
    "taskGroupDiagnostics": "computed from the counts of slots",
    "lackingTaskGroupDiagnostics": "computed from the counts of slots",
    "latestFailed": "0 or missing",
    "inProgress": "0 or missing",
}
"""Members that the gateway never reads from the cluster, with the values that it sends."""

_PAGE: Final = frozenset({"data", "total"})
"""Members of a page of a list, which the gateway adds."""

_TRANSLATED_FACTS: Final = frozenset(
    {
        *("form", "runningForm", "finishedForm", "unknownForm", "unknownJob", "listOrder", "paging", "stateMatching"),
        *("waitingJob", "unscheduledJob", "defaultFormat", "linkText", "fileName", "notAMap", "smallNumber"),
        *("formBody", "dryRun", "unnamedFile", "bodyFormats", "force", "restoreMode"),
    }
)
"""Facts of operations for which the gateway behaves like the client's release; for others, like the cluster's."""


def bridge(client: Contract, cluster: Contract) -> Iterator[BridgeItem]:
    """Yield an item for each operation of the client's release, each followed by its approximated or missing parts."""
    known = {operation.id: operation for operation in cluster.operations}
    for operation in client.operations:
        if passes_on(client, cluster) and operation.id not in KEPT:
            yield _item(operation, Treatment.PASSED_ON)
            continue
        sources = sources_of(operation.id, known)
        if operation.id in _OWN:
            yield _item(operation, Treatment.APPROXIMATED, _OWN[operation.id])
        elif operation.id in _UNSUPPORTED:
            yield _item(operation, Treatment.MISSING, "the gateway does not support loggers")
        elif lacking := [name for name in sources if name not in known]:
            yield _item(operation, Treatment.MISSING, f"{cluster.release} has no {', '.join(lacking)}")
        else:
            changes = operation.id in _CHANGES
            yield _item(operation, Treatment.PASSED_ON if changes else Treatment.TRANSLATED)
            parts = _Parts(client, cluster, operation, [known[name] for name in sources])
            yield from (_item(operation, treatment, detail) for treatment, detail in parts.differences())


def passes_on(client: Contract, cluster: Contract) -> bool:
    """Return whether responses of the cluster are passed on unchanged, because both sides have the same release."""
    return client.release == cluster.release


def sources_of(operation_id: str, known: Container[str]) -> tuple[str, ...]:
    """Return the operations of the cluster with the data for an operation of the client's release.

    `known` are the ids of the cluster's operations.
    """
    if operation_id == "get_worker_resources" and operation_id not in known:
        return ("get_pending_jobs",)
    return _SOURCES.get(operation_id, (operation_id,))


def _item(operation: Operation, treatment: Treatment, detail: str = "") -> BridgeItem:
    return BridgeItem(operation.id, operation.method, operation.path, treatment, detail)


@dataclass(frozen=True, slots=True)
class _Parts:
    """An operation of the client's release, and the operations of the cluster with its data."""

    client: Contract
    cluster: Contract
    operation: Operation
    sources: Sequence[Operation]

    def differences(self) -> Iterator[tuple[Treatment, str]]:
        """Yield the missing and approximated parts, each with an explanation."""
        if self.operation.id in _SUBMISSIONS:
            yield from self._submission()
        elif self.operation.id not in _CHANGES:
            yield from self._members()
        if self.operation.behaviour.get("force") == "ends-the-job":
            yield Treatment.APPROXIMATED, "`force` is sent as a stop without a savepoint"
        if self.operation.id in _LISTS_OF_LOGS:
            yield (
                Treatment.APPROXIMATED,
                "a log that several nodes have is listed once: that of the first node that has it",
            )
        yield from self._facts(self.operation, self.sources[0], _TRANSLATED_FACTS)

    def _submission(self) -> Iterator[tuple[Treatment, str]]:
        if "bodyFormats" in self.operation.behaviour:
            known = self.sources[0].behaviour.names("bodyFormats")
            for language in self.operation.behaviour.names("bodyFormats"):
                if language not in known:
                    yield Treatment.MISSING, f"configurations in {language}"
        names = [parameter["name"] for parameter in self.operation.parameters]
        if "restoreMode" in set(names) - {parameter["name"] for parameter in self.sources[0].parameters}:
            yield Treatment.APPROXIMATED, "`restoreMode=SAVEPOINT` is sent as `isStartWithSavePoint`"
            yield Treatment.MISSING, "`restoreMode=CHECKPOINT`"
        shade = "encrypt_config"
        yield from self._facts(self.client.operation(shade), self.cluster.operation(shade), frozenset())

    def _members(self) -> Iterator[tuple[Treatment, str]]:
        there = {_spelled(name) for source in self.sources for name in _members(in_own_words(self.cluster), source.id)}
        filled: dict[str, list[str]] = {}
        for name in _members(in_own_words(self.client), self.operation.id):
            spelled = _spelled(name)
            if spelled not in _PAGE and (spelled in _COMPUTED or spelled not in there):
                how = _COMPUTED.get(spelled) or _FILLED.get(spelled, "0 or missing")
                filled.setdefault(how, []).append(f"`{name}`")
        for how, names in filled.items():
            yield Treatment.APPROXIMATED, f"{', '.join(dict.fromkeys(names))}: {how}"

    def _facts(
        self, wanted: Operation, found: Operation, translated: frozenset[str]
    ) -> Iterator[tuple[Treatment, str]]:
        for name in wanted.behaviour:
            value, actual = wanted.behaviour[name], found.behaviour.get(name)
            if name not in translated and value != actual and actual is not None:
                yield (
                    Treatment.APPROXIMATED,
                    f"the fact `{name}` is the cluster's: {_shown(actual)}, not {_shown(value)}",
                )


def _spelled(name: str) -> str:
    return name[:1].lower() + name[1:]


def _shown(value: Any) -> str:
    return f"`{', '.join(value) if isinstance(value, list) else str(value).lower()}`"


def _members(contract: Contract, operation_id: str) -> Iterator[str]:
    """Yield the names of all members of an operation's response, at any depth."""
    return _members_of(contract, contract.operation(operation_id).response_schema(200), set())


def _members_of(contract: Contract, schema: Any, seen: set[int]) -> Iterator[str]:
    schema = contract.resolve(schema)
    if not isinstance(schema, Mapping) or id(schema) in seen:
        return
    seen.add(id(schema))
    for name, member in schema.get("properties", {}).items():
        yield name
        yield from _members_of(contract, member, seen)
    inner = [schema.get("items"), schema.get("additionalProperties")]
    for part in (*inner, *(each for kind in ("oneOf", "anyOf", "allOf") for each in schema.get(kind, ()))):
        yield from _members_of(contract, part, seen)
