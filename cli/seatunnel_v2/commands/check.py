"""`seatunnel-v2 check`: check job configurations before they are submitted."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from glob import glob
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias

import typer

from seatunnel_conformance.text.visible import as_json, visible
from seatunnel_v2.addresses import settings_of
from seatunnel_v2.commands.spec import write
from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.messages import fail, load_contract, reporting_errors, say, warn
from seatunnel_v2.options import documents

if TYPE_CHECKING:
    from seatunnel_openapi import Contract
    from seatunnel_openapi.option_rules import OptionRules
    from seatunnel_server.checking import CheckedJob, JobFinding

EPILOG = """Examples:

$ seatunnel-v2 check job.conf

$ seatunnel-v2 check jobs --release 2.3.9 --strict

$ seatunnel-v2 check jobs --release 2.3.9 --release 3.0.0

$ seatunnel-v2 check 'jobs/**/*.conf' --rules rules.json --format github

$ seatunnel-v2 check job.conf --convert json > job.json

Exit status: 0 no errors; 1 the release would refuse a job, or with --strict there are warnings; 2 invalid usage, or a
file can't be read. With two releases, only findings that are new in the second count.
"""

_MOST_NAMES = 10
_ENDINGS: Final = frozenset({".conf", ".hocon", ".json", ".sql"})

Files: TypeAlias = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE",
        help="Job configurations: files, folders (their .conf, .hocon, .json and .sql files) or quoted patterns. `-` "
        "is standard input.",
    ),
]
Rules: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--rules",
        metavar="FILE|URL",
        help="Option rules of your plugins: a file that `option-rules` saved, or the address of an engine. Default: "
        "the rules of the release's own plugins.",
    ),
]
FileLanguage: TypeAlias = Annotated[
    Literal["json", "hocon", "sql"] | None,
    typer.Option("--language", help="Language of the files. Default: detected from the name, or else from the text."),
]
Plugin: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--plugin", metavar="NAME", help="Plugin that SeaTunnel does not ship. Can be repeated."),
]
Strict: TypeAlias = Annotated[bool, typer.Option("--strict", help="Exit with 1 for warnings, too.")]
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
    release: documents.ClusterReleases = None,
    language: FileLanguage = None,
    plugin: Plugin = None,
    strict: Strict = False,  # noqa: FBT002 - as above
    plan: Plan = False,  # noqa: FBT002 - as above
    mermaid: MermaidPlan = False,  # noqa: FBT002 - as above
    svg: SvgPlan = False,  # noqa: FBT002 - as above
    convert: Convert = None,
    rules: Rules = None,
    output: documents.Output = None,
    format: Annotated[Literal["text", "json", "sarif", "github"], documents.FORMAT] = "text",  # noqa: A002 - the option's name
) -> None:
    """Check job configurations in JSON, HOCON or SQL before they are submitted.

    The command parses them as the release does. It reports errors, which the release would refuse, and warnings. They
    are about syntax, names of plugins, options and the rules between options, inputs and outputs without a counterpart,
    variables, and credentials in clear text. No job is sent anywhere.

    With --release twice, it reports the findings that an upgrade from the first to the second adds and removes.
    """
    from seatunnel_server import checking

    old, contract = _contracts(release or [], alone=plan or mermaid or svg or bool(rules) or convert is not None)
    read_as = checking.Language(language) if language else None
    names = list(dict.fromkeys(found for name in files for found in _expanded(name)))
    if len(names) > 1 and (svg or convert is not None):
        fail(ExitStatus.USAGE, f"{'--svg' if svg else '--convert'} takes one file")
    contents = {name: _content(name) for name in names}
    own, known = frozenset(plugin or ()), _option_rules(rules) if rules else None
    check_file = partial(checking.check_job, language=read_as, own_plugins=own, option_rules=known)
    jobs = {name: check_file(it, name, contract) for name, it in contents.items() if it is not None}
    gone: dict[str, CheckedJob] = {}
    if contract.release != old.release:
        before = {name: check_file(contents[name] or b"", name, old) for name in jobs}
        gone = {name: checking.without_findings_of(job, jobs[name]) for name, job in before.items()}
        jobs = {name: checking.without_findings_of(job, before[name]) for name, job in jobs.items()}
    unreadable = len(contents) - len(jobs)
    if unreadable and not jobs:
        raise typer.Exit(ExitStatus.USAGE)
    if convert is not None:
        _convert(jobs, checking.Language(convert), output)
        return
    if mermaid or svg:
        say("".join(_as_text(name, job) for name, job in jobs.items()), err=True)
        draw = checking.svg if svg else checking.mermaid
        if diagrams := [draw(job.job) for job in jobs.values() if job.job]:
            write(visible("".join(diagrams)), output)
    else:
        write(_report(jobs, format, contract.release, plan=plan, gone=gone), output)
    if unreadable:
        raise typer.Exit(ExitStatus.USAGE)
    if any(job.is_refused or (strict and job.findings) for job in jobs.values()):
        raise typer.Exit(ExitStatus.DEVIATES)


def _contracts(releases: list[str], *, alone: bool) -> tuple[Contract, Contract]:
    """Return the contracts before and after an upgrade; with at most one release, twice the same.

    Exits with an error message for more than two releases; with `alone`, for more than one.
    """
    if len(releases) > 2:  # noqa: PLR2004 - from one to another
        fail(ExitStatus.USAGE, "--release can be given at most twice: before and after the upgrade")
    if len(releases) > 1 and alone:
        fail(ExitStatus.USAGE, "--plan, --mermaid, --svg, --rules and --convert take one --release")
    names: list[str | None] = [*releases] or [None]
    found = [load_contract(name) for name in names]
    return found[0], found[-1]


def _report(
    jobs: dict[str, CheckedJob],
    format: str,  # noqa: A002 - as above
    release: str,
    *,
    plan: bool,
    gone: dict[str, CheckedJob],
) -> str:
    """Return the findings in a format. `gone` has the findings that the upgrade removes, by file."""
    from seatunnel_server import checking

    match format:
        case "json":
            found = [checking.as_data(name, job, release, gone.get(name)) for name, job in jobs.items()]
            return as_json(found, indent=2) + "\n"
        case "sarif":
            return as_json(checking.as_sarif(jobs, version("seatunnel-v2")), indent=1) + "\n"
        case "github":
            return visible(checking.as_annotations(jobs))
    return visible("".join(_as_text(name, job, plan=plan, gone=gone.get(name)) for name, job in jobs.items()))


def _expanded(name: str) -> Iterator[str]:
    """Yield the files of an argument (a file, folder or pattern), or the argument itself if nothing matches."""
    path = Path(name)
    if path.is_dir():
        found = [str(each) for each in sorted(path.rglob("*")) if each.suffix in _ENDINGS and each.is_file()]
    else:
        found = [name] if name == "-" or path.exists() else sorted(glob(name, recursive=True))  # noqa: PTH207 - as typed
    yield from found or [name]


def _option_rules(name: str) -> OptionRules:
    """Return the option rules of a file or of an engine. Exits with an error message if they can't be read."""
    from seatunnel_conformance.arrange.options import DEFAULTS
    from seatunnel_conformance.run.option_rules import NoOptionRules, read_option_rules
    from seatunnel_openapi.errors import InvalidDocument
    from seatunnel_openapi.files import UnusableFile, parse_json, read_text
    from seatunnel_openapi.option_rules import OptionRules

    try:
        if "://" in name:
            with reporting_errors():
                document = read_option_rules(settings_of(name, DEFAULTS))
        else:
            document = parse_json(read_text(Path(name)))
        return OptionRules.parse(document, name).completed()
    except (UnusableFile, ValueError, InvalidDocument, NoOptionRules) as problem:
        message = f"{name} is not JSON: {problem}" if isinstance(problem, ValueError) else str(problem)
        fail(ExitStatus.USAGE, message, "`seatunnel-v2 option-rules URL -o rules.json` saves the rules of an engine")


def _content(name: str) -> bytes | None:
    """Return the content of a file, or None after a message if it can't be read.

    Reads at most one byte more than the reference server accepts, so that a larger file is recognised.
    """
    from seatunnel_openapi.files import UnusableFile, read_bytes
    from seatunnel_server.http.request import BODY_LIMIT

    if Path(name).is_dir():
        warn(f"{name} can't be read: it has no files that end with {', '.join(sorted(_ENDINGS))}")
        return None
    try:
        return read_bytes(Path(name), BODY_LIMIT, cut=True)
    except UnusableFile as problem:
        warn(str(problem))
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


def _as_text(name: str, job: CheckedJob, *, plan: bool = False, gone: CheckedJob | None = None) -> str:
    from seatunnel_server.checking import FindingSeverity, plan_text, summary

    lines = [_line(name, finding) for finding in job.findings]
    lines += [_line(name, finding, "no longer: ") for finding in (gone.findings if gone else ())]
    counts = [
        f"{job.count(kind)} {kind}{'' if job.count(kind) == 1 else 's'}" for kind in FindingSeverity if job.count(kind)
    ]
    if gone:
        counts = [each.replace(" ", " new ") for each in counts]
        counts += [f"{len(gone.findings)} gone"] if gone.findings else []
    nothing = f"no{' new' if gone else ''} findings{' in the known options' if job.unchecked else ''}"
    lines.append(f"{name}: {', '.join(counts) or nothing}{f'; {summary(job.job)}' if job.job else ''}\n")
    if job.unchecked:
        names = ", ".join(job.unchecked[:_MOST_NAMES]) + ", …" * (len(job.unchecked) > _MOST_NAMES)
        plugins = "1 plugin" if len(job.unchecked) == 1 else f"{len(job.unchecked)} plugins"
        lines.append(f"{name}: options of {plugins} are not known: {names}\n")
    if plan and job.job:
        lines.append(plan_text(job.job))
    return "".join(lines)


def _line(name: str, finding: JobFinding, prefix: str = "") -> str:
    place = f"{name}:{finding.line}:" if finding.line else f"{name}:"
    place += f"{finding.column}:" if finding.column else ""
    hint = f"    hint: {finding.hint}\n" if finding.hint else ""
    return f"{place} {prefix}{finding.severity}: {finding.message} [{finding.rule}]\n{hint}"
