"""The operations tagged threads: yours to write. New ones are appended; nothing else is changed."""

from __future__ import annotations

from seatunnel_server.hosting import Answer

from vendor_seatunnel import threads
from vendor_seatunnel.contract import types


async def get_thread_dump() -> types.ThreadDump | Answer:
    """Get a dump of the threads of a node: GET /thread-dump.

    What the conformance suite holds it to:
    - thread-dump.members (MUST): The response lists the threads of the node, each with its name, number, state and
      stack.
    """
    return threads.dumped()


async def get_running_threads() -> types.RunningThreads | Answer:
    """List the threads of a node: GET /running-threads.

    What the conformance suite holds it to:
    - running-threads.members (MUST): The response lists the threads of the node, each with its name and its class
      loader.
    - running-threads.order (SHOULD): The threads are sorted by name.
    """
    return threads.running()
