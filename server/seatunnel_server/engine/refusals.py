"""The errors with which the engine refuses a job configuration: one class for each message of the engine.

Their base classes decide the status (`seatunnel_server.engine.errors`). Source of the messages: the research on
refused jobs (16.4) and the releases that it names, and the published library for HOCON, whose lines begin at 1. The
statuses are recorded.
"""

from __future__ import annotations

from collections.abc import Iterable

from seatunnel_server.engine.errors import EngineFailure, IllegalArgument
from seatunnel_server.engine.javatext import java_text


class OptionMismatch(IllegalArgument):
    """The value of an option can't be converted to its type (`submit-job/mode-unknown`, `parallelism-text`)."""

    def __init__(self, value: object, java_type: str) -> None:
        super().__init__(f"Json parsing exception, value '{java_text(value)}', and expected type '{java_type}'")


class SectionEmpty(IllegalArgument):
    """A section that must have a plugin is empty (`submit-job/source-empty`)."""

    template = "Miss <{}> config! Please check the config file."


class IllegalBase64(IllegalArgument):
    """An encrypted value is not Base64 (`submit-job/shade-bad-base64`)."""


class ShadeFailed(IllegalArgument):
    """Sensitive options can't be encrypted or decrypted; the message has no reason, which might contain them."""

    template = "Failed to {} config. Please check your configuration."


class ColumnUnknown(IllegalArgument):
    """A query names a column that its input does not have."""

    template = "can't find field [{}]"


class FieldExists(IllegalArgument):
    """The new field of a RowKindExtractor has the name of an existing field."""

    template = "field name {} already exists"


class BadPattern(IllegalArgument):
    """A regular expression that is used while the job is planned does not compile."""


class JobTooLarge(IllegalArgument):
    """A job exceeds a limit of this server; the engine has no such limits."""

    template = "The job exceeds a limit of this server: {:,.0f} {}"


class TooManyJobs(IllegalArgument):
    """The running and waiting jobs leave too little memory for another job; the engine has no such limit."""

    template = (
        "The job exceeds a limit of this server: {:,} bytes of memory for all jobs that run or wait. "
        "Stop other jobs, or wait until they have ended."
    )


class ColumnsNotApart(EngineFailure):
    """The input table of a transform or a sink has two columns with the same name, or one with a blank name."""

    def __init__(self, table: object, column: str) -> None:
        said = f"field {column} duplicate" if column.strip() else "field name cannot be empty"
        super().__init__(f"Table {table} {said}")


class BadTableName(IllegalArgument):
    """A dotted table name has no part, or more than three."""

    template = "Cannot get split '{}' to get databaseName and tableName"


class KeyNotAllowed(EngineFailure):
    """A key, at any depth, is not a path expression of the engine's configuration library."""

    def __init__(self, key: str, token: str) -> None:
        reason = (
            f"Token not allowed in path expression: '{token}' "
            "(you can double-quote this token if you really want it here)"
            if token
            else "path has a leading, trailing, or two adjacent period '.' "
            '(use quoted "" empty string if you want an empty element)'
        )
        super().__init__(f"path parameter: Invalid path '{key}': {reason}")


class SettingMissing(EngineFailure):
    """A required setting is missing (`submit-job/env-missing`)."""

    java_class = "org.apache.seatunnel.shade.com.typesafe.config.ConfigException$Missing"

    template = "No configuration setting found for key '{}'"


class SettingIsNull(EngineFailure):
    """A setting that must be an object is null (`submit-job/env-null`)."""

    template = "hardcoded value: Configuration key '{}' is set to null but expected OBJECT"


class WrongSettingType(EngineFailure):
    """A setting has the wrong type (`submit-job/env-text`, `transform-object`)."""

    template = "hardcoded value: {} has type {} rather than {}"


class NullPointer(EngineFailure):
    """The engine used a value that is null."""

    def __init__(self, call: str, name: str) -> None:
        shown = name if " " in name else f'"{name}"'
        super().__init__(f'Cannot invoke "{call}" because {shown} is null')


class WrongCast(EngineFailure):
    """The engine cast a value to a class that it does not have."""

    def __init__(self, actual: str, wanted: str) -> None:
        where = (
            f"({actual} and {wanted} are in module java.base of loader 'bootstrap')"
            if actual.startswith("java.") and wanted.startswith("java.")
            else ""
        )
        super().__init__(f"class {actual} cannot be cast to class {wanted} {where}".rstrip())


class NumberNotFinite(EngineFailure):
    """A number is too large for a 64-bit float, so that the engine can't write it as JSON again."""

    template = "String json deserialization exception."


class GraphNotAllowed(EngineFailure):
    """The sources, transforms and sinks can't be linked into a graph (the engine's `JobDefineCheckException`)."""

    java_class = "org.apache.seatunnel.engine.common.exception.JobDefineCheckException"


class PluginUnknown(EngineFailure):
    """No connector with this name is installed (`submit-job/plugin-unknown`, `sink-unknown`)."""

    template = "Plugin PluginIdentifier{{engineType='seatunnel', pluginType='{}', pluginName='{}'}} not found."


class TransformUnknown(EngineFailure):
    """The distribution has no transform with this name (`submit-job/transform-unknown`)."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(
            "ErrorCode:[API-06], ErrorDescription:[Factory initialize failed] - "
            f"Could not find any factory for identifier '{name}' that implements "
            "'org.apache.seatunnel.api.table.factory.TableTransformFactory' in the classpath.\n\n"
            "Available factory identifiers are:\n\n" + "\n".join(sorted(known))
        )


class FactoryFailed(EngineFailure):
    """A connector can't be made from its options (`submit-job/schema-missing`, `row-num-text`).

    The reason is the cause of the exception; the engine does not send it.
    """

    java_class = "org.apache.seatunnel.api.table.factory.FactoryException"

    template = (
        "ErrorCode:[API-06], ErrorDescription:[Factory initialize failed] - Unable to create a {} for identifier '{}'."
    )


class OptionRuleBroken(EngineFailure):
    """An option of a plugin is missing, or options exclude each other."""

    template = "ErrorCode:[API-02], ErrorDescription:[Option item validate failed] - {}"


class OptionsMissing(OptionRuleBroken):
    """Required options are missing; `because` is the condition under which they are required, if there is one."""

    def __init__(self, *names: str, because: str = "") -> None:
        listed = ", ".join(f"'{name}'" for name in names)
        condition = f" because [{because}] is true" if because else ""
        super().__init__(f"There are unconfigured options, the options({listed}) are required{condition}.")


class SqlRefused(EngineFailure):
    """The engine does not parse or does not support a query (`submit-job/transform-bad-sql`)."""

    template = "ErrorCode:[COMMON-05], ErrorDescription:[Unsupported operation] - {}"


class FieldUnknown(EngineFailure):
    """A transform names an input field that does not exist."""

    template = (
        "ErrorCode:[TRANSFORM_COMMON-01], ErrorDescription:[The input field "
        "'{1}' of '{0}' transform not found in upstream schema]"
    )


class MetadataUnknown(EngineFailure):
    """A Metadata transform names metadata that rows do not have."""

    template = (
        "ErrorCode:[TRANSFORM_COMMON-03], "
        "ErrorDescription:[The metadata fields '{}' of 'Metadata' transform not found ]"
    )


class MetadataFieldExists(EngineFailure):
    """The new field of a Metadata transform has the name of an existing field; the message names the metadata."""

    template = (
        "ErrorCode:[TRANSFORM_COMMON-04], "
        "ErrorDescription:[The metadata mapping field '{}' of 'Metadata' transform already exists in upstream schema]"
    )


class JsonPathRefused(EngineFailure):
    """A column of a JsonPath transform lacks its path, source or target."""

    template = "ErrorCode:[JSONPATH_ERROR_CODE-{0}], ErrorDescription:[{1}] - {1}"


class CodeRefused(EngineFailure):
    """The code of a DynamicCompile transform does not compile, or lacks the method that the engine calls."""

    template = (
        "ErrorCode:[COMPILE_TRANSFORM_ERROR_CODE-01], ErrorDescription:[CompileTransform error please check code] - {}"
    )


class TypeUnsupported(EngineFailure):
    """A column type is invalid, or is not supported here."""

    template = "ErrorCode:[COMMON-07], ErrorDescription:['{}' unsupported data type '{}' of '{}']"


class FieldsUnknown(EngineFailure):
    """A transform names several input fields that do not exist."""

    template = (
        "ErrorCode:[TRANSFORM_COMMON-02], ErrorDescription:[The input fields "
        "'{1}' of '{0}' transform not found in upstream schema]"
    )


class JobNotInitialized(EngineFailure):
    """The job master can't initialize the job; the argument is the reason as Java writes it."""

    has_stack_trace = True

    template = "org.apache.seatunnel.engine.common.exception.JobException: {}"


class SaveModeFailed(JobNotInitialized):
    """The target of a sink can't be prepared for its save mode (`submit-job/save-mode-fails`)."""

    template = JobNotInitialized.template.format(
        "org.apache.seatunnel.common.exception.SeaTunnelRuntimeException: "
        "ErrorCode:[API-09], ErrorDescription:[Handle save mode failed]"
    )


class NotHocon(EngineFailure):
    """The text is not valid HOCON (`submit-job/hocon-broken`)."""

    def __init__(self, line: int, reason: str, column: int | None = None) -> None:
        super().__init__(f"String: {line}: {reason}")
        self.line = line
        self.column = column
        """The column of the error, from 1. Like the library's, the message does not have it."""
        self.reason = reason


class TooManyTokens(EngineFailure):
    """The text has too many tokens; the engine has no such limit."""

    template = "the document has more than {} words, marks and line ends"


class NoCodePoint(IllegalArgument):
    r"""An escape such as `\u-001` has digits that Java reads as a number, which is not a code point."""

    template = "Not a valid Unicode code point: {}"


class NotReadable(IllegalArgument):
    """A setting can't be read as JSON, because it has an unresolved substitution or an infinite number."""

    template = "Json parsing exception."


class NotResolved(EngineFailure):
    """A section is an unresolved substitution, so its type is not known."""

    template = "a substitution stands where a section should be, and none is resolved here"
