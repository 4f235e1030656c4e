"""The operations tagged cluster. Edit this file: the generator only appends functions of new operations."""

from __future__ import annotations

from seatunnel_server.hosting import Answer, Request, Unimplemented

from vendor_seatunnel import monitoring
from vendor_seatunnel.cluster import NODE
from vendor_seatunnel.contract import types


async def get_overview(*, tags: dict[str, str]) -> types.Overview | Answer:
    """Get the overview of the cluster: GET /overview.

    Clauses:
    - overview.members (MUST): The overview has the version and commit, the total and free slots, the workers, and
      the running, finished, failed and cancelled jobs.
    - overview.dynamic-slots (MUST): With dynamic slots, `unassignedSlot` is `0` and `totalSlot` is as the fact
      `dynamicTotalSlots` (here `assigned`) specifies.
    - overview.fixed-slots (MUST): With a fixed number of slots, the overview reports the total number of slots and
      the number of free slots.
    - overview.tag-filter (MUST): With tag filters, the worker and slot counts are those of the matching workers,
      and zero if no worker matches.
    - overview.jobs-unfiltered (MUST): With tag filters, the job counts are still those of the whole cluster.
    - overview.all-tags (MUST): A worker matches only if it carries every requested tag.
    - overview.exact-tags (MUST): Names and values of tags are compared exactly, and are case-sensitive.
    - overview.repeated-tag (SHOULD): If a tag is requested more than once, the last value counts.
    - overview.counts-match-lists (MUST): While nothing changes, the job counts equal the lengths of the list of
      running jobs and of the lists of finished jobs by state.
    """
    counts: types.Overview = {
        "projectVersion": NODE.version,
        "gitCommitAbbrev": NODE.commit,
        "totalSlot": "0",
        "unassignedSlot": "0",
        "workers": "0" if tags else "1",
        "runningJobs": "0",
        "finishedJobs": "0",
        "failedJobs": "0",
        "cancelledJobs": "0",
    }
    return counts


async def get_system_monitoring_information() -> types.MemberReadings | Answer:
    """Get the monitoring information of the members: GET /system-monitoring-information.

    Clauses:
    - monitoring.one-per-member (MUST): The list has one entry for each member of the cluster.
    - monitoring.one-master (MUST): Exactly one member is the master, if entries have `isMaster`.
    - monitoring.documented-keys (MUST): An entry has every key that the documentation lists.
    - monitoring.text-values (MUST): Every value of an entry is a string.
    - monitoring.further-keys (MAY): An entry may have further keys, such as the address of the member.
    """
    return [monitoring.reading()]


async def update_tags(*, request: Request[types.NodeTags]) -> types.TagsUpdated | Answer:
    """Update the tags of a node: POST /update-tags.

    Clauses:
    - update-tags.success (MUST): An object is answered with 200 and the status `success`.
    - update-tags.replaces (MUST): The tags of the object replace all tags of the node, and within seconds the
      overview finds the node by them.
    - update-tags.clears (MUST): An empty object removes all tags of the node.
    - update-tags.empty-body (MUST): An empty body is answered with 400 and the message `Request body is empty.`.
    - update-tags.not-a-map (MUST): JSON that is not an object is answered with 400 and the message that the fact
      `notAMap` (here `parser-message`) specifies.
    - update-tags.values-as-text (SHOULD): Values are converted to strings: a number and a boolean as they are
      written, and a null to the empty string.
    - update-tags.this-node (SHOULD): Only the node that receives the request changes its tags.
    """
    raise Unimplemented
