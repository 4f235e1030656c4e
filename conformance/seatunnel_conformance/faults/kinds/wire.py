"""Faults that break the schema of a response: members that are missing, unknown or of another type."""

from __future__ import annotations

from typing import Final

from seatunnel_conformance.faults.changes import *
from seatunnel_conformance.observe.forms import END

_READINGS: Final = "get_system_monitoring_information"

FAULTS: Final = (
    row("overview-loses-workers", "The overview lacks the number of workers.", "overview.members",
        overview(drop("workers"))),
    row("overview-has-numbers", "The counts of the overview are numbers instead of strings.", "overview.members",
        overview(numbers)),
    row("overview-has-more", "The overview has a member that is not in the contract.", "http.further-members",
        overview(put(pendingJobs="0"))),
    row("overview-is-a-list", "The overview is in a list instead of being an object.", "overview.members",
        overview(lambda found: [found])),
    row("version-is-missing", "The overview lacks the version.", "overview.members", overview(drop("projectVersion"))),
    row("job-loses-counters", "The details of a job lack its counters.", "job-info.members running-job.all-counters",
        shown(drop("metrics"))),
    row("counters-are-numbers", "The counters of a job are numbers instead of strings.",
        "job-info.counts running-job.all-counters", shown(metrics(numbers))),
    row("running-job-loses-options", "The details of a running job lack its options.", "job-info.running-members",
        shown(drop("envOptions"))),
    row("end-time-is-missing", "The details of an ended job lack its end time.", "job-info.finished-members",
        shown(drop(END))),
    row("time-has-a-zone", "The create times in the lists of ended jobs have the format of RFC 3339.",
        "finished-jobs.lists-ended", listed(at("createTime", lambda time: time.replace(" ", "T") + "Z")),
        on=doc.FINISHED),
    row("state-is-a-new-word", "In lists, a job that ended with a savepoint has a state that is not in the contract.",
        "finished-jobs.lists-ended finished-jobs.savepoint-state",
        listed(at("jobStatus", lambda state: "SAVEPOINTED" if state == "SAVEPOINT_DONE" else state))),
    row("list-has-an-envelope", "The lists of jobs are in an object with `total` and `items`.",
        "finished-jobs.lists-ended running-jobs.lists-running",
        edited(lambda items: {"total": len(items), "items": items}), when=doc.lists_jobs),
    row("reading-loses-a-key", "The monitoring entries lack one of the documented keys.", "monitoring.documented-keys",
        edited(each(drop("minor.gc.count"))), on=_READINGS, when=lists),
    row("reading-has-numbers", "The counts in the monitoring entries are numbers instead of strings.",
        "monitoring.text-values", edited(each(numbers)), on=_READINGS, when=lists),
    row("receipt-id-is-a-number", "The id in the receipt of a submission is a number instead of a string.",
        "submit-job.receipt submit-job.generated-id", receipts(at("jobId", number)), on="submit_job"),
    row("receipt-loses-name", "The receipts of submissions lack the name of the job.",
        "submit-job.receipt submit-jobs.receipts", receipts(drop("jobName")), on="submit_job submit_jobs"),
    row("log-entry-loses-node", "The entries of the JSON list of log files lack the node.", "logs.json-list",
        edited(each(drop("node"))), on="list_logs read_logs", when=lists),
)  # fmt: skip
