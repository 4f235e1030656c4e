"""Why the engine refuses a job configuration: one class per error, in the engine's words.

Which family an error belongs to decides its status (`seatunnel_server.engine.errors`). Source of the words: the
research on refused jobs (16.4) and the releases it names, and the published library for HOCON, whose lines are counted
from 1; the recordings hold the statuses.
"""

from __future__ import annotations

from collections.abc import Iterable

from seatunnel_server.engine.errors import EngineFailure, IllegalArgument
from seatunnel_server.engine.javatext import java_text


class OptionMismatch(IllegalArgument):
    """An option's value cannot be read as what the option is (`submit-job/mode-unknown`, `parallelism-text`)."""

    def __init__(self, value: object, java_type: str) -> None:
        super().__init__(f"Json parsing exception, value '{java_text(value)}', and expected type '{java_type}'")


class SectionEmpty(IllegalArgument):
    """A section that must hold a plugin holds none (`submit-job/source-empty`)."""

    template = "Miss <{}> config! Please check the config file."


class IllegalBase64(IllegalArgument):
    """An encrypted value is not Base64 (`submit-job/shade-bad-base64`)."""


class ShadeFailed(IllegalArgument):
    """Credentials can't be encrypted or decrypted; the reason, which may contain them, is not sent."""

    template = "Failed to {} config. Please check your configuration."


class ColumnUnknown(IllegalArgument):
    """A query names a column that its input does not have."""

    template = "can't find field [{}]"


class FieldExists(IllegalArgument):
    """A RowKindExtractor's field has the name of one that its input has."""

    template = "field name {} already exists"


class BadPattern(IllegalArgument):
    """A regular expression that does not compile, met while the job is planned."""


class JobTooLarge(IllegalArgument):
    """A job would need more than one job may have here; the engine has no such limits."""

    template = "The job exceeds a limit of this server: {:,.0f} {}"


class TooManyJobs(IllegalArgument):
    """The jobs that run or wait leave too little memory for another one; the engine has no such limit."""

    template = (
        "The job exceeds a limit of this server: {:,} bytes of memory for all jobs that run or wait. "
        "Stop other jobs, or wait until they have ended."
    )


class ColumnsNotApart(EngineFailure):
    """A table that a transform or a sink is to read has two columns of one name, or one without."""

    def __init__(self, table: object, column: str) -> None:
        said = f"field {column} duplicate" if column.strip() else "field name cannot be empty"
        super().__init__(f"Table {table} {said}")


class BadTableName(IllegalArgument):
    """A dotted table name with no part, or with more than three."""

    template = "Cannot get split '{}' to get databaseName and tableName"


class KeyNotAllowed(EngineFailure):
    """A key, at any depth, that is not a path element in the engine's configuration syntax."""

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
    """A setting that must be there is not (`submit-job/env-missing`)."""

    java_class = "org.apache.seatunnel.shade.com.typesafe.config.ConfigException$Missing"

    template = "No configuration setting found for key '{}'"


class SettingIsNull(EngineFailure):
    """A setting that must be an object is null (`submit-job/env-null`)."""

    template = "hardcoded value: Configuration key '{}' is set to null but expected OBJECT"


class WrongSettingType(EngineFailure):
    """A setting is of another type than it must be (`submit-job/env-text`, `transform-object`)."""

    template = "hardcoded value: {} has type {} rather than {}"


class NullPointer(EngineFailure):
    """The engine used something that is not there."""

    def __init__(self, call: str, name: str) -> None:
        shown = name if " " in name else f'"{name}"'
        super().__init__(f'Cannot invoke "{call}" because {shown} is null')


class WrongCast(EngineFailure):
    """The engine took a value for something else than it is."""

    def __init__(self, actual: str, wanted: str) -> None:
        where = (
            f"({actual} and {wanted} are in module java.base of loader 'bootstrap')"
            if actual.startswith("java.") and wanted.startswith("java.")
            else ""
        )
        super().__init__(f"class {actual} cannot be cast to class {wanted} {where}".rstrip())


class NumberNotFinite(EngineFailure):
    """A number too large for 64-bit floating point, which JSON cannot hold once the engine has read it."""

    template = "String json deserialization exception."


class GraphNotAllowed(EngineFailure):
    """Sources, transforms and sinks do not make a graph (the engine's `JobDefineCheckException`)."""

    java_class = "org.apache.seatunnel.engine.common.exception.JobDefineCheckException"


class PluginUnknown(EngineFailure):
    """No connector of that name is installed (`submit-job/plugin-unknown`, `sink-unknown`)."""

    template = "Plugin PluginIdentifier{{engineType='seatunnel', pluginType='{}', pluginName='{}'}} not found."


class TransformUnknown(EngineFailure):
    """No transform of that name is in the distribution (`submit-job/transform-unknown`)."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(
            "ErrorCode:[API-06], ErrorDescription:[Factory initialize failed] - "
            f"Could not find any factory for identifier '{name}' that implements "
            "'org.apache.seatunnel.api.table.factory.TableTransformFactory' in the classpath.\n\n"
            "Available factory identifiers are:\n\n" + "\n".join(sorted(known))
        )


class FactoryFailed(EngineFailure):
    """A connector cannot be made from its options (`submit-job/schema-missing`, `row-num-text`).

    The cause of the exception says what is wrong; the engine does not send it.
    """

    java_class = "org.apache.seatunnel.api.table.factory.FactoryException"

    template = (
        "ErrorCode:[API-06], ErrorDescription:[Factory initialize failed] - Unable to create a {} for identifier '{}'."
    )


class OptionRuleBroken(EngineFailure):
    """A plugin's options miss one that is required, or exclude each other."""

    template = "ErrorCode:[API-02], ErrorDescription:[Option item validate failed] - {}"


class OptionsMissing(OptionRuleBroken):
    """Options that are required are missing; `because` is the condition where they are required under one only."""

    def __init__(self, *names: str, because: str = "") -> None:
        listed = ", ".join(f"'{name}'" for name in names)
        condition = f" because [{because}] is true" if because else ""
        super().__init__(f"There are unconfigured options, the options({listed}) are required{condition}.")


class SqlRefused(EngineFailure):
    """A query that the engine does not parse or does not support (`submit-job/transform-bad-sql`)."""

    template = "ErrorCode:[COMMON-05], ErrorDescription:[Unsupported operation] - {}"


class FieldUnknown(EngineFailure):
    """A transform names an input field that does not exist."""

    template = (
        "ErrorCode:[TRANSFORM_COMMON-01], ErrorDescription:[The input field "
        "'{1}' of '{0}' transform not found in upstream schema]"
    )


class MetadataUnknown(EngineFailure):
    """A Metadata transform asks for a fact that rows do not have."""

    template = (
        "ErrorCode:[TRANSFORM_COMMON-03], "
        "ErrorDescription:[The metadata fields '{}' of 'Metadata' transform not found ]"
    )


class MetadataFieldExists(EngineFailure):
    """A Metadata transform puts a fact where its input has a field; the message names the fact."""

    template = (
        "ErrorCode:[TRANSFORM_COMMON-04], "
        "ErrorDescription:[The metadata mapping field '{}' of 'Metadata' transform already exists in upstream schema]"
    )


class JsonPathRefused(EngineFailure):
    """A column of a JsonPath transform lacks something that it can't do without."""

    template = "ErrorCode:[JSONPATH_ERROR_CODE-{0}], ErrorDescription:[{1}] - {1}"


class CodeRefused(EngineFailure):
    """The code of a DynamicCompile transform does not compile, or lacks the method that the engine calls."""

    template = (
        "ErrorCode:[COMPILE_TRANSFORM_ERROR_CODE-01], ErrorDescription:[CompileTransform error please check code] - {}"
    )


class TypeUnsupported(EngineFailure):
    """Text that is no column type, or a type that is not dealt with."""

    template = "ErrorCode:[COMMON-07], ErrorDescription:['{}' unsupported data type '{}' of '{}']"


class FieldsUnknown(EngineFailure):
    """A transform names several input fields that do not exist."""

    template = (
        "ErrorCode:[TRANSFORM_COMMON-02], ErrorDescription:[The input fields "
        "'{1}' of '{0}' transform not found in upstream schema]"
    )


class JobNotInitialized(EngineFailure):
    """The job master cannot set the job up; `cause` is Java's text of the reason."""

    has_stack_trace = True

    template = "org.apache.seatunnel.engine.common.exception.JobException: {}"


class SaveModeFailed(JobNotInitialized):
    """A sink's target cannot be made ready (`submit-job/save-mode-fails`)."""

    template = JobNotInitialized.template.format(
        "org.apache.seatunnel.common.exception.SeaTunnelRuntimeException: "
        "ErrorCode:[API-09], ErrorDescription:[Handle save mode failed]"
    )


class NotHocon(EngineFailure):
    """The text breaks the grammar (`submit-job/hocon-broken`)."""

    def __init__(self, line: int, reason: str, column: int | None = None) -> None:
        super().__init__(f"String: {line}: {reason}")
        self.line = line
        self.column = column
        """Where it is found on the line, from 1 on; the library does not say."""
        self.reason = reason


class TooManyTokens(EngineFailure):
    """The text has more words and marks than are read; the engine has no such limit."""

    template = "the document has more than {} words, marks and line ends"


class NoCodePoint(IllegalArgument):
    r"""An escape such as `\u-001`, which Java reads as a number and then finds to be no character."""

    template = "Not a valid Unicode code point: {}"


class NotReadable(IllegalArgument):
    """A setting cannot be read as JSON, for it holds an unresolved substitution or an infinite number."""

    template = "Json parsing exception."


class NotResolved(EngineFailure):
    """A section is an unresolved substitution, so that it is not even known what it is."""

    template = "a substitution stands where a section should be, and none is resolved here"
