"""The threads of this process, in the format of the API."""

from __future__ import annotations

import sys
import threading
import traceback

from vendor_seatunnel.contract import types


def running() -> types.RunningThreads:
    """Return the running threads, sorted by name."""
    names = sorted(thread.name for thread in threading.enumerate())
    return [{"threadName": name, "classLoader": "vendor"} for name in names]


def dumped() -> types.ThreadDump:
    """Return the threads with their stack traces, the innermost frame first."""
    frames = sys._current_frames()
    return [
        {
            "threadName": thread.name,
            "threadId": thread.native_id or 1,
            "threadState": "RUNNABLE" if thread is threading.current_thread() else "WAITING",
            "stackTrace": "".join(reversed(traceback.format_stack(frames.get(thread.ident or 0)))),
        }
        for thread in threading.enumerate()
    ]
