"""The errors of the engine: refused input (`IllegalArgument`), and failures (`EngineFailure`).

The engine's filter `ExceptionHandlingFilter` responds differently to the two families: see
`seatunnel_server.http.error_responses`.
"""

from __future__ import annotations

from seatunnel_server.errors import TemplateError


class EngineError(TemplateError):
    """The engine rejected an operation; `message` is sent to the client, and in some releases `java_class`, too."""

    java_class = "java.lang.RuntimeException"
    has_stack_trace = False
    """Whether the client gets a stack trace in every release (`ExceptionUtils.getMessage`)."""


class IllegalArgument(EngineError):
    """Input that the engine recognises as wrong (Java's `IllegalArgumentException`)."""

    java_class = "java.lang.IllegalArgumentException"


class EngineFailure(EngineError):
    """An error of the engine that is not an `IllegalArgument`."""


class JobAlreadySubmitted(EngineFailure):
    """A job was submitted with the id of an ended job, without starting from its savepoint."""

    java_class = "org.apache.seatunnel.engine.common.exception.JobException"
    has_stack_trace = True

    template = "The job id {} has already been submitted and is not starting with a savepoint."


class StateNotCleaned(EngineFailure):
    """A job was submitted with the id of a job that has just ended, and whose state is not removed yet."""

    java_class = "org.apache.seatunnel.engine.common.exception.JobException"
    has_stack_trace = True

    template = "The job id {} is waiting for terminal state cleanup, please retry later."


class SavepointFailed(EngineFailure):
    """The master took no savepoint of a job that it should stop with one; only other nodes report this error."""

    java_class = "java.util.concurrent.CompletionException"


class JobNotRunning(SavepointFailed):
    """The job to be stopped with a savepoint is unknown or has ended."""

    template = (
        "org.apache.seatunnel.engine.common.exception.SavePointFailedException: "
        "The job with id '{}' not running, save point failed"
    )


class CheckpointRefused(SavepointFailed):
    """The job to be stopped with a savepoint has not begun to move rows, or is being stopped already."""

    template = (
        "org.apache.seatunnel.engine.common.exception.SeaTunnelEngineException: "
        "java.util.concurrent.ExecutionException: "
        "org.apache.seatunnel.engine.server.checkpoint.CheckpointException: {}"
    )


class MasterLeft(EngineFailure):
    """A node sent a request to the master after the master had left, before another node replaced it."""

    java_class = "com.hazelcast.core.MemberLeftException"

    template = "com.hazelcast.core.MemberLeftException: {} [master node] has left cluster!"


class NoEnoughResource(EngineFailure):
    """A job needs more slots than are free. It ends immediately; the client gets no error."""

    java_class = "org.apache.seatunnel.engine.server.resourcemanager.NoEnoughResourceException"

    template = "the job asks for {} slots, {} are free"


class InvalidNumber(IllegalArgument):
    """The text is not an integer in the range of its Java type (`NumberFormatException`)."""

    java_class = "java.lang.NumberFormatException"

    template = 'For input string: "{}"'
