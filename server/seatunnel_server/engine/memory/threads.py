"""The threads of this process, told as those of a node."""

from __future__ import annotations

import sys
import threading
import traceback
from types import FrameType

from seatunnel_server.engine.domain import NodeThread

_CLASS_LOADER = "jdk.internal.loader.ClassLoaders$AppClassLoader@251a69d7"


def running_threads() -> tuple[NodeThread, ...]:
    """Return the threads as they stand; of their frames only names are told, no folders of this machine."""
    frames, own = sys._current_frames(), threading.get_ident()  # noqa: SLF001 - there is no other way to the stacks
    return tuple(
        NodeThread(
            number=thread.native_id or thread.ident or 1,
            name=thread.name,
            state="RUNNABLE" if thread.ident == own else "WAITING",
            stack=_stack(frames.get(thread.ident or 0)),
            class_loader=_CLASS_LOADER,
        )
        for thread in threading.enumerate()
    )


def _stack(frame: FrameType | None) -> str:
    """Return the frames of a stack, the innermost first, as Java writes them."""
    frames = traceback.walk_stack(frame) if frame is not None else ()
    return "\n".join(
        f"{inner.f_globals.get('__name__', '')}.{inner.f_code.co_name}({inner.f_code.co_name}.py:{line})"
        for inner, line in frames
    )
