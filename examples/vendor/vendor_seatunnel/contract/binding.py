"""The function of each operation. Generated: don't edit.

A type checker reports functions here whose signature doesn't match their operation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from vendor_seatunnel.contract import signatures
from vendor_seatunnel.handlers import cluster, config, jobs, logs, metrics, stops, submissions, threads

_cluster: signatures.Cluster = cluster
_jobs: signatures.Jobs = jobs
_submissions: signatures.Submissions = submissions
_stops: signatures.Stops = stops
_config: signatures.Config = config
_logs: signatures.Logs = logs
_threads: signatures.Threads = threads
_metrics: signatures.Metrics = metrics

FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "get_overview": _cluster.get_overview,
    "get_running_jobs": _jobs.get_running_jobs,
    "get_job_info": _jobs.get_job_info,
    "get_running_job": _jobs.get_running_job,
    "get_finished_jobs": _jobs.get_finished_jobs,
    "get_finished_jobs_by_state": _jobs.get_finished_jobs_by_state,
    "get_system_monitoring_information": _cluster.get_system_monitoring_information,
    "submit_job": _submissions.submit_job,
    "submit_jobs": _submissions.submit_jobs,
    "stop_job": _stops.stop_job,
    "stop_jobs": _stops.stop_jobs,
    "encrypt_config": _config.encrypt_config,
    "update_tags": _cluster.update_tags,
    "list_logs": _logs.list_logs,
    "read_logs": _logs.read_logs,
    "list_node_logs": _logs.list_node_logs,
    "read_node_log": _logs.read_node_log,
    "get_thread_dump": _threads.get_thread_dump,
    "get_running_threads": _threads.get_running_threads,
    "get_all_log_names": _logs.get_all_log_names,
    "submit_job_by_upload": _submissions.submit_job_by_upload,
    "get_metrics": _metrics.get_metrics,
    "get_openmetrics": _metrics.get_openmetrics,
}
