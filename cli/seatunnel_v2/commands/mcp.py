"""`seatunnel-v2 mcp`: a server of the Model Context Protocol, with checks as tools for assistants."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import typer

from seatunnel_conformance.run.interrupts import interrupt_on_sigterm
from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.messages import fail, load_contract
from seatunnel_v2.options import documents

EPILOG = r"""Examples:

$ seatunnel-v2 mcp

$ seatunnel-v2 mcp --release 2.3.10 --allow-writes

Needs, in a checkout: pip install '.\[mcp]'.
"""


def mcp(
    release: documents.ClusterRelease = None,
    allow_writes: Annotated[  # noqa: FBT002 - typer's own way
        bool, typer.Option("--allow-writes", help="Allow the tool `conform` to submit small jobs to a deployment.")
    ] = False,
) -> None:
    """Serve the Model Context Protocol on standard input and output: tools for assistants that write jobs.

    The guide "Check jobs and documentation" lists the tools. Without --allow-writes, a deployment is only read. The
    server stops when standard input closes.
    """
    try:
        from seatunnel_v2.assistants import Assistance
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] not in {"mcp", "mcp_types"}:
            raise
        fail(ExitStatus.USAGE, "the package mcp is not installed", "pip install '.[mcp]'")
    try:
        Assistance(release or load_contract(release).release, allow_writes=allow_writes).server(_until_signal).run()
    except asyncio.CancelledError:
        # asyncio has replaced the signal handlers; with them restored, the command ends like any other.
        interrupt_on_sigterm()
        signal.raise_signal(signal.SIGTERM)


@asynccontextmanager
async def _until_signal(_: Any) -> AsyncIterator[None]:
    """Cancel every task on SIGTERM and Ctrl-C, so that the server ends with `CancelledError`.

    An exception raised by a signal handler would end whichever task is running, and asyncio would log it.
    """
    loop = asyncio.get_running_loop()

    def cancel() -> None:
        for task in asyncio.all_tasks(loop):
            task.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        if signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, cancel)
    yield
