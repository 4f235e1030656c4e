"""Which release a cluster has."""

from __future__ import annotations

from http import HTTPStatus

from seatunnel_openapi import overlays
from seatunnel_server.engine.zeta.cluster import Cluster
from seatunnel_server.errors import ClusterError, ClusterNotIdentified, ClusterResponseInvalid


async def release_of(cluster: Cluster) -> str:
    """Return the release of a cluster by the version in its overview. Raises `ClusterNotIdentified`."""
    try:
        answer = await cluster.read("/overview")
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise ClusterResponseInvalid(f"{answer.described}.")
        version = answer.document["projectVersion"]
    except ClusterError as error:
        raise ClusterNotIdentified(f"The cluster can't be identified: {error.message}") from None
    except (KeyError, TypeError):
        raise ClusterNotIdentified(f"The node {answer.node} answers {answer.status} without a version.") from None
    named = [overlay.name for overlay in overlays() if version in overlay.versions]
    if not named:
        raise ClusterNotIdentified(
            f"The cluster says that it is {version}, and there is no contract of that release. "
            "hint: --engine-release selects a similar one"
        )
    if version not in named and len(named) > 1:
        raise ClusterNotIdentified(
            f"The cluster says that it is {version}, which can be {' or '.join(named)}. "
            "hint: --engine-release selects one"
        )
    return version if version in named else named[0]
