"""The process of the command: `python -m seatunnel_v2`, and the script `seatunnel-v2`."""

from __future__ import annotations

import atexit
import gc
import os
import signal
import sys
from contextlib import suppress
from typing import Any, Final

from seatunnel_conformance.run import GC_THRESHOLDS
from seatunnel_conformance.run.interrupts import interrupt_on_sigterm, require_no_interrupt

_INTERRUPTED: Final = 130


def run() -> None:
    """Run the command; the process ends here. A SIGTERM or Ctrl-C ends it with 130 at any moment."""
    interrupt_on_sigterm()
    # Here for the whole process: `run` restores the thresholds that it finds, and those of Python collect at once.
    gc.set_threshold(*GC_THRESHOLDS)
    # At the end it would take a tenth of a second.
    atexit.register(gc.freeze)
    try:
        try:
            # A second in which interrupts have to be heard already.
            from seatunnel_v2.main import main

            main()
        finally:
            require_no_interrupt()
    except KeyboardInterrupt:
        _exit()
    finally:
        # From now on there is nothing but the interpreter to tear down.
        for number in (signal.SIGTERM, signal.SIGINT):
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, _exit)


def _exit(*_: Any) -> None:
    """End the process as it is.

    `sys.exit` would wait for threads that nothing interrupts, and CPython kills itself with the signal after an
    interrupt that came while it made a function from a text, as dataclasses do.
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(_INTERRUPTED)


if __name__ == "__main__":
    run()
