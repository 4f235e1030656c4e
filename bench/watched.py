"""A reference server in a separate process, with a watchdog for its event loop."""

from __future__ import annotations

import asyncio
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import psutil

from seatunnel_server.serving.process import RunningServer, ServeOptions, serve

START_LIMIT: Final = 20.0  # seconds
MEMORY_LIMIT: Final = 6 * 2**30
_STEP: Final = 0.005  # seconds


def main(release: str) -> int:
    """Serve until standard input ends; print each block of the event loop that is longer than all before.

    Blocks are measured in CPU time of the loop's thread, so that other processes don't count.
    """

    async def watch(longest: float = 0.0) -> None:
        while True:
            begun = time.thread_time()
            await asyncio.sleep(_STEP)
            if (busy := (time.thread_time() - begun) * 1000) > longest:
                longest = busy
                print(f"block {busy:.0f}", flush=True)  # noqa: T201 - read by `watched_server`

    def stop_at_end(running: RunningServer) -> None:
        sys.stdin.read()
        running.stop()

    def started(running: RunningServer) -> None:
        tasks.append(running.loop.create_task(watch()))
        threading.Thread(target=stop_at_end, args=(running,), daemon=True).start()

    tasks: list[asyncio.Task[None]] = []
    return serve(ServeOptions(release=release, port=0, speed=50), started=started)


@contextmanager
def watched_server(release: str, block: Callable[[float], None]) -> Iterator[tuple[int, psutil.Process]]:
    """Start a server; yield its port and process. `block` is called with each longest block of its loop, in ms.

    Its memory is limited, to protect the machine. Raises `RuntimeError` if it does not start.
    """
    process = subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", "bench.watched", release],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT)),  # noqa: PLW1509
    )
    ports: list[int] = []

    def listen() -> None:
        for line in process.stdout or ():
            if line.startswith("block "):
                block(float(line[6:]))
            elif "http://" in line:
                ports.append(int(line.rstrip().rsplit(":", 1)[1]))

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    try:
        limit = time.monotonic() + START_LIMIT
        while not ports and process.poll() is None and time.monotonic() < limit:
            time.sleep(0.02)
        if not ports:
            raise RuntimeError(f"no server within {START_LIMIT:.0f} s")
        yield ports[0], psutil.Process(process.pid)
    finally:
        process.kill()
        process.wait()
        listener.join()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
