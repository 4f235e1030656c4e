"""`seatunnel-v2 check`: check job configurations before they are submitted."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import typer

from seatunnel_conformance.text.visible import as_json, visible
from seatunnel_v2.commands.spec import write
from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.messages import fail, load_contract, say, warn
from seatunnel_v2.options import documents

if TYPE_CHECKING:
    from seatunnel_openapi import Contract
    from seatunnel_server.checking import CheckedJob, JobFinding

EPILOG = """Examples:

$ seatunnel-v2 check job.conf

$ seatunnel-v2 check jobs/*.conf --release 2.3.9 --strict

$ seatunnel-v2 check job.conf --convert json > job.json

Exit status: 0 no errors; 1 the release would refuse a job, or with --strict there are warnings; 2 invalid usage, or a
file can't be read.
"""


_MOST_NAMES = 10

Files: TypeAlias = Annotated[
    list[str], typer.Argument(metavar="FILE", help="Job configurations, or folders of them; - is standard input.")
]
FileLanguage: TypeAlias = Annotated[
    Literal["json", "hocon", "sql"] | None,
    typer.Option("--language", help="Language of the files. Default: by the file's name, or else by its text."),
]
Plugin: TypeAlias = Annotated[
    list[str] | None, typer.Option("--plugin", metavar="NAME", help="Plugin that SeaTunnel does not ship; repeatable.")
]
Strict: TypeAlias = Annotated[bool, typer.Option("--strict", help="Exit with 1 for warnings as well as for errors.")]
Plan: TypeAlias = Annotated[bool, typer.Option("--plan", help="Also print pipelines and vertices.")]
MermaidPlan: TypeAlias = Annotated[
    bool, typer.Option("--mermaid", help="Print the plan as a Mermaid diagram, and the findings to stderr.")
]
SvgPlan: TypeAlias = Annotated[
    bool, typer.Option("--svg", help="Print the plan as an SVG picture, and the findings to stderr. One file only.")
]
Convert: TypeAlias = Annotated[
    Literal["json", "hocon"] | None,
    typer.Option("--convert", help="Print the configuration in this language instead. One file only."),
]


def check(  # noqa: PLR0913, PLR0917 - typer's own way
    files: Files,
    release: documents.ClusterRelease = None,
    language: FileLanguage = None,
    plugin: Plugin = None,
    strict: Strict = False,  # noqa: FBT002 - as above
    plan: Plan = False,  # noqa: FBT002 - as above
    mermaid: MermaidPlan = False,  # noqa: FBT002 - as above
    svg: SvgPlan = False,  # noqa: FBT002 - as above
    convert: Convert = None,
    output: documents.Output = None,
    format: Annotated[Literal["text", "json"], documents.FORMAT] = "text",  # noqa: A002 - the option's name
) -> None:
    """Check job configurations in JSON, HOCON or SQL before they are submitted.

    The command parses them as this release does. It reports what the release would refuse, and what is doubtful:
    syntax, names of plugins, missing options, inputs and outputs that lead nowhere, variables, credentials in clear
    text. Nothing is sent.
    """
    from seatunnel_server import checking
    from seatunnel_server.checking import Language, check_job

    contract = load_contract(release)
    read_as = Language(language) if language else None
    contents = {name: _content(name) for each in files for name in _in_folder(each)}
    if len(contents) > 1 and (svg or convert is not None):
        fail(ExitStatus.USAGE, f"{'--svg' if svg else '--convert'} takes one file")
    own = frozenset(plugin or ())
    jobs = {
        name: check_job(content, name, contract, language=read_as, own_plugins=own)
        for name, content in contents.items()
        if content is not None
    }
    unreadable = len(contents) - len(jobs)
    if unreadable and not jobs:
        raise typer.Exit(ExitStatus.USAGE)
    if convert is not None:
        _convert(jobs, Language(convert), output)
        return
    if format == "json":
        shown = [_as_json(name, job, contract) for name, job in jobs.items()]
        write(as_json(shown, indent=2) + "\n", output)
    elif mermaid or svg:
        say("".join(_as_text(name, job) for name, job in jobs.items()), err=True)
        draw = checking.svg if svg else checking.mermaid
        if diagrams := [draw(job.job) for job in jobs.values() if job.job]:
            write(visible("".join(diagrams)), output)
    else:
        text = "".join(_as_text(name, job, plan=plan) for name, job in jobs.items())
        write(visible(text), output)
    if unreadable:
        raise typer.Exit(ExitStatus.USAGE)
    if any(job.is_refused or (strict and job.findings) for job in jobs.values()):
        raise typer.Exit(ExitStatus.DEVIATES)


_ENDINGS = frozenset({".conf", ".hocon", ".json", ".sql"})


def _in_folder(name: str) -> list[str]:
    """Return the job configurations in a folder and the folders below it, by their endings; else the name itself."""
    found = [str(each) for each in sorted(Path(name).rglob("*")) if each.suffix in _ENDINGS and each.is_file()]
    return found or [name]


def _content(name: str) -> bytes | None:
    """Return the content of a file, or None after a message if it can't be read.

    Of a file that is longer than the reference server takes, one byte more than that is read.
    """
    from seatunnel_openapi.files import read_bytes
    from seatunnel_server.http.request import BODY_LIMIT

    if Path(name).is_dir():
        warn(f"{name} can't be read: it has no files that end with {', '.join(sorted(_ENDINGS))}")
        return None
    try:
        return read_bytes(Path(name), BODY_LIMIT, cut=True)
    except OSError as problem:
        warn(f"{name} can't be read: {problem.strerror}")
        return None


def _convert(jobs: dict[str, CheckedJob], language: Any, output: Path | None) -> None:
    from seatunnel_server.checking import NotConvertible

    ((name, job),) = jobs.items()
    try:
        write(job.converted(language), output)
    except NotConvertible as problem:
        for finding in job.findings:
            say(_line(name, finding), err=True)
        warn(f"{name} can't be converted: {problem}")
        raise typer.Exit(ExitStatus.DEVIATES) from None


def _as_text(name: str, job: CheckedJob, *, plan: bool = False) -> str:
    from seatunnel_server.checking import FindingSeverity, plan_text, summary

    lines = [_line(name, finding) for finding in job.findings]
    counts = [
        f"{job.count(kind)} {kind}{'' if job.count(kind) == 1 else 's'}" for kind in FindingSeverity if job.count(kind)
    ]
    nothing = "no findings in what is known" if job.unchecked else "no findings"
    lines.append(f"{name}: {', '.join(counts) or nothing}{f'; {summary(job.job)}' if job.job else ''}\n")
    if job.unchecked:
        names = ", ".join(job.unchecked[:_MOST_NAMES]) + ", …" * (len(job.unchecked) > _MOST_NAMES)
        plugins = "1 plugin" if len(job.unchecked) == 1 else f"{len(job.unchecked)} plugins"
        lines.append(f"{name}: options of {plugins} are not known, but for required ones: {names}\n")
    if plan and job.job:
        lines.append(plan_text(job.job))
    return "".join(lines)


def _line(name: str, finding: JobFinding) -> str:
    place = f"{name}:{finding.line}:" if finding.line else f"{name}:"
    place += f"{finding.column}:" if finding.column else ""
    hint = f"    hint: {finding.hint}\n" if finding.hint else ""
    return f"{place} {finding.severity}: {finding.message} [{finding.rule}]\n{hint}"


def _as_json(name: str, job: CheckedJob, contract: Contract) -> dict[str, Any]:
    findings = [dataclasses.asdict(finding) for finding in job.findings]
    for finding in findings:
        del finding["quotes"]
    return {
        "file": name,
        "release": contract.release,
        "language": job.language,
        "findings": findings,
        "unchecked": job.unchecked,
        "plan": dataclasses.asdict(job.job.plan) if job.job else None,
    }
