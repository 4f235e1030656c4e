"""The failover of a cluster: the master is stopped once in a run, and checks compare the responses of other nodes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from http import HTTPStatus
from typing import Any, Final, TypeVar

from seatunnel_conformance.arrange.job_reads import LONGEST_PAUSE, OwnJob
from seatunnel_conformance.arrange.jobs import Jobs
from seatunnel_conformance.arrange.nodes import Member, members
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.arrange.waiting import polled
from seatunnel_conformance.errors import IncompleteResponse, Inconclusive, NotObservable, TargetUnreachable
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.text.visible import visible

_MASTER: Final = "SEATUNNEL_MASTER"
"""The environment variable of the command with `host:port` of the master, as the list of members shows it."""

_COMMAND_LIMIT: Final = 60.0
"""The time limit of the command in seconds."""

_SHOWN: Final = 300


class MasterNotStopped(Inconclusive):
    """The master was not stopped, so the checks of the failover are inconclusive."""


def master_of(members: Any) -> str:
    """Return `host:port` of the master in a list of members. Raises `MasterNotStopped` if there is not exactly one."""
    listed = members if isinstance(members, Sequence) else []
    found = [each for each in listed if isinstance(each, Mapping) and str(each.get("isMaster")).lower() == "true"]
    if len(found) != 1:
        raise MasterNotStopped(f"the list of members has {len(found)} masters")
    return f"{found[0].get('host')}:{found[0].get('port')}"


def stopping_by(command: str | None) -> Callable[[str], None] | None:
    """Return a function that stops the master at `host:port` with a shell command; None without a command."""
    return partial(run_kill_command, command) if command else None


_HOST: Final = re.compile(r"(?=.{1,253}:)\w([\w-]*\w)?(\.\w([\w-]*\w)?)*:[0-9]{1,5}", re.ASCII)
_IPV6: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*):[0-9]{1,5}")


def run_kill_command(command: str, master: str, seconds: float = _COMMAND_LIMIT) -> None:
    """Run a shell command that stops the master. Raises `MasterNotStopped` if it fails or takes too long.

    An invalid address also raises the error: the address comes from the target, and a command could read it as an
    option.
    """
    if not (_HOST.fullmatch(master) or _IPV6.fullmatch(master)):
        raise MasterNotStopped(f"the master has no address that --kill-command could get: {master[:_SHOWN]}")
    try:
        done = subprocess.run(  # noqa: S602 - the user's own command, and a shell is what it is written for
            command,
            shell=True,
            env={**os.environ, _MASTER: master},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise MasterNotStopped(f"--kill-command did not end within {seconds:g} s") from None
    if done.returncode != 0:
        said = visible(done.stdout.decode(errors="replace").strip())[-_SHOWN:]
        raise MasterNotStopped(f"--kill-command ended with status {done.returncode}: {said or 'it printed nothing'}")


_SETTLING_LIMIT: Final = 30.0
"""Seconds after the end of the master within which the other nodes have to respond as before.

Clusters of three nodes of 2.3.9 and 2.3.13 took 2 to 5 s. Until then, `/overview` was answered with 500.
"""

_BY_HAND: Final = 4
"""A user has this many times the limit of `--wait` to stop the master."""

_LEAVING: Final = 10.0
"""Seconds to wait until the master refuses connections, after it has left the list of members."""

_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True)
class Aftermath:
    """The state of the cluster before the master was stopped, and the nodes that remain.

    `before` has the cluster's members. `ended` has jobs by their end state, `documents` their `/job-info` responses by
    state. `streaming` has two jobs that ran when the master was stopped. `unknown_id` is an unused id. `deadline`
    (`time.monotonic`) is the time at which the cluster has to respond as before.
    """

    nodes: Sequence[Target]
    before: Sequence[Member]
    ended: Mapping[str, OwnJob]
    documents: Mapping[str, Any]
    streaming: Sequence[OwnJob]
    unknown_id: str
    deadline: float

    def soon(self, read: Callable[[], _Read], is_right: Callable[[_Read], bool]) -> _Read:
        """Call `read` until `is_right` is true of its result or the deadline is over, and return the last result.

        Before the deadline, errors of `read` are ignored, for example because a request was answered with 500.
        """
        while True:
            late = time.monotonic() > self.deadline
            try:
                found = read()
            except (Inconclusive, AssertionError, LookupError):
                if late:
                    raise
            else:
                if is_right(found) or late:
                    return found
            time.sleep(LONGEST_PAUSE)


def _print(line: str) -> None:
    # Not `sys.stderr`, whose output is not shown during a run.
    print(line, file=sys.__stderr__, flush=True)


@dataclass(slots=True)
class Failover:
    """Stops the master at the first call of `after`, for all checks of a run.

    `nodes` has the target and the further nodes of its cluster. `stop_master` is called with `host:port` of the master;
    if it is None, the user is asked to stop it within `seconds`. `say` prints a line for the user.
    """

    nodes: Sequence[Target]
    jobs: Jobs
    seconds: float
    stop_master: Callable[[str], None] | None = None
    say: Callable[[str], None] = _print
    _after: list[Aftermath | Exception] = field(default_factory=list)

    @classmethod
    def of(cls, settings: Settings, nodes: Sequence[Target], jobs: Jobs) -> Failover:
        """Return the failover of a run."""
        command = settings.kill_command
        return cls(nodes, jobs, settings.wait if command else _BY_HAND * settings.wait, stopping_by(command))

    def after(self) -> Aftermath:
        """Stop the master at the first call, and return the state. If this fails, every call raises the same error."""
        if not self._after:
            try:
                self._after.append(self._stopped())
            except Exception as error:  # noqa: BLE001 - whatever it is, no second master is stopped
                self._after.append(error)
        found = self._after[0]
        if isinstance(found, Aftermath):
            return found
        raise found

    def _stopped(self) -> Aftermath:
        before = members(self.nodes[0])
        masters = [member for member in before if member.is_master == "true"]
        if len(before) == 1 or len(masters) != 1:
            raise NotObservable(f"the cluster has {len(before)} members, of which {len(masters)} are masters")
        ended = self.jobs.of_each_end()
        streaming = [replace(self.jobs, target=node).moving() for node in (self.nodes[0], self.nodes[-1])]
        self.jobs.settle()
        documents = {state: self.jobs.info(job.id) for state, job in ended.items()}
        self._stop(masters[0])
        deadline = time.monotonic() + min(_SETTLING_LIMIT, self.seconds)
        nodes = self._remaining(every=len(before) <= len(self.nodes))
        # Later checks need jobs at a node that is still there.
        self.jobs.target = nodes[0]
        return Aftermath(nodes, before, ended, documents, streaming, self.jobs.new_id(), deadline)

    def _stop(self, master: Member) -> None:
        """Stop the master, and wait until another node no longer lists it. Raises `MasterNotStopped`."""
        address = f"{master.host}:{master.port}"
        if self.stop_master is None:
            self.say(
                f"Stop the master of the cluster now, within {self.seconds:g} s: {visible(address)} (kill -9;"
                " for a reference server, kill -USR1)."
            )
        else:
            self.stop_master(address)
        if not polled(partial(_has_left, master, list(self.nodes)), bool, self.seconds, LONGEST_PAUSE):
            raise MasterNotStopped(f"the master {address} was still a member after {self.seconds:g} s")

    def _remaining(self, *, every: bool) -> list[Target]:
        """Return the nodes that still accept connections. With `every`, one of `nodes` must be the master."""
        found = polled(
            lambda: list(filter(responds, self.nodes)),
            lambda left: len(left) < len(self.nodes) or not every,
            _LEAVING,
            LONGEST_PAUSE,
        )
        if not found:
            raise MasterNotStopped("none of the nodes of --node responds any more")
        return found


def _has_left(master: Member, asked: list[Target]) -> bool:
    """Return whether a node no longer lists the master. Nodes that can't be reached are removed from `asked`."""
    for node in asked:
        try:
            return master[:2] not in [member[:2] for member in members(node)]
        except TargetUnreachable:
            # After several failures in a row at one node, the whole run would end.
            asked.remove(node)
            return False
        except Inconclusive:
            continue
    return False


def responds(node: Target) -> bool:
    """Return whether a node accepts connections."""
    try:
        return node.get("/overview").status in set(HTTPStatus)
    except IncompleteResponse:
        return True
    except TargetUnreachable:
        return False
