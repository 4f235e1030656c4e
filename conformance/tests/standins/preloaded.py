"""Processes of `seatunnel-v2` that start without importing for a second.

Half of the CPU time of many tests was imports. With this `Popen`, `[sys.executable, "-m", "seatunnel_v2", …]` runs in a
fork of a process that has imported `MODULES`, loaded the contracts and done nothing else. It has its own streams,
folder, environment and signal handlers, and is a child of the test's process, as always. So do the reference servers
that such a command starts. Other commands start as usual. For scripts of a shell, `command_folder` has a program
`seatunnel-v2` that runs in such a fork, too.
"""

import atexit
import ctypes
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

MODULES = (
    "seatunnel_v2.main",
    "seatunnel_conformance.faults.runner",
    "seatunnel_conformance.run.generation",
    "seatunnel_conformance.run.runner",
    "seatunnel_conformance.run.session",
    "seatunnel_server.api.handlers.submissions",
    "seatunnel_server.serving.process",
    "hypothesis.stateful",
    "httpx2",
    "jsonpath",
    "pydantic",
    "rich.console",
    "schemathesis.engine",
    "schemathesis.specs.openapi.schemas",
    "typer._adapters",
)
"""No module with checks: pytest rewrites their asserts when they are imported, which has to happen in a run."""

_COMMAND = [sys.executable, "-m", "seatunnel_v2"]
_DEFAULTS = (True, None, None, None, -1, False)
"""Signals, user, groups, umask and session of a `Popen` that names none."""

_STARTING = {"--serve", "faults", "rehearse", "try-client"}
"""Words of commands that start reference servers. `reference:2.3.10` is another one."""

_SUBREAPER, _PARENT_DEATH_SIGNAL = 36, 1  # PR_SET_CHILD_SUBREAPER and PR_SET_PDEATHSIG in <sys/prctl.h>
_LOCK = threading.Lock()
_CONNECTIONS: list[socket.socket] = []

_PROGRAM = """#!{python} -IS
import json, os, signal, socket, sys
if "--show-completion" in sys.argv:  # the shell is found among the processes above this one
    os.execl({python!r}, "python", "-m", "seatunnel_v2", *sys.argv[1:])
connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
connection.connect({address!r})
socket.send_fds(connection, [json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()], range(3))
pid = int(connection.recv(100))
signal.signal(signal.SIGTERM, lambda number, _: os.kill(pid, number))
sys.exit(int(connection.recv(100)) % 256)
"""
"""A program that has its own streams, folder and environment used by a fork, and ends with its status."""


@contextmanager
def command_folder() -> Iterator[str]:
    """Yield a folder for the PATH, with a program `seatunnel-v2` that starts without importing for a second."""
    if sys.platform != "linux":
        yield str(Path(sys.executable).parent)
        return
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        program, address = Path(folder, "seatunnel-v2"), str(Path(folder, "socket"))
        program.write_text(_PROGRAM.format(python=sys.executable, address=address), encoding="utf-8")
        program.chmod(0o700)
        listener.bind(address)
        listener.listen()
        pid = _spawned(listener)
        try:
            yield folder
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


class Popen(subprocess.Popen):  # type: ignore[type-arg]
    """A process with the interface of `subprocess.Popen`."""

    def _execute_child(self, args: Any, *others: Any) -> None:
        # The order is that of CPython 3.11 to 3.14.
        _, before_exec, _, passed, cwd, env, _, _, shell, *pipes = others[:15]
        is_special = before_exec or passed or shell or others[15:21] != _DEFAULTS or others[21] not in {-1, 0}
        streams = [own if pipe == -1 else pipe for own, pipe in enumerate((pipes[0], pipes[3], pipes[5]))]
        environment = dict(os.environ if env is None else env)
        if is_special or not _is_preloaded(args, environment, streams):
            super()._execute_child(args, *others)  # type: ignore[misc]
            return
        start = [[os.fspath(word) for word in args[3:]], os.path.abspath(cwd or "."), environment, others[21]]  # noqa: PTH100
        with _LOCK:
            socket.send_fds(_connection(), [json.dumps(start).encode()], streams)
            self.pid = int(_connection().recv(100))
        self._child_created = True
        self._close_pipe_fds(*pipes)  # type: ignore[attr-defined]


def _is_preloaded(args: Any, environment: dict[str, str], streams: list[int]) -> bool:
    """Return whether a fork can replace a new process: some variables, and a terminal, change how Python starts."""
    if sys.platform != "linux" or not isinstance(args, list) or args[:3] != _COMMAND:
        return False
    names = {name for name in {*environment, *os.environ} if name.startswith(("PYTHON", "LC_", "LANG"))}
    return all(environment.get(name) == os.environ.get(name) for name in names) and not any(map(os.isatty, streams))


def _connection() -> socket.socket:
    """Return the connection to the process that forks; start it if there is none."""
    if not _CONNECTIONS:
        _CONNECTIONS.append(_started())
    return _CONNECTIONS[0]


def _started() -> socket.socket:
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    _adopt_orphans()
    atexit.register(ours.close)
    with its:
        _spawned(its)
    return ours


def _spawned(its: socket.socket) -> int:
    """Start the process that forks for each command that a connection or a listener receives; return its id."""
    its.set_inheritable(True)
    words = [sys.executable, __file__, str(its.fileno())]
    actions = [(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)]
    return os.posix_spawn(words[0], words, os.environ, file_actions=actions)


def _adopt_orphans() -> None:
    if ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0):
        raise OSError("orphans can't become children of this process: their exit status would be lost")


def _serve(connection: socket.socket) -> list[str]:
    """Fork for each command that is received. Returns the words of a command in its fork; exits when no more come."""
    while True:
        message, streams, _, _ = socket.recv_fds(connection, 1 << 20, 3)
        if not message:
            os._exit(0)
        words, folder, environment, group = json.loads(message)
        # The child of a child that has ended is an orphan.
        reading, writing = os.pipe()
        if (between := os.fork()) == 0:
            if (child := os.fork()) == 0:
                break
            if group == 0:
                os.setpgid(child, child)
            os.write(writing, str(child).encode())
            os._exit(0)
        os.waitpid(between, 0)
        connection.send(os.read(reading, 100))
        for descriptor in (reading, writing, *streams):
            os.close(descriptor)
    for descriptor in (reading, writing):
        os.close(descriptor)
    return _become(connection, streams, words, folder, environment)


def _listen(listener: socket.socket) -> list[str]:
    """Fork for each program that connects, and send it the exit status of its command. Returns as `_serve` does."""
    ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    while True:
        connection, _ = listener.accept()
        if os.fork() == 0:
            break
        connection.close()
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
    listener.close()
    message, streams, _, _ = socket.recv_fds(connection, 1 << 20, 3)
    if child := os.fork():
        for descriptor in streams:
            os.close(descriptor)
        connection.send(str(child).encode())
        connection.send(str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])).encode())
        os._exit(0)
    return _become(connection, streams, *json.loads(message))


def _become(
    connection: socket.socket, streams: list[int], words: list[str], folder: str, environment: dict[str, str]
) -> list[str]:
    """Let the fork use these streams, and close all others; return the words of the command."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.closerange(3, max(*streams, connection.fileno()) + 1)
    connection.detach()
    if any(word in _STARTING or word.startswith("reference:") for word in words):
        return _with_servers(words, folder, environment)
    return _as_started(words, folder, environment)


def _with_servers(words: list[str], folder: str, environment: dict[str, str]) -> list[str]:
    """Run a command whose own processes are forks as well: of one more process, which does nothing else."""
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if os.fork() == 0:
        ours.close()
        nothing = os.open(os.devnull, os.O_RDWR)
        for number in range(3):
            os.dup2(nothing, number)
        return _serve(its)
    its.close()
    _adopt_orphans()
    _CONNECTIONS[:] = [ours]
    subprocess.Popen = Popen  # type: ignore[misc]
    return _as_started(words, folder, environment)


def _as_started(words: list[str], folder: str, environment: dict[str, str]) -> list[str]:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.path[0] = folder
    return words


def _end(statuses: list[int]) -> None:
    """End at once with this status: to delete all objects first would take as long as the command."""
    # If this fails, the usual end of Python reports the error.
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
        for status in statuses:
            os._exit(status)


if __name__ == "__main__":
    # Ctrl-C ends the tests, which end this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for module in MODULES:
        importlib.import_module(module)
    contracts = importlib.import_module("seatunnel_openapi")
    for release in contracts.releases():
        contracts.in_own_words(contracts.load(release))
    assert threading.active_count() == 1, "a thread would be missing in the forks"
    gc.freeze()
    ours = socket.socket(fileno=int(sys.argv[1]))
    is_listening = ours.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    sys.argv[1:] = _listen(ours) if is_listening else _serve(ours)
    statuses: list[int] = []
    # The function that is registered first is called last.
    atexit.register(_end, statuses)
    try:
        runpy.run_module("seatunnel_v2", run_name="__main__", alter_sys=True)
    except SystemExit as end:
        statuses += [end.code or 0] if isinstance(end.code, int | None) else []
        raise
