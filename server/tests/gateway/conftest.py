"""A gateway, and the engine of its cluster served without it for comparison."""

from contextlib import asynccontextmanager

import pytest
from clusters import gateway
from speaking_releases import contract_of

from seatunnel_server import create_app


@pytest.fixture
def bridged(speaking, api):
    """Serve one release in front of a cluster of another, and the same engine directly in the former for comparison."""

    @asynccontextmanager
    async def serve_both(cluster_release, release):
        async with speaking(cluster_release) as cluster:
            direct = type(api)(create_app(contract_of(release), cluster.engine.nodes[0]), cluster.engine)
            async with gateway(type(api), cluster.app, release, release=cluster_release) as bridge:
                yield cluster, direct, bridge

    return serve_both
