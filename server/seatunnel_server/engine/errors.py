"""Why the engine refuses or fails: one class per error, no HTTP in them.

The engine answers the two families differently (`ExceptionHandlingFilter`), whatever the leaf; the table that says
how is in `seatunnel_server.http.error_responses`.
"""

from __future__ import annotations

from seatunnel_server.errors import TemplateError


class EngineError(TemplateError):
    """The engine rejected an operation; `message` is sent to the client, and `java_class` where a release does that."""

    java_class = "java.lang.RuntimeException"
    has_stack_trace = False
    """Whether the client gets a stack trace in every release (`ExceptionUtils.getMessage`)."""


class IllegalArgument(EngineError):
    """Input that the engine recognises as wrong (Java's `IllegalArgumentException`)."""

    java_class = "java.lang.IllegalArgumentException"


class EngineFailure(EngineError):
    """Anything else that goes wrong inside the engine."""


class JobAlreadySubmitted(EngineFailure):
    """A job was submitted under the id of one that has ended, and not to go on from its savepoint."""

    java_class = "org.apache.seatunnel.engine.common.exception.JobException"
    has_stack_trace = True

    template = "The job id {} has already been submitted and is not starting with a savepoint."


class StateNotCleaned(EngineFailure):
    """A job was submitted under the id of one that has just ended, whose state is still kept."""

    java_class = "org.apache.seatunnel.engine.common.exception.JobException"
    has_stack_trace = True

    template = "The job id {} is waiting for terminal state cleanup, please retry later."


class SavepointFailed(EngineFailure):
    """A job was to be stopped with a savepoint, and the master did not take one; the other nodes say so."""

    java_class = "java.util.concurrent.CompletionException"


class JobNotRunning(SavepointFailed):
    """The job to be saved is unknown or has ended."""

    template = (
        "org.apache.seatunnel.engine.common.exception.SavePointFailedException: "
        "The job with id '{}' not running, save point failed"
    )


class CheckpointRefused(SavepointFailed):
    """The job to be saved has not begun to move rows, or it is being stopped."""

    template = (
        "org.apache.seatunnel.engine.common.exception.SeaTunnelEngineException: "
        "java.util.concurrent.ExecutionException: "
        "org.apache.seatunnel.engine.server.checkpoint.CheckpointException: {}"
    )


class MasterLeft(EngineFailure):
    """The master was asked after it had left, before another node was the master."""

    java_class = "com.hazelcast.core.MemberLeftException"

    template = "com.hazelcast.core.MemberLeftException: {} [master node] has left cluster!"


class NoEnoughResource(EngineFailure):
    """A job needs more slots than are free. It ends immediately; the client gets no error."""

    java_class = "org.apache.seatunnel.engine.server.resourcemanager.NoEnoughResourceException"

    template = "the job asks for {} slots, {} are free"


class InvalidNumber(IllegalArgument):
    """Text that is not a 64-bit integer (Java's `NumberFormatException`)."""

    java_class = "java.lang.NumberFormatException"

    template = 'For input string: "{}"'
