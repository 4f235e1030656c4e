"""The process of the command: `python -m seatunnel_v2`, and the script `seatunnel-v2`."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress

_INTERRUPTED = 130


def run() -> None:
    """Run the command and end the process. SIGTERM and Ctrl-C end it with status 130 at any time.

    Other modules are imported after the signals have handlers.
    """
    listening = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    for number in (signal.SIGTERM, *[signal.SIGINT] * listening):
        signal.signal(number, _exit)

    import atexit
    import gc

    from seatunnel_conformance.run import GC_THRESHOLDS
    from seatunnel_conformance.run.interrupts import interrupt_on_sigterm, require_no_interrupt

    if listening:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    interrupt_on_sigterm()
    # For the whole process: a run of the suite restores the thresholds that it finds; Python's would collect at once.
    gc.set_threshold(*GC_THRESHOLDS)
    # Without this, the last collection would take a tenth of a second.
    atexit.register(gc.freeze)
    try:
        try:
            # This import takes a second, in which signals must already work.
            from seatunnel_v2.main import main

            main()
        finally:
            require_no_interrupt()
    except KeyboardInterrupt:
        _exit()
    finally:
        # From here on, only the interpreter shuts down, so a signal can end the process at once.
        for number in (signal.SIGTERM, signal.SIGINT):
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, _exit)


def _exit(*_: object) -> None:
    """Flush the output and end the process with 130, without waiting for threads.

    `sys.exit` would wait for threads that can't be interrupted. If the signal arrived while CPython compiled a function
    from text, as `dataclass` does, `sys.exit` would end the process by the signal.
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(_INTERRUPTED)


if __name__ == "__main__":
    run()
