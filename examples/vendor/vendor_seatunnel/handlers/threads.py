"""The operations tagged threads. Edit this file: the generator only appends functions of new operations."""

from __future__ import annotations

from seatunnel_server.hosting import Answer

from vendor_seatunnel import threads
from vendor_seatunnel.contract import types


async def get_thread_dump() -> types.ThreadDump | Answer:
    """Get a dump of the threads of a node: GET /thread-dump.

    Clauses:
    - thread-dump.members (MUST): The response lists the threads of the node, each with its name, number, state and
      stack.
    """
    return threads.dumped()


async def get_running_threads() -> types.RunningThreads | Answer:
    """List the threads of a node: GET /running-threads.

    Clauses:
    - running-threads.members (MUST): The response lists the threads of the node, each with its name and its class
      loader. A request during which a thread changes its name can be refused with 400; a repeated request is
      answered.
    - running-threads.order (SHOULD): The threads are sorted by name.
    """
    return threads.running()
