"""The tools of `seatunnel-v2 mcp`, an MCP server for assistants. Results are short and structured."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, contextmanager, suppress
from dataclasses import dataclass, replace
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeAlias

import anyio
import httpx2
from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import Field

import seatunnel_openapi
from seatunnel_conformance.ledger import UnknownEntry, find, views
from seatunnel_conformance.ledger.views import fact_explained
from seatunnel_conformance.report.events import Report, ReportError
from seatunnel_conformance.report.outcomes import Outcome, Verdict, by_weight
from seatunnel_conformance.report.text import counted, headline
from seatunnel_openapi import Contract, ContractError, Operation
from seatunnel_openapi.documents import reached, without_extensions
from seatunnel_openapi.loading import is_file
from seatunnel_openapi.option_rules import KINDS, declared, keys_of, option_rules_of
from seatunnel_server import checking
from seatunnel_server.checking.findings import did_you_mean
from seatunnel_server.engine.domain import JobStatus
from seatunnel_server.engine.memory.clock import ManualClock
from seatunnel_server.engine.memory.connectors.catalogue import ConnectorMode
from seatunnel_server.serving.embedded import DidNotStart, EmbeddedServer
from seatunnel_server.serving.process import ServeOptions

INSTRUCTIONS: Final = """Check and try Apache SeaTunnel jobs without a cluster. Repair a job in steps: `check_job`,
change what it reports, check again until there are no findings, then `simulate_job`. `explain` and `api` answer
questions about options and about the REST API V2 of a release. `conform` checks a running deployment."""

_MOST: Final = 20
"""Maximum items of a list in a result; `more_…` has the number of the others."""
_LONGEST: Final = 1_000
"""Maximum characters of a text in a list, or of an error."""
_PAGE: Final = 8_000
"""Maximum characters of a long text: a log, a plan, an explanation."""
_STEP: Final = 0.5
"""Engine seconds between two polls of a simulated job."""
_PATIENCE: Final = 20.0
"""Maximum real seconds of a simulation."""
_ENDS: Final = frozenset(status.value for status in JobStatus if status.is_end)
_RUN: Final = 600
"""Maximum seconds of a run of the suite."""
_COUNTS: Final = frozenset({"SourceReceivedCount", "SinkWriteCount", "SinkCommittedCount"})
_STILL_RUNS: Final = "the job still runs: a streaming job runs until it is stopped, a batch job has more rows to read"
_NO_FILE: Final = "a release is a name such as 2.3.13, not a file"

_Job: TypeAlias = Annotated[str, Field(description="The whole text of the job configuration.")]
_Release: TypeAlias = Annotated[
    str | None, Field(description="Release of SeaTunnel, such as 2.3.13. Default: that of the server.")
]
_Language: TypeAlias = Annotated[
    Literal["hocon", "json", "sql"] | None, Field(description="Language of the job. Default: detected.")
]
_Seconds: TypeAlias = Annotated[
    float, Field(gt=0, le=3600, description="Engine time to simulate. A job can still run at its end.")
]
_READS: Final = ToolAnnotations(read_only_hint=True, open_world_hint=False)


@dataclass(frozen=True)
class Assistance:
    """The tools. `release` is the default of their parameter `release`. `allow_writes`: `conform` may submit jobs."""

    release: str
    allow_writes: bool = False

    def server(self, lifespan: Callable[[Any], AbstractAsyncContextManager[None]] | None = None) -> MCPServer[Any]:
        """Return the MCP server with all tools. Assistants read the docstrings of the tools."""
        number = version("seatunnel-v2")
        server = MCPServer[Any](
            "seatunnel-v2", version=number, instructions=INSTRUCTIONS, log_level="WARNING", lifespan=lifespan
        )
        for tool in (self.check_job, self.simulate_job, self.explain, self.api):
            server.add_tool(tool, annotations=_READS)
        writes = ToolAnnotations(read_only_hint=not self.allow_writes, open_world_hint=True)
        server.add_tool(self.conform, annotations=writes)
        return server

    def check_job(
        self, job: _Job, release: _Release = None, language: _Language = None, plugins: list[str] | None = None
    ) -> dict[str, Any]:
        """Check a job configuration (HOCON, JSON or SQL) as a release parses it. Nothing is sent anywhere.

        Returns `verdict`, `findings` (rule, severity, message, hint, line, column), `unchecked` (plugins whose options
        are not known) and, if the job is not refused, its `plan`. `plugins` are names of your own plugins; the hints of
        findings call this parameter `--plugin`.
        """
        with _short_errors():
            contract = self._contract(release)
            checked = _checked(job, contract, language, plugins)
            return _findings(checked, contract.release)

    def simulate_job(
        self,
        job: _Job,
        release: _Release = None,
        language: _Language = None,
        plugins: list[str] | None = None,
        seconds: _Seconds = 60,
    ) -> dict[str, Any]:
        """Run a job on a reference server in this process, with simulated connectors and a simulated clock.

        Returns `state` (REFUSED if the job was refused), `error`, `counts` of rows, `log`, `seconds` of engine time,
        and the results of `check_job`. Sources such as Kafka generate rows, sinks count them: the job connects to no
        other system.
        """
        with _short_errors():
            contract = self._contract(release)
            checked = _checked(job, contract, language, plugins)
            mode = ConnectorMode.ANY if plugins else ConnectorMode.SIMULATE
            options = ServeOptions(release=release or self.release, clock=ManualClock(), connectors=mode)
            return _simulated(job, checked, options, seconds) | _findings(checked, contract.release)

    def explain(
        self,
        name: Annotated[str, Field(description="Clause, fact, operation (id, or method and path), or option.")],
        plugin: Annotated[str | None, Field(description="For an option: its plugin, or `env`.")] = None,
        release: _Release = None,
    ) -> dict[str, Any]:
        """Explain a clause or fact of the contract, an operation of the API, or with `plugin` an option of a plugin.

        With `plugin` and an empty `name`, the result lists the options of the plugin.
        """
        with _short_errors():
            contract = self._contract(release)
            if plugin is not None:
                return {"release": contract.release, **_option(contract, plugin, name)}
            operation = _operation(contract, name)
            if operation is None:
                fact = fact_explained(name, release) if name.isidentifier() else None
                return {"text": _cut(fact or views.explained(find(name, contract.release)), _PAGE)}
            return {
                "release": contract.release,
                "operation": f"{operation.method} {operation.path}",
                "id": operation.id,
                "text": _cut(str(operation.document.get("description", "")), _PAGE),
                "facts": dict(operation.behaviour),
                "clauses": {clause.id: f"{clause.level}: {clause.text}" for clause in operation.clauses},
            }

    def api(
        self,
        operation: Annotated[str | None, Field(description="Id, or method and path, such as GET /overview.")] = None,
        release: _Release = None,
    ) -> dict[str, Any]:
        """Return the list of a release's operations, or one operation with its parameters, responses and schemas."""
        with _short_errors():
            contract = self._contract(release)
            if operation is None:
                operations = {each.id: _title(each) for each in contract.operations}
                return {"release": contract.release, "operations": operations}
            found = _operation(contract, operation)
            if found is None:
                names = [f"{each.method} {each.path}" for each in contract.operations]
                hint = did_you_mean(operation, names) or "without it, `api` lists all"
                raise ToolError(f"{contract.release} has no operation {_cut(operation)}; {hint}")
            return {"release": contract.release, **_documented(contract, found)}

    async def conform(
        self,
        *,
        url: Annotated[str, Field(description="Address of the deployment, including its context path.")],
        release: Annotated[str, Field(description="Release to check against; `auto` detects it.")] = "auto",
        only: Annotated[
            list[str] | None, Field(description="Clauses, groups, operations or tags. Default: all.")
        ] = None,
        allow_writes: Annotated[
            bool, Field(description="Also submit small jobs, if this server was started with --allow-writes.")
        ] = False,
    ) -> dict[str, Any]:
        """Check a running deployment against the contract. It is only read, unless writes are allowed.

        Returns `verdict`, `counts` and `failures`, each with a curl command that repeats it. Takes seconds to minutes.
        """
        if allow_writes and not self.allow_writes:
            raise ToolError("this server only reads: its user allows writes with `seatunnel-v2 mcp --allow-writes`")
        if is_file(release):
            raise ToolError(_NO_FILE)
        options = [f"--release={release}", f"--max-time={_RUN}", *(f"--only={each}" for each in only or ())]
        options += ["--profile=standard", "--allow-writes"] if allow_writes else ["--profile=read-only"]
        with tempfile.TemporaryDirectory(prefix="seatunnel-v2-") as folder:
            file = Path(folder, "run.ndjson")
            said = await _command("conform", *options, f"--report-ndjson={file}", "--", url)
            with suppress(OSError, ReportError):
                if (report := Report.salvage(file)).header.selected:
                    return _conformance(report)
            raise ToolError(_cut(said or "the run has no report"))

    def _contract(self, release: str | None) -> Contract:
        name = release or self.release
        # The file of an overlay would let an assistant read a file of this machine.
        if is_file(name) and name != self.release:
            raise ToolError(_NO_FILE)
        return seatunnel_openapi.load(name)


@contextmanager
def _short_errors() -> Iterator[None]:
    """Turn expected errors into a `ToolError` of one sentence."""
    try:
        yield
    except UnknownEntry as problem:
        raise ToolError(f"{problem}; {problem.hint or 'no operation or fact has this name, either'}") from None
    except (ContractError, DidNotStart) as problem:
        raise ToolError(_cut(str(problem))) from None


def _cut(text: str, longest: int = _LONGEST) -> str:
    """Return a text, without its middle if it is too long."""
    left_out = len(text) - longest
    return text if left_out <= 0 else f"{text[: longest // 2]}\n[{left_out} characters]\n{text[-longest // 2 :]}"


def _checked(job: str, contract: Contract, language: _Language, plugins: list[str] | None) -> checking.CheckedJob:
    """Check a job. Raises `ToolError` for a text that is not checked, for example because it is too large."""
    read_as = checking.Language(language) if language else None
    checked = checking.check_job(
        job.encode(errors="replace"), "job", contract, language=read_as, own_plugins={*(plugins or ())}
    )
    for finding in checked.findings:
        if finding.rule is checking.Rule.FILE:
            raise ToolError(f"{finding.message}; {finding.hint}" if finding.hint else finding.message)
    return checked


def _findings(checked: checking.CheckedJob, release: str) -> dict[str, Any]:
    """Return the result of `check_job`, with at most `_MOST` findings."""
    data = checking.as_data("job", checked, release)
    findings = [{key: value for key, value in each.items() if value} for each in data["findings"]]
    errors = checked.count(checking.FindingSeverity.ERROR)
    known = "no findings in the known options" if checked.unchecked else "no findings"
    warned = f"accepted, with {counted(len(findings), 'warning')}" if findings else known
    return {
        "verdict": f"refused, with {counted(errors, 'error')}" if errors else warned,
        "release": release,
        "language": checked.language,
        "findings": [{key: _short(value) for key, value in each.items()} for each in findings[:_MOST]],
        "more_findings": len(findings[_MOST:]),
        "unchecked": list(checked.unchecked[:_MOST]),
        "plan": _cut(f"{checking.summary(checked.job)}\n{checking.plan_text(checked.job)}", _PAGE)
        if checked.job
        else None,
    }


def _short(value: Any) -> Any:
    return _cut(value) if isinstance(value, str) else value


def _simulated(job: str, checked: checking.CheckedJob, options: ServeOptions, seconds: float) -> dict[str, Any]:
    """Run a job on a new server, and return its state, error, counts and log. Raises `DidNotStart`."""
    deadline = time.monotonic() + _PATIENCE
    with tempfile.TemporaryDirectory(prefix="seatunnel-v2-") as folder:
        options = replace(options, log_dir=Path(folder))
        with (
            EmbeddedServer(options) as server,
            httpx2.Client(base_url=server.url, transport=server.transport) as client,
        ):
            query = {"format": checked.language.value} if checked.language else {}
            submitted = client.post("/submit-job", params=query, content=job.encode(errors="replace"))
            if submitted.is_error:
                is_json = "json" in submitted.headers["content-type"]
                said = submitted.json().get("message") if is_json else submitted.text
                return {"state": "REFUSED", "status": submitted.status_code, "error": _cut(str(said))}
            number, passed = submitted.json()["jobId"], 0.0
            while True:
                info = client.get(f"/job-info/{number}").json()
                state = info.get("jobStatus")
                if state in _ENDS or passed >= seconds or time.monotonic() > deadline:
                    break
                server.advance(step := min(_STEP, seconds - passed))
                passed += step
        log = Path(folder, f"job-{number}.log")
        # The lines of the stack trace begin with a tab.
        causes = [line for line in (info.get("errorMsg") or "").splitlines() if not line.startswith("\t")]
        return {
            "state": state,
            "error": _cut("\n".join(causes)) or None,
            "seconds": passed,
            **({"note": _STILL_RUNS} if state not in _ENDS else {}),
            "counts": {key: value for key, value in info.get("metrics", {}).items() if key in _COUNTS},
            "log": _cut(log.read_text(encoding="utf-8", errors="replace"), _PAGE) if log.exists() else "",
        }


def _title(operation: Operation) -> str:
    return f"{operation.method} {operation.path}: {operation.document.get('summary', '')}"


def _operation(contract: Contract, name: str) -> Operation | None:
    """Return the operation with an id, a path, or a method and path; None if there is none."""
    method, _, path = name.strip().rpartition(" ")
    for operation in contract.operations:
        if name == operation.id or (path == operation.path and method.upper() in {"", operation.method}):
            return operation
    return None


def _documented(contract: Contract, operation: Operation) -> dict[str, Any]:
    """Return an operation as OpenAPI, with the schemas that it refers to, but without extensions and examples."""
    schemas = contract.published["components"]["schemas"]
    document = {
        "operation": _title(operation),
        "parameters": operation.parameters,
        "requestBody": operation.request_body,
        "responses": operation.responses,
        "schemas": {name: schemas[name] for name in sorted(reached(contract.published, operation.document))},
    }
    described: dict[str, Any] = _without_examples(without_extensions(document))
    return described


def _without_examples(node: Any) -> Any:
    if isinstance(node, list | tuple):
        return [_without_examples(each) for each in node]
    if not isinstance(node, Mapping):
        return node
    return {key: _without_examples(value) for key, value in node.items() if key not in {"examples", "example", "links"}}


def _option(contract: Contract, plugin: str, name: str) -> dict[str, Any]:
    """Return an option of a plugin, or with an empty `name` the names of all its options.

    The result is by kind, such as `source`: a source and a sink can share a name. Raises `ToolError` for an unknown
    name.
    """
    rules, found = option_rules_of(contract.release), dict[str, Any]()
    if rules is None:
        raise ToolError(f"the options of {contract.release} are not known")
    kinds = ("env",) if plugin == "env" else KINDS
    for kind in kinds:
        rule = {"optionalOptions": rules.env} if kind == "env" else (rules.of(kind, plugin) or {}).get("optionRule")
        options = {key: option for option in declared(rule or {}) for key in keys_of(option)}
        if rule and not name:
            found[kind] = {"options": sorted(options), "required": rules.required(kind, plugin)}
        elif name in options:
            option = {key: _short(value) for key, value in options[name].items() if value not in (None, [])}
            values = rules.enums.get(options[name]["type"])
            found[kind] = option | ({"values": sorted(values.values())} if values else {})
    if not found:
        known = [key for kind in kinds for key in rules.keys(kind, plugin)]
        what = f"no option {_cut(name)} of {_cut(plugin)}" if known else f"no plugin {_cut(plugin)} with known options"
        plugins = chain.from_iterable(map(rules.names, KINDS))
        hint = did_you_mean(name, known) if known else did_you_mean(plugin, plugins)
        raise ToolError(f"{contract.release} has {what}; {hint or 'an empty name lists the options of a plugin'}")
    return found


async def _command(*words: str) -> str:
    """Run `seatunnel-v2` in a process, and return its stderr.

    If this call is cancelled, the process gets SIGTERM, and this function waits until it has stopped its jobs.
    """
    with tempfile.TemporaryFile() as said:
        command = [sys.executable, "-m", "seatunnel_v2", *words]
        nothing = subprocess.DEVNULL
        process = await anyio.open_process(command, stdin=nothing, stdout=nothing, stderr=said)
        try:
            await process.wait()
        finally:
            if process.returncode is None:
                process.terminate()
                with anyio.CancelScope(shield=True):
                    await process.wait()
        said.seek(0)
        return said.read().decode(errors="replace").strip()


def _conformance(report: Report) -> dict[str, Any]:
    failed = by_weight(each for each in report.outcomes if each.verdict is Verdict.FAIL)
    return {
        "verdict": headline(report),
        "release": report.header.release,
        "profile": report.header.profile,
        "counts": dict(report.footer.counts),
        "failures": [_failure(each) for each in failed[:_MOST]],
        "more_failures": len(failed[_MOST:]),
    }


def _failure(outcome: Outcome) -> dict[str, Any]:
    curl = next((finding.curl for finding in outcome.findings if finding.curl), "")
    found = {name: getattr(outcome, name) for name in ("id", "level", "operation", "reason")} | {"curl": curl}
    return {key: _short(value) for key, value in found.items() if value}
