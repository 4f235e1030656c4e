import asyncio
import socket
import threading
from contextlib import ExitStack, closing, suppress

import pytest

from seatunnel_server.errors import PortTaken
from seatunnel_server.http.listening import accept_no_more, address_of, free_ports, listen


@pytest.fixture
def taken():
    """A port in use."""
    with closing(listen("127.0.0.1", [0])) as listener:
        yield listener.getsockname()[1]


def test_any_port_is_a_real_one():
    with closing(listen("127.0.0.1", [0])) as listener:
        host, port = address_of(listener, "127.0.0.1").split(":")
        assert host == "127.0.0.1"
        with closing(socket.create_connection((host, int(port)))) as client:
            assert client.getpeername() == (host, int(port))


def test_taken_port_is_named(taken):
    with pytest.raises(PortTaken, match=rf"Can't listen on port {taken} of 127\.0\.0\.1: address already in use\."):
        listen("127.0.0.1", [taken])


def test_first_free_port_is_taken(taken):
    with closing(listen("127.0.0.1", [taken, 0])) as listener:
        assert listener.getsockname()[1] != taken


def test_range_without_a_free_port_is_named(taken):
    with closing(listen("127.0.0.1", [0])) as other:
        last = other.getsockname()[1]
        with pytest.raises(
            PortTaken, match=rf"any port from {taken} to {last} of 127\.0\.0\.1: address already in use"
        ):
            listen("127.0.0.1", [taken, last])
    with pytest.raises(PortTaken, match="no port was given"):
        listen("127.0.0.1", [])


def test_host_that_is_not_of_this_machine_is_refused():
    with pytest.raises(PortTaken, match=r"of 203\.0\.113\.1: "):
        listen("203.0.113.1", [0])
    with pytest.raises(PortTaken, match=r"of no such host: "):
        listen("no such host", [0])


def test_range_holds_both_ends_and_no_port_that_is_taken_for_datagrams():
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        probe.bind(("", 0))
        port = probe.getsockname()[1]
        assert port not in set(free_ports(port - 1, 2))
    assert list(free_ports(65535, 100)) in ([65535], [])


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("0.0.0.0", "localhost"),  # noqa: S104 - a name to show
        ("", "localhost"),
        ("127.0.0.1", "127.0.0.1"),
        ("::1", "[::1]"),
    ],
)
def test_wildcards_are_shown_as_this_machine(host, shown):
    with closing(listen("127.0.0.1", [0])) as listener:
        assert address_of(listener, host) == f"{shown}:{listener.getsockname()[1]}"


class Connections(asyncio.Protocol):
    """Records its connections."""

    def __init__(self, known):
        self.known = known

    def connection_made(self, transport):
        self.known.append(transport)


@pytest.mark.slow
def test_whoever_was_accepted_is_known_once_nobody_is_accepted_any_more(leaving_nothing_open):
    async def serve_until_somebody_has_connected(clients):
        known = []
        listener = listen("127.0.0.1", [0])
        server = await asyncio.get_running_loop().create_server(lambda: Connections(known), sock=listener)
        for _ in range(20):
            clients.enter_context(closing(socket.create_connection(listener.getsockname())))
        for _ in range(2):
            # The event loop learns of them in the first round, and accepts them in the second.
            await asyncio.sleep(0)
        await accept_no_more([server])
        server.close()
        for transport in known:
            transport.abort()
        return len(known)

    with ExitStack() as clients, leaving_nothing_open():
        assert asyncio.run(serve_until_somebody_has_connected(clients)) == 20


@pytest.mark.slow
def test_app_that_is_served_no_more_leaves_nothing_open_though_clients_still_come(served, leaving_nothing_open):
    with ExitStack() as clients, leaving_nothing_open():
        with served(nothing) as url:
            coming = [threading.Thread(target=come, args=(url, clients)) for _ in range(2)]
            for each in coming:
                each.start()
            come(url, clients, times=20)
        for each in coming:
            each.join()


def come(url, clients, times=2000):
    """Open up to `times` connections; stop at one that fails."""
    host, port = url.removeprefix("http://").split(":")
    with suppress(OSError):
        for _ in range(times):
            clients.enter_context(closing(socket.create_connection((host, int(port)), timeout=10)))


async def nothing(scope, receive, send):
    """Send no response."""
