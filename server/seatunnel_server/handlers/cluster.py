"""The cluster: its counts, its members' health, the tags of the node that is asked."""

from __future__ import annotations

from collections.abc import Mapping

from seatunnel_server.bodies import InvalidJson, NotAnObject
from seatunnel_server.call import current
from seatunnel_server.engine.javatext import java_text
from seatunnel_server.replies import Reply


async def get_overview(*, tags: Mapping[str, str]) -> Reply:
    """Counts of workers, slots and jobs; every query parameter is a tag that workers must carry."""
    call = current()
    return call.present.overview(await call.engine.overview(tags))


async def get_system_monitoring_information() -> Reply:
    """One reading of the health monitor per cluster member."""
    call = current()
    return call.present.readings(await call.engine.monitoring())


async def update_tags() -> Reply:
    """Replace the tags of this node; a null becomes the empty text (`update-tags/value-types`)."""
    call = current()
    try:
        tags = call.body().mapping()
    except NotAnObject:
        if call.facts.choice("notAMap") == "invalid-json-message":
            raise InvalidJson from None
        raise
    await call.engine.update_tags({name: "" if value is None else java_text(value) for name, value in tags.items()})
    return call.present.tags_updated()
