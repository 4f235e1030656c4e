"""Generated faults that break no clause, with the reasons: a value is shown nowhere else, or a list has no order."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from fnmatch import translate
from typing import Final

from seatunnel_conformance.faults.catalogue import Expected, Fault
from seatunnel_openapi import Contract

_NO_ORDER: Final = "no clause states an order of this list"
_MEASURED: Final = "a measurement of this moment, which no other response shows"
_AGE: Final = "no clause limits the age of this list, and it may stay the same"
_OLD: Final = "no clause limits the age of this list"
_OPTIONAL: Final = "the contract does not require this member"
_ALONE: Final = "no other response shows this value"

_OF_JOBS: Final = r"(whole|:\w+|:\w+Page/data):is-reversed"
"""Matches the places of faults that reverse a list of jobs, or a page of it."""

REASONS: Final[Mapping[str, str]] = {
    "whole:get_system_monitoring_information:repeated": "no clause limits the age of these values",
    "whole:get_thread_dump:repeated": _OLD,
    "whole:list_node_logs:repeated": _OLD,
    "value:get_overview:gitCommitAbbrev:is-another": _ALONE,
    "value:get_overview:projectVersion:is-another": _ALONE,
    "value:get_system_monitoring_information:*/processors:is-another": _ALONE,
    "value:get_system_monitoring_information:*/host:is-another": _ALONE,
    "value:get_system_monitoring_information:*/port:is-another": _ALONE,
    "value:get_system_monitoring_information:*.*:is-another": _MEASURED,
    "list:get_system_monitoring_information:whole:is-reversed": _NO_ORDER,
    "list:get_system_monitoring_information:whole:is-stale": _AGE,
    "value:get_thread_dump:*/threadId:is-another": _ALONE,
    "value:get_thread_dump:*/stackTrace:is-another": _MEASURED,
    "value:get_thread_dump:*/threadState:is-another": _MEASURED,
    "value:get_running_threads:*/classLoader:is-another": _ALONE,
    "list:get_thread_dump:whole:is-reversed": _NO_ORDER,
    "list:get_thread_dump:whole:is-stale": _AGE,
    "list:get_running_threads:whole:is-stale": _AGE,
    "list:list_logs:*:is-reversed": _NO_ORDER,
    "list:read_logs:*:is-reversed": _NO_ORDER,
    "list:get_all_log_names:*:is-reversed": _NO_ORDER,
    "value:*RunningJob*metrics/*QPS*is-another*": _MEASURED,
    "value:*RunningJob*metrics/*PerSeconds*is-another*": _MEASURED,
    "value:get_running_jobs:*metrics/*QPS*is-another*": _MEASURED,
    "value:get_running_jobs:*metrics/*PerSeconds*is-another*": _MEASURED,
    "value:get_job_info:*:diagnostics-is-missing": _OPTIONAL,
    "value:get_running_job:*:diagnostics-is-missing": _OPTIONAL,
    "value:get_option_rules:*:conditionRules-is-missing": _OPTIONAL,
    "value:get_metrics:whole:text-is-empty": "an empty text says that telemetry is off",
}
"""Reasons why faults break no clause, by globs of fault ids."""

_EXPLAINED: Final = re.compile("|".join(f"({translate(glob)})" for glob in REASONS))
"""Matches the ids of these faults; the number of the group is that of the reason."""


def explained(fault: Fault, contract: Contract) -> Fault:
    """Return a fault. If it breaks no clause, `Expected.IGNORED` and the reason are added to it."""
    reason = _reason(fault.id, contract)
    if not reason:
        return fault
    return replace(fault, expected=Expected.IGNORED, sentence=f"{fault.sentence.removesuffix('.')}: {reason}.")


def _reason(fault_id: str, contract: Contract) -> str:
    """Return the reason why a fault breaks no clause; empty if it breaks one."""
    kind, operation_id, place = fault_id.split(":", 2)
    facts = contract.operation(operation_id).behaviour
    if kind == "list" and re.fullmatch(_OF_JOBS, place) and facts.get("listOrder") == "unspecified":
        return _NO_ORDER
    found = _EXPLAINED.match(fault_id)
    return tuple(REASONS.values())[found.lastindex - 1] if found and found.lastindex else ""
