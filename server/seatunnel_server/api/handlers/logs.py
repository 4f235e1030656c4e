"""Log files, of all nodes and of the node that receives the request."""

from __future__ import annotations

import posixpath

from seatunnel_server.api.endpoints import current
from seatunnel_server.http.replies import Reply, reads


@reads(first=True)
async def list_logs(*, format_: str | None) -> Reply:
    """Links to the log files of all nodes."""
    call = current()
    return await call.present.log_files(await call.engine.logs(), format_, call.address_of)


@reads(raw_path=True, first=True)
async def read_logs(*, job_id_or_file: str, format_: str | None) -> Reply:
    """A log file, if its name in the path contains `.log`; else links to the files whose names contain that text."""
    call, name = current(), job_id_or_file.removesuffix("/")
    if call.facts.choice("fileName") == "resolved":
        name = posixpath.normpath(f"/{name}").lstrip("/")
    if ".log" in name:
        return await call.present.log_text(await call.node.read_log(name.lstrip("/")))
    found = [file for file in await call.engine.logs() if name in file.name]
    return await call.present.log_files(found, format_, call.address_of)


async def get_all_log_names() -> Reply:
    """The names of the log files of this node."""
    call = current()
    return await call.present.log_names(await call.node.log_files())


async def list_node_logs() -> Reply:
    """Links to the log files of this node."""
    call = current()
    return await call.present.node_log_files(await call.node.log_files())


@reads(raw_path=True)
async def read_node_log(*, file: str) -> Reply:
    """The text of a log file of this node."""
    call = current()
    return await call.present.log_text(await call.node.read_log(file.removesuffix("/").lstrip("/")))
