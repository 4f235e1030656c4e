"""The schemas of the contract of 3.0.0, generated from it: changes here are lost."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypeAlias, TypedDict

JobId: TypeAlias = str
"""
A job id, a signed 64-bit integer as decimal text.
"""


RequestedJobId: TypeAlias = str
"""
A job id as a client may write it, with a sign and leading zeros, in ASCII digits or in those of another script; the pattern
has some of these. What lies outside of 64 bits is refused.

"""


JobNumber: TypeAlias = int
"""
A job id as a JSON number. Where ids are sent as numbers, those that fit into 32 bits fail. Generated ids are beyond
2^53: read and write them with a parser that keeps 64 bits.

"""


JobName: TypeAlias = str
"""
The name of a job. Several jobs may have the same.
"""


JobStatus: TypeAlias = Literal['INITIALIZING', 'CREATED', 'PENDING', 'SCHEDULED', 'RUNNING', 'FAILING', 'FAILED', 'DOING_SAVEPOINT', 'SAVEPOINT_DONE', 'CANCELING', 'CANCELED', 'FINISHED', 'UNKNOWABLE']
"""
The state of a job. A job waits (`CREATED`, `PENDING`, `SCHEDULED`), runs, and ends: `FINISHED` by itself, `FAILED`
through `FAILING`, `CANCELED` through `CANCELING`, `SAVEPOINT_DONE` through `DOING_SAVEPOINT`.

"""


EndStatus: TypeAlias = Literal['FINISHED', 'CANCELED', 'FAILED', 'SAVEPOINT_DONE']
"""
The state in which a job ended.
"""


Timestamp: TypeAlias = str
"""
Date and time of day in the time zone of the server, to the second, without offset.
"""


Count: TypeAlias = str
"""
A count, as decimal text.
"""


Rate: TypeAlias = str
"""
A number per second, as Java writes a double: `33.333333333333336`, `1.2E-4`, `NaN` for no rows in no time.

"""


ByteSize: TypeAlias = str
"""
A number of bytes, plain or with one decimal and a binary unit.
"""


Percentage: TypeAlias = str
"""
A share in percent with two decimals, written as the locale of the server does.
"""


Milliseconds: TypeAlias = str
"""
A duration in whole milliseconds.
"""


LoadAverage: TypeAlias = str
"""
The load average of the operating system, where it has one.
"""


class Overview(TypedDict):
    """
    Counts over the cluster. Slots and workers are those of the workers that match the tag filters.
    """

    projectVersion: str
    """
    The version of the engine that answers.
    """
    gitCommitAbbrev: str
    """
    The commit that it was built from, abbreviated.
    """
    totalSlot: str
    """
    Slots of the matching workers; when slots are dynamic, those that jobs have.
    """
    unassignedSlot: str
    """
    Slots of the matching workers that no job has, `0` when slots are dynamic.
    """
    runningJobs: str
    """
    Jobs of the cluster that are not in the history yet.
    """
    finishedJobs: str
    """
    Jobs of the history that ended `FINISHED`.
    """
    failedJobs: str
    """
    Jobs of the history that ended `FAILED`.
    """
    cancelledJobs: str
    """
    Jobs of the history that ended `CANCELED`. The key has two l.
    """
    workers: str
    """
    Workers that match.
    """
    pendingJobs: str
    """
    Jobs of the cluster that wait for slots. They are among the running ones too.
    """


class TagFilter(TypedDict):
    """
    Tags that a worker must carry to be counted, by name.
    """


MemberReading = TypedDict(
    'MemberReading',
    {
        'processors': Count,
        'physical.memory.total': ByteSize,
        'physical.memory.free': ByteSize,
        'swap.space.total': ByteSize,
        'swap.space.free': ByteSize,
        'heap.memory.used': ByteSize,
        'heap.memory.free': ByteSize,
        'heap.memory.total': ByteSize,
        'heap.memory.max': ByteSize,
        'heap.memory.used/total': Percentage,
        'heap.memory.used/max': Percentage,
        'minor.gc.count': Count,
        'minor.gc.time': Milliseconds,
        'major.gc.count': Count,
        'major.gc.time': Milliseconds,
        'load.process': Percentage,
        'load.system': Percentage,
        'load.systemAverage': LoadAverage,
        'thread.count': Count,
        'thread.peakCount': Count,
        'cluster.timeDiff': str,
        'event.q.size': Count,
        'executor.q.async.size': Count,
        'executor.q.client.size': Count,
        'executor.q.client.query.size': Count,
        'executor.q.client.blocking.size': Count,
        'executor.q.query.size': Count,
        'executor.q.scheduled.size': Count,
        'executor.q.io.size': Count,
        'executor.q.system.size': Count,
        'executor.q.operations.size': Count,
        'executor.q.priorityOperation.size': Count,
        'operations.completed.count': Count,
        'executor.q.mapLoad.size': Count,
        'executor.q.mapLoadAllKeys.size': Count,
        'executor.q.cluster.size': Count,
        'executor.q.response.size': Count,
        'operations.running.count': Count,
        'operations.pending.invocations.percentage': Percentage,
        'operations.pending.invocations.count': Count,
        'proxy.count': Count,
        'clientEndpoint.count': Count,
        'connection.active.count': Count,
        'client.connection.count': Count,
        'connection.count': Count,
        'isMaster': Literal['true', 'false'],
        'host': str,
        'port': str,
        'uuid': NotRequired[str],
    },
)


class NodeTags(TypedDict):
    """
    The tags of a node by name. Values become text, a null becomes the empty text.
    """


class TagsUpdated(TypedDict):
    """
    Says that the tags are updated.
    """

    status: Literal['success']
    """
    How it went.
    """
    message: Literal['update node tags done.']
    """
    What was done.
    """


class UnknownJob(TypedDict):
    """
    The answer about a job that the cluster doesn't know, or no longer.
    """

    jobId: JobId


EnvOptions: TypeAlias = dict[str, str]
"""
The `env` of the job config, each value as text.
"""


IsStartWithSavePoint: TypeAlias = bool
"""
Whether the job was started from a savepoint.
"""


ErrorMsg: TypeAlias = str | None
"""
Why the job failed, often a Java stack trace; null when it didn't.
"""


class PluginJar(TypedDict):
    """
    A jar of a connector.
    """

    jarPath: str
    """
    Where the jar lies on the server, as a file URL.
    """


class Vertex(TypedDict):
    """
    A step of the plan.
    """

    vertexId: int
    """
    The number of the step within the job.
    """
    type: Literal['source', 'transform', 'sink']
    """
    What the step does.
    """
    vertexName: str
    """
    The name that the engine gives the step. It tells pipeline, position and plugin.
    """
    tablePaths: list[str]
    """
    The tables that the step reads or writes, as far as it tells.
    """


class Edge(TypedDict):
    """
    Rows flow from one vertex to another.
    """

    inputVertexId: str
    """
    The vertex that rows come from; text, unlike the `vertexId` that it names.
    """
    targetVertexId: str
    """
    The vertex that rows go to; text, unlike the `vertexId` that it names.
    """


CountByTable: TypeAlias = dict[str, Count]
"""
A count for each table, by vertex and path of the table; by the path alone where the vertex can't be told.

"""


RateByTable: TypeAlias = dict[str, Rate]
"""
A rate for each table, by vertex and path of the table; by the path alone where the vertex can't be told.

"""


Env = TypedDict(
    'Env',
    {
        'job.name': NotRequired[Any],
        'job.mode': NotRequired[str | int],
        'parallelism': NotRequired[float | str],
        'checkpoint.interval': NotRequired[Any],
        'shade.identifier': NotRequired[Any],
    },
)


PluginName: TypeAlias = str
"""
The name of a connector or transform that is installed, in any letter case.
"""


TableName: TypeAlias = Any
"""
The name under which others read what the plugin puts out, a text. In a job of one source and one sink the names
connect nothing, and anything is let through.

"""


TableNames: TypeAlias = Any
"""
The names of the outputs that the plugin reads, a list of texts, or one text. In a job of one source and one sink the
names connect nothing, and anything but an empty list is let through.

"""


class JobSubmissions1(TypedDict):
    """
    Jobs, and what is skipped.
    """


Skipped: TypeAlias = Any
"""
Anything but an object. It is skipped.
"""


SubmissionParam: TypeAlias = str
"""
The value of a parameter, never empty. A null counts as the text `null`.
"""


class SubmittedJob(TypedDict):
    """
    The receipt of a job. Its id is text.
    """

    jobId: JobId
    jobName: JobName


SubmittedJobs: TypeAlias = list[SubmittedJob]
"""
The receipts of the jobs, in the order of the request.
"""


IsStopWithSavePoint: TypeAlias = Any
"""
Whether the job takes a savepoint before it ends. Only `true` does, as a truth value or as text in any letter case;
everything else counts as false.

"""


class StoppedJob(TypedDict):
    """
    The receipt of a stop. Its id is text, as it was sent.
    """

    jobId: RequestedJobId


class StoppedJobByNumber(TypedDict):
    """
    The receipt of one of several stops.
    """

    jobId: JobNumber


class LogFile(TypedDict):
    """
    A log file and where it can be read.
    """

    node: str
    """
    The node that has the file, address and port of its API.
    """
    logLink: str
    """
    Where the file can be read.
    """
    logName: str
    """
    The name of the file.
    """


LogPage: TypeAlias = str
"""
A page with a link for each log file.
"""


LogText: TypeAlias = str
"""
The text of a log file, line by line.
"""


class Error(TypedDict):
    """
    What went wrong. The status code of the answer is not repeated.
    """

    status: Literal['fail']
    """
    Always the same word.
    """
    message: str
    """
    A text of the API, or what Java says about the failure, which may be a stack trace or nothing at all. A message
    that cites a configuration can end a citation in half a character: the first UTF-16 unit of one beyond the
    basic plane, as three bytes that are no UTF-8.

    """


ContainerPage: TypeAlias = str
"""
What the servlet container says, as a page.
"""


class ContainerError(TypedDict):
    """
    What the servlet container says, as JSON. The status is text here.
    """

    servlet: NotRequired[str]
    """
    What was to answer the path; absent outside of the context path.
    """
    message: str
    """
    The reason in words.
    """
    url: str
    """
    The path that was asked for.
    """
    status: str
    """
    The status code of the answer.
    """


ContainerText: TypeAlias = str
"""
What the servlet container says, line by line.
"""


class DumpedThread(TypedDict):
    """
    A thread at the moment of the dump.
    """

    threadName: str
    """
    The name of the thread.
    """
    threadId: int
    """
    The number of the thread, one of the few JSON numbers of this API.
    """
    threadState: Literal['NEW', 'RUNNABLE', 'BLOCKED', 'WAITING', 'TIMED_WAITING', 'TERMINATED']
    """
    The state of the thread in Java's words.
    """
    stackTrace: str
    """
    The frames of its stack, one a line; empty for a thread that has none.
    """


class RunningThread(TypedDict):
    """
    A thread and where its classes come from.
    """

    threadName: str
    """
    The name of the thread.
    """
    classLoader: str
    """
    The class loader of the thread as text, `null` if it has none.
    """


LogNames: TypeAlias = list[str]
"""
The names of log files.
"""


HoconConfig: TypeAlias = str
"""
A job config in HOCON. Plugins are blocks named after them; a key with dots is one key; nothing is included or
substituted.

"""


class UploadedConfig(TypedDict):
    """
    A form with the file, and with what else the query may hold. Further fields are ignored.
    """

    config_file: bytes
    """
    The job config, with the name of its file.
    """
    jobId: NotRequired[str]
    """
    The id that the job is to have.
    """
    jobName: NotRequired[str]
    """
    The name that the job is to have.
    """
    isStartWithSavePoint: NotRequired[str]
    """
    Whether the job starts from a savepoint.
    """


PrometheusText: TypeAlias = str
"""
Samples in the text format of Prometheus, without an end mark.
"""


OpenMetricsText: TypeAlias = str
"""
Samples in the text format of OpenMetrics.
"""


Credential: TypeAlias = str | list[str]
"""
A credential, or several. Of another type it is a server error.
"""


SqlConfig: TypeAlias = str
"""
A job config in SQL: options in a comment that begins with `config`, sources and sinks as `CREATE TABLE`, and at least
one `INSERT INTO ... SELECT`.

"""


Total: TypeAlias = int
"""
How many jobs all pages have, as a JSON number.
"""


StartTime: TypeAlias = str | None
"""
When the job was scheduled, as other times are given; null while it waits.
"""


CheckpointCount: TypeAlias = int
"""
A number of checkpoints.
"""


CheckpointOutcome: TypeAlias = Literal['COMPLETED', 'FAILED', 'CANCELED'] | None
"""
How it ended.
"""


CheckpointDuration: TypeAlias = int
"""
How long it took, in milliseconds.
"""


CheckpointSize: TypeAlias = int
"""
The bytes of its state, 0 for one that failed.
"""


CheckpointFailure: TypeAlias = str
"""
Why it failed.
"""


CheckpointNumber: TypeAlias = int
"""
The number of a checkpoint within its pipeline.
"""


CheckpointType: TypeAlias = str | None
"""
What kind it is, such as `checkpoint`, `savepoint` or `completed-point`.
"""


PipelineNumber: TypeAlias = int
"""
The number of a pipeline within its job.
"""


Milliseconds1970: TypeAlias = int
"""
A moment, in milliseconds since the beginning of 1970 in UTC.
"""


SlotFailure: TypeAlias = Literal['WAITING_SLOT_ASSIGNMENT', 'RESOURCE_NOT_ENOUGH', 'REQUEST_FAILED', 'REQUEST_CANCELLED']
"""
Why there is no slot.
"""


JobIdNumber: TypeAlias = int
"""
A job id as a JSON number, of up to 19 digits.
"""


Quantity: TypeAlias = int
"""
A count as a JSON number.
"""


Share: TypeAlias = float
"""
A part of the whole.
"""


Moment: TypeAlias = Milliseconds1970 | Timestamp
"""
A moment in milliseconds since 1970, or as text if the answer is made for people.
"""


Force: TypeAlias = Any
"""
Whether the job is ended without a savepoint, whatever `isStopWithSavePoint` says, also one whose savepoint hangs. Its
checkpoints may be left incomplete.

"""


TimeOrNone: TypeAlias = str
"""
A time as others are given, or the empty text where there was none.
"""


class JobDagOrNone(TypedDict):
    """
    A plan with all its members, or an empty object where there was none.
    """

    jobId: NotRequired[JobId]
    envOptions: NotRequired[EnvOptions]
    vertexInfoMap: NotRequired[list[Vertex]]
    """
    The steps of the plan. It is a list, whatever its name says.
    """
    pipelineEdges: NotRequired[dict[str, list[Edge]]]
    """
    How rows flow, by the number of the pipeline.
    """


StateTimes: TypeAlias = dict[str, Milliseconds1970]
"""
When each state was entered, by its name; states that were never entered are left out.
"""


Bytes: TypeAlias = int
"""
A number of bytes as a JSON number.
"""


class MemberTags(TypedDict):
    """
    The tags and the identity of the node that is to have them.
    """

    uuid: str
    """
    The identity, as `/system-monitoring-information` tells it.
    """
    tags: NodeTags


class WantedLevel(TypedDict):
    """
    A level for a logger.
    """

    level: NotRequired[str]
    """
    The name of a level, in any letter case.
    """


Level: TypeAlias = Literal['OFF', 'FATAL', 'ERROR', 'WARN', 'INFO', 'DEBUG', 'TRACE', 'ALL']
"""
A log level.
"""


LevelOrigin: TypeAlias = Literal['file', 'runtime-override']
"""
Whether a level comes from the configuration file or was set while the node ran.
"""


NodeAddress: TypeAlias = str
"""
The address and port at which a node serves this API.
"""


class PluginOption(TypedDict):
    """
    An option of a plugin.
    """

    key: str
    """
    The name of the option.
    """
    type: str
    """
    The Java type of its value.
    """
    defaultValue: NotRequired[Any]
    """
    What it is when it is left out, any JSON.
    """
    description: NotRequired[str]
    """
    What it is for.
    """


class OpenObject(TypedDict):
    """
    An object of which nothing more is known.
    """


Port: TypeAlias = int
"""
A TCP port.
"""


class RunningJobSummary(TypedDict):
    """
    A job in short. In full it has the members of a running job.
    """

    jobId: JobId
    jobName: JobName
    jobStatus: JobStatus
    createTime: Timestamp


class RealtimePoint(TypedDict):
    """
    What was measured within a bucket. Which members there are depends on what is measured.
    """

    ts: Milliseconds1970


IsMeasured: TypeAlias = bool
"""
Whether the flow of the job is measured.
"""


BucketWidth: TypeAlias = int
"""
How long a bucket is, in milliseconds.
"""


MemberReadings: TypeAlias = list[MemberReading]
"""
One reading for each member of the cluster.
"""


PluginJars: TypeAlias = list[PluginJar]
"""
The jars of the connectors that the job uses.
"""


class JobDag(TypedDict):
    """
    The physical plan of a job, the same while it runs and afterwards.
    """

    jobId: JobId
    vertexInfoMap: list[Vertex]
    """
    The steps of the plan. It is a list, whatever its name says.
    """
    pipelineEdges: dict[str, list[Edge]]
    """
    How rows flow, by the number of the pipeline.
    """
    envOptions: EnvOptions


class JobMetrics(TypedDict):
    """
    All counters of a job, in total and by table. Every key is there from the beginning.
    """

    SourceReceivedCount: Count
    SourceReceivedQPS: Rate
    SourceReceivedBytes: Count
    SourceReceivedBytesPerSeconds: Rate
    SinkWriteCount: Count
    SinkWriteQPS: Rate
    SinkWriteBytes: Count
    SinkWriteBytesPerSeconds: Rate
    TableSourceReceivedCount: CountByTable
    TableSourceReceivedBytes: CountByTable
    TableSourceReceivedBytesPerSeconds: RateByTable
    TableSourceReceivedQPS: RateByTable
    TableSinkWriteCount: CountByTable
    TableSinkWriteQPS: RateByTable
    TableSinkWriteBytes: CountByTable
    TableSinkWriteBytesPerSeconds: RateByTable
    IntermediateQueueSize: str
    """
    Rows in the queues between the steps. For a moment the count may be below zero.
    """
    SinkCommittedCount: Count
    SinkCommittedQPS: Rate
    SinkCommittedBytes: Count
    SinkCommittedBytesPerSeconds: Rate
    TableSinkCommittedCount: CountByTable
    TableSinkCommittedQPS: RateByTable
    TableSinkCommittedBytes: CountByTable
    TableSinkCommittedBytesPerSeconds: RateByTable


class SourcePlugin(TypedDict):
    """
    A source, with the options of its connector.
    """

    plugin_name: PluginName
    result_table_name: NotRequired[TableName]
    plugin_output: NotRequired[TableName]


class TransformPlugin(TypedDict):
    """
    A transform, with its options.
    """

    plugin_name: PluginName
    source_table_name: NotRequired[TableNames]
    result_table_name: NotRequired[TableName]
    plugin_output: NotRequired[TableName]
    plugin_input: NotRequired[TableNames]


class SinkPlugin(TypedDict):
    """
    A sink, with the options of its connector.
    """

    plugin_name: PluginName
    source_table_name: NotRequired[TableNames]
    plugin_input: NotRequired[TableNames]


class SubmissionParams(TypedDict):
    """
    What `/submit-job` takes from its query, as text. Values are glued into a query and read from it again: of `&`, `=`,
    `+`, `%` and a slash at the end something else is read than was meant.

    """

    jobId: NotRequired[SubmissionParam]
    jobName: NotRequired[SubmissionParam]
    isStartWithSavePoint: NotRequired[SubmissionParam]


class Stop(TypedDict):
    """
    The job to stop. Further members are ignored.
    """

    jobId: int | RequestedJobId
    """
    The id of the job, as a number or as text.
    """
    isStopWithSavePoint: NotRequired[IsStopWithSavePoint]
    force: NotRequired[Force]


class StopByNumber(TypedDict):
    """
    One of several jobs to stop. Further members are ignored.
    """

    jobId: JobNumber
    isStopWithSavePoint: NotRequired[IsStopWithSavePoint]
    force: NotRequired[Force]


StoppedJobs: TypeAlias = list[StoppedJobByNumber]
"""
The receipts of the stops, in the order of the request.
"""


class PluginWithCredentials(TypedDict):
    """
    A source, transform or sink. The values under these six keys are encrypted, and those under the keys that
    `shade.options` names; a null is left.

    """

    username: NotRequired[Credential]
    password: NotRequired[Credential]
    auth: NotRequired[Credential]
    token: NotRequired[Credential]
    access_key: NotRequired[Credential]
    secret_key: NotRequired[Credential]


LogFiles: TypeAlias = list[LogFile]
"""
Log files, by name. What they hold is behind their links.
"""


class FinishedJob(TypedDict):
    """
    A job of the history.
    """

    jobId: JobId
    jobName: JobName
    jobStatus: EndStatus
    errorMsg: ErrorMsg
    createTime: Timestamp
    finishTime: TimeOrNone
    jobDag: JobDagOrNone
    pluginJarsUrls: list[PluginJar]
    """
    Empty, whatever jars the job used.
    """
    metrics: JobMetrics
    startTime: TimeOrNone


FinishedJobs: TypeAlias = list[FinishedJob]
"""
Jobs of the history.
"""


ThreadDump: TypeAlias = list[DumpedThread]
"""
The threads of a node.
"""


RunningThreads: TypeAlias = list[RunningThread]
"""
The threads of a node, by name.
"""


JobConfigText: TypeAlias = HoconConfig | SqlConfig
"""
A job config in one of the languages that `format` names.
"""


class FinishedJobPage(TypedDict):
    """
    A page of ended jobs.
    """

    data: FinishedJobs
    total: Total


class EncryptedConfig(TypedDict):
    """
    A job config as it comes back.
    """

    env: NotRequired[dict[str, Any]]
    """
    The options of the job, among them `shade.identifier`.
    """
    source: list[PluginWithCredentials]
    """
    The sources.
    """
    sink: list[PluginWithCredentials]
    """
    The sinks.
    """
    transform: list[PluginWithCredentials]
    """
    The transforms.
    """


class CheckpointCounts(TypedDict):
    """
    How many checkpoints there have been, as JSON numbers.
    """

    triggered: CheckpointCount
    completed: CheckpointCount
    failed: CheckpointCount
    inProgress: CheckpointCount
    restored: int
    """
    How often the pipeline was restored after a failure or a change of the master.
    """


class LatestCheckpoint(TypedDict):
    """
    A checkpoint that has ended, or an empty object for none.
    """

    checkpointId: NotRequired[CheckpointNumber]
    checkpointType: NotRequired[CheckpointType]
    status: NotRequired[CheckpointOutcome]
    triggerTimestamp: NotRequired[Milliseconds1970]
    completedTimestamp: NotRequired[Milliseconds1970]
    durationMillis: NotRequired[CheckpointDuration]
    stateSize: NotRequired[CheckpointSize]
    failureReason: NotRequired[CheckpointFailure]


class Checkpoint(TypedDict):
    """
    A checkpoint that has ended.
    """

    checkpointId: CheckpointNumber
    checkpointType: CheckpointType
    status: CheckpointOutcome
    triggerTimestamp: Milliseconds1970
    completedTimestamp: NotRequired[Milliseconds1970]
    durationMillis: NotRequired[CheckpointDuration]
    stateSize: CheckpointSize
    failureReason: NotRequired[CheckpointFailure]


class CheckpointInProgress(TypedDict):
    """
    A checkpoint that has not ended.
    """

    checkpointId: CheckpointNumber
    checkpointType: CheckpointType
    triggerTimestamp: Milliseconds1970
    acknowledged: int
    """
    The tasks that have answered.
    """
    total: int
    """
    All tasks that are to answer.
    """


class CheckpointRecord(TypedDict):
    """
    A checkpoint and whose it is.
    """

    pipelineId: PipelineNumber
    checkpoint: Checkpoint


CheckpointHistory: TypeAlias = list[CheckpointRecord]
"""
Checkpoints, the newest first.
"""


class QueueSummary(TypedDict):
    """
    The queue as a whole.
    """

    size: Quantity
    scheduleStrategy: Literal['WAIT', 'REJECT']
    """
    What becomes of a job that finds too few slots, the option `job-schedule-strategy`.
    """
    oldestEnqueueTimestamp: Moment
    newestEnqueueTimestamp: Moment
    lackingTaskGroups: Quantity


class WorkerSnapshot(TypedDict):
    """
    A worker with its slots and, once it has told, its load.
    """

    address: str
    """
    Address and port, at which members talk to each other.
    """
    tags: dict[str, str]
    """
    The tags of the worker.
    """
    totalSlots: Quantity
    freeSlots: Quantity
    dynamicSlot: bool
    """
    Whether the worker makes slots as they are needed.
    """
    cpuUsage: NotRequired[Share]
    memUsage: NotRequired[Share]
    runningJobIds: NotRequired[list[JobIdNumber]]
    """
    The jobs that have slots there.
    """
    usedSlots: NotRequired[Quantity]
    totalCpuCores: NotRequired[Quantity]
    availableCpuCores: NotRequired[Quantity]
    totalHeapMemoryBytes: NotRequired[Bytes]
    availableHeapMemoryBytes: NotRequired[Bytes]


class TaskGroupLocation(TypedDict):
    """
    Where a task group belongs.
    """

    jobId: JobIdNumber
    pipelineId: PipelineNumber
    taskGroupId: int
    """
    The number of the task group within its pipeline.
    """


class PipelineDiagnostics(TypedDict):
    """
    How a pipeline came to its state.
    """

    pipelineId: PipelineNumber
    pipelineStatus: str
    """
    The state of the pipeline.
    """
    restoreCount: Quantity
    maxRestoreCount: Quantity
    stateTimestamps: StateTimes


class WorkerResources(TypedDict):
    """
    The workers at a moment.
    """

    available: bool
    """
    Whether the master could be asked; if not, the list says nothing.
    """
    collectedAt: Milliseconds1970
    workers: list[WorkerSnapshot]
    """
    The workers.
    """


class ListedLogger(TypedDict):
    """
    A logger and its level.
    """

    name: str
    """
    The name of the logger.
    """
    level: Level
    origin: LevelOrigin
    fileLevel: NotRequired[Level]


class LoggerLevel(TypedDict):
    """
    The level that holds for a logger.
    """

    name: str
    """
    The name of the logger.
    """
    level: Level
    origin: LevelOrigin
    node: NodeAddress


class LoggerChange(TypedDict):
    """
    What has become of a level, on the node that was asked; with the scope `cluster` under `nodes` of each member.
    """

    name: NotRequired[str]
    """
    The name of the logger.
    """
    level: NotRequired[Level]
    origin: NotRequired[LevelOrigin]
    node: NotRequired[NodeAddress]
    previousLevel: NotRequired[Level]
    status: Literal['SUCCESS', 'NO_OVERRIDE', 'PARTIAL_FAILURE', 'FAILURE']
    """
    How it went; `NO_OVERRIDE` when there was nothing to revert.
    """


class RequiredOptions(TypedDict):
    """
    Options that are required together, or one of them, or under a condition.
    """

    ruleType: Literal['ABSOLUTELY_REQUIRED', 'EXCLUSIVE', 'BUNDLED', 'CONDITIONAL']
    """
    The rule.
    """
    options: list[PluginOption]
    """
    The options.
    """


class HttpServiceStatus(TypedDict):
    """
    How a node serves this API.
    """

    httpEnabled: bool
    """
    Whether it serves over HTTP.
    """
    httpsEnabled: bool
    """
    Whether it serves over HTTPS.
    """
    contextPath: str
    """
    The path that everything lies below.
    """
    configuredHttpPort: Port
    configuredHttpsPort: Port
    httpPort: Port
    httpsPort: Port
    dynamicPortEnabled: bool
    """
    Whether the HTTP port is the first free one.
    """
    portRange: Quantity
    basicAuthEnabled: bool
    """
    Whether it asks for credentials.
    """
    mutualTlsEnabled: bool
    """
    Whether it asks clients for certificates.
    """


RunningJobSummaries: TypeAlias = list[RunningJobSummary]
"""
Jobs that have not ended, in short.
"""


class RealtimeJob(TypedDict):
    """
    How the flow of a job is measured.
    """

    jobId: JobIdNumber
    enabled: NotRequired[IsMeasured]
    bucketMs: BucketWidth
    retentionMinutes: Quantity
    latestBucketStartMs: NotRequired[Milliseconds1970]


class RealtimeVertex(TypedDict):
    """
    A vertex and its points.
    """

    vertexId: int
    """
    The number of the vertex within the job.
    """
    points: list[RealtimePoint]
    """
    A point for each bucket, with shares of time.
    """


class RealtimeEdge(TypedDict):
    """
    A queue and its points.
    """

    queueId: int
    """
    The number of the queue, often negative.
    """
    targetVertexId: NotRequired[int]
    """
    The vertex that the queue leads to.
    """
    points: list[RealtimePoint]
    """
    A point for each bucket, with shares and sizes.
    """


class RunningJob(TypedDict):
    """
    A job that is not in the history yet. For a moment this can be one that has reached its end state.

    """

    jobId: JobId
    jobName: JobName
    jobStatus: JobStatus
    envOptions: EnvOptions
    createTime: Timestamp
    jobDag: JobDag
    pluginJarsUrls: PluginJars
    isStartWithSavePoint: IsStartWithSavePoint
    metrics: JobMetrics
    startTime: StartTime


class JobConfig(TypedDict):
    """
    A job: options, sources, transforms and sinks. Keys are flat, so `job.mode` is one key. A key, at any depth, that is
    empty or holds one of the characters that the config language reserves is refused. Further members are ignored.

    """

    env: Env
    source: list[SourcePlugin]
    """
    Where rows come from.
    """
    transform: NotRequired[list[TransformPlugin]]
    """
    What is done with rows on their way.
    """
    sink: list[SinkPlugin]
    """
    Where rows go to.
    """


class JobSubmission(TypedDict):
    """
    A job with the parameters of its submission, at least one.
    """

    env: Env
    source: list[SourcePlugin]
    """
    Where rows come from.
    """
    transform: NotRequired[list[TransformPlugin]]
    """
    What is done with rows on their way.
    """
    sink: list[SinkPlugin]
    """
    Where rows go to.
    """
    params: SubmissionParams


Stops: TypeAlias = list[StopByNumber]
"""
The jobs to stop.
"""


class ConfigWithCredentials(TypedDict):
    """
    A job config with credentials in its sources, transforms and sinks. Plugins aren't looked at more closely: they need no
    name, and further members are kept.

    """

    env: NotRequired[dict[str, Any]]
    """
    The options of the job, among them `shade.identifier`.
    """
    source: list[PluginWithCredentials]
    """
    The sources.
    """
    sink: list[PluginWithCredentials]
    """
    The sinks.
    """
    transform: NotRequired[list[PluginWithCredentials]]
    """
    The transforms.
    """


FinishedJobList: TypeAlias = FinishedJobs | FinishedJobPage
"""
All ended jobs, or a page of them.
"""


class PipelineCheckpoints(TypedDict):
    """
    The checkpoints of a pipeline.
    """

    pipelineId: PipelineNumber
    counts: CheckpointCounts
    latestCompleted: LatestCheckpoint
    latestFailed: LatestCheckpoint
    latestSavepoint: LatestCheckpoint
    inProgress: list[CheckpointInProgress]
    """
    Checkpoints that wait for their tasks.
    """
    history: list[CheckpointRecord]
    """
    The last checkpoints, the newest first.
    """


class ClusterSnapshot(TypedDict):
    """
    Slots, of the workers that match the tag filters, and all workers.
    """

    totalSlots: Quantity
    freeSlots: Quantity
    assignedSlots: Quantity
    workerCount: Quantity
    workers: list[WorkerSnapshot]
    """
    All workers, whatever the filters.
    """


class TaskGroupDiagnostic(TypedDict):
    """
    A task group, and why it has no slot if it has none.
    """

    taskGroupLocation: TaskGroupLocation
    taskFullName: str
    """
    The name that the engine gives the task group.
    """
    allocated: bool
    """
    Whether it has a slot.
    """
    failureReason: NotRequired[SlotFailure]
    failureMessage: NotRequired[str]
    """
    The reason in the engine's words.
    """


class JobDiagnostics(TypedDict):
    """
    How a running job came to its state.
    """

    jobId: NotRequired[JobId]
    generatedAt: Milliseconds1970
    stateTimestamps: StateTimes
    pipelines: list[PipelineDiagnostics]
    """
    The pipelines of the job.
    """
    totalPipelineRestoreCount: Quantity


class NodeLoggers(TypedDict):
    """
    The loggers of a node.
    """

    node: NodeAddress
    loggers: list[ListedLogger]
    """
    The loggers that are configured or overridden.
    """


class MemberLoggers(TypedDict):
    """
    The loggers of a member, or why it could not be asked.
    """

    node: NodeAddress
    loggers: NotRequired[list[ListedLogger]]
    """
    The loggers of the member.
    """
    status: NotRequired[str]
    """
    How it went, for a member that failed.
    """
    error: NotRequired[str]
    """
    Why it failed.
    """


class OptionRule(TypedDict):
    """
    The options and what holds between them.
    """

    optionalOptions: list[PluginOption]
    """
    Options that may be left out.
    """
    requiredOptions: list[RequiredOptions]
    """
    Groups of options, each with the rule by which they are required.
    """
    conditionRules: NotRequired[list[OpenObject]]
    """
    Rules that hold under a condition.
    """
    valueConstraints: NotRequired[list[OpenObject]]
    """
    What values must be like.
    """


class RealtimeJobs(TypedDict):
    """
    The jobs whose flow is measured.
    """

    jobs: list[RealtimeJob]
    """
    The jobs.
    """


class RealtimeVertices(TypedDict):
    """
    How busy the vertices of a job were.
    """

    enabled: NotRequired[IsMeasured]
    bucketMs: BucketWidth
    fromMs: Milliseconds1970
    toMs: Milliseconds1970
    vertices: list[RealtimeVertex]
    """
    The vertices.
    """


class RealtimeEdges(TypedDict):
    """
    How full the queues of a job were.
    """

    enabled: NotRequired[IsMeasured]
    bucketMs: BucketWidth
    fromMs: Milliseconds1970
    toMs: Milliseconds1970
    edges: list[RealtimeEdge]
    """
    The queues.
    """


RunningJobs: TypeAlias = list[RunningJob]
"""
Jobs that are not in the history yet.
"""


JobSubmissionOrSkipped: TypeAlias = JobSubmission | Skipped
"""
A job, or anything else but an object.
"""


class RunningJobPage(TypedDict):
    """
    A page of running jobs.
    """

    data: RunningJobs
    total: Total


class JobCheckpoints(TypedDict):
    """
    The checkpoints of a job by pipeline.
    """

    jobId: JobId
    updatedAt: Milliseconds1970
    pipelines: list[PipelineCheckpoints]
    """
    The pipelines that have had checkpoints.
    """


class PendingPipeline(TypedDict):
    """
    A pipeline of a job that waits.
    """

    pipelineId: PipelineNumber
    pipelineName: str
    """
    The name that the engine gives the pipeline.
    """
    totalTaskGroups: Quantity
    allocatedTaskGroups: Quantity
    lackingTaskGroups: Quantity
    taskGroupDiagnostics: list[TaskGroupDiagnostic]
    """
    The task groups of the pipeline.
    """


class RunningJobInfo(TypedDict):
    """
    A job that is not in the history yet, with its diagnostics where the master has them.
    """

    jobId: JobId
    jobName: JobName
    jobStatus: JobStatus
    envOptions: EnvOptions
    createTime: Timestamp
    startTime: StartTime
    jobDag: JobDag
    pluginJarsUrls: PluginJars
    isStartWithSavePoint: IsStartWithSavePoint
    metrics: JobMetrics
    diagnostics: NotRequired[JobDiagnostics]


class ClusterLoggers(TypedDict):
    """
    The loggers of each member.
    """

    scope: Literal['cluster']
    """
    What was asked for.
    """
    status: Literal['SUCCESS', 'PARTIAL_FAILURE', 'FAILURE']
    """
    Whether all members answered, some, or none.
    """
    nodes: list[MemberLoggers]
    """
    The members.
    """


class OptionRules(TypedDict):
    """
    The options of a plugin. Connectors differ, so most of it is open.
    """

    engineType: Literal['seatunnel']
    """
    The engine that the plugin is for.
    """
    pluginType: Literal['source', 'transform', 'sink']
    """
    What kind of plugin it is.
    """
    pluginName: PluginName
    optionRule: OptionRule


JobInfo: TypeAlias = RunningJobInfo | FinishedJob | UnknownJob
"""
A job in one of its three forms.
"""


JobSubmissions: TypeAlias = list[JobSubmissionOrSkipped] | JobSubmissions1 | dict[str, JobSubmissionOrSkipped] | dict[str, Any]
"""
The jobs to submit, a list. What is no object is skipped, a body without jobs is no error, and the members of an
object are taken for the items of a list.

"""


JobSubmissionsOfAnyKind: TypeAlias = list[JobSubmissionOrSkipped] | dict[str, JobSubmissionOrSkipped] | Any
"""
A list of jobs, an object of jobs, or neither.
"""


RunningJobList: TypeAlias = RunningJobs | RunningJobPage
"""
All running jobs, or a page of them.
"""


CheckpointOverview: TypeAlias = JobCheckpoints | UnknownJob
"""
The checkpoints of a job, or its id alone.
"""


class PendingJob(TypedDict):
    """
    A job that waits, and the slots that it lacks.
    """

    jobId: JobIdNumber
    jobName: JobName
    pendingSourceState: Literal['SUBMIT', 'RESTORE']
    """
    Whether the job was submitted, or taken over by a new master.
    """
    jobStatus: NotRequired[Literal['CREATED', 'PENDING']]
    """
    The state of the job.
    """
    enqueueTimestamp: Moment
    checkTime: Moment
    waitDurationMs: int
    """
    How long the job has waited, in milliseconds.
    """
    checkCount: Quantity
    totalTaskGroups: Quantity
    allocatedTaskGroups: Quantity
    lackingTaskGroups: Quantity
    failureReason: SlotFailure
    failureMessage: str
    """
    The reason in the engine's words, possibly empty.
    """
    tagFilter: dict[str, str]
    """
    The tags that a worker must carry to run the job.
    """
    blockingJobIds: list[JobIdNumber]
    """
    The jobs that have the slots.
    """
    pipelines: list[PendingPipeline]
    """
    The pipelines of the job.
    """
    lackingTaskGroupDiagnostics: list[TaskGroupDiagnostic]
    """
    The task groups that have no slot.
    """


LoggerList: TypeAlias = NodeLoggers | ClusterLoggers
"""
The loggers of the node that was asked, or those of each member.
"""


class PendingQueue(TypedDict):
    """
    The jobs that wait, and what they wait for.
    """

    queueSummary: QueueSummary
    clusterSnapshot: ClusterSnapshot
    pendingJobs: list[PendingJob]
    """
    The jobs, the one that has waited longest first.
    """
