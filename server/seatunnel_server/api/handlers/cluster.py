"""The cluster: its counts, its members' health, and the tags of the node that receives the request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seatunnel_server.api.diagnosis import HttpService, WorkerResources
from seatunnel_server.api.endpoints import Call, current
from seatunnel_server.engine.errors import IllegalArgument
from seatunnel_server.engine.javatext import java_text
from seatunnel_server.http.replies import Reply
from seatunnel_server.http.request import InvalidJson, NotAnObject


async def get_overview(*, tags: Mapping[str, str]) -> Reply:
    """Counts of workers, slots and jobs; every query parameter is a tag that workers must carry."""
    call = current()
    return call.present.overview(await call.engine.overview(tags))


async def get_system_monitoring_information() -> Reply:
    """One reading of the health monitor per cluster member; some releases mark the one that received the request."""
    call = current()
    own = call.node.identity
    readings = await call.engine.monitoring()
    return call.present.readings([{**it, "localMember": str(it.get("uuid") == own).lower()} for it in readings])


async def update_tags() -> Reply:
    """Replace the tags of this node; null becomes the empty string (`update-tags/value-types`)."""
    call = current()
    try:
        tags = (await call.read(call.body)).mapping()
    except NotAnObject:
        if call.facts.choice("notAMap") == "invalid-json-message":
            raise InvalidJson from None
        raise
    return await _replace(call, tags)


async def update_local_member_tags() -> Reply:
    """Replace the tags of this node, if the body names this node."""
    call = current()
    body = (await call.read(call.body)).mapping()
    if body.get("uuid") != call.node.identity:
        raise IllegalArgument("Target member uuid must match the REST node serving this request.")
    tags = body.get("tags")
    if not isinstance(tags, dict):
        raise IllegalArgument("The tags field must be an object.")
    return await _replace(call, tags)


async def _replace(call: Call, tags: Mapping[str, Any]) -> Reply:
    await call.node.update_tags({name: "" if value is None else java_text(value) for name, value in tags.items()})
    return call.present.render(())


async def get_worker_resources() -> Reply:
    """The workers and their free slots and resources."""
    call = current()
    return call.present.render(WorkerResources(call.engine.now(), await call.engine.workers({})))


async def get_http_service_status() -> Reply:
    """How this node serves the API."""
    call = current()
    return call.present.render(HttpService(call.node.address, call.present.context_path, call.present.requires_auth))
