"""The schemas of the contract of 2.3.13, generated from it: changes here are lost."""

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


class StopByNumber(TypedDict):
    """
    One of several jobs to stop. Further members are ignored.
    """

    jobId: JobNumber
    isStopWithSavePoint: NotRequired[IsStopWithSavePoint]


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
    finishTime: Timestamp
    jobDag: JobDag
    pluginJarsUrls: list[PluginJar]
    """
    Empty, whatever jars the job used.
    """
    metrics: JobMetrics
    startTime: Timestamp


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


RunningJobs: TypeAlias = list[RunningJob]
"""
Jobs that are not in the history yet.
"""


JobInfo: TypeAlias = RunningJob | FinishedJob | UnknownJob
"""
A job in one of its three forms.
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
