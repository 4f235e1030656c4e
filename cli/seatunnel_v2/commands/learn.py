"""`seatunnel-v2 learn`: draft the contract of a deployment that no release describes."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from seatunnel_conformance.arrange import options
from seatunnel_v2.addresses import settings_of
from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.messages import Progress, fail, reporting_errors, say, say_json
from seatunnel_v2.options import documents
from seatunnel_v2.options.run import Deployment, takes
from seatunnel_v2.reference import deployment, own_release

if TYPE_CHECKING:
    from seatunnel_conformance.learn import LearnedContract

EPILOG = """Examples:

$ seatunnel-v2 learn http://localhost:8080 --allow-writes -o acme.yaml

$ seatunnel-v2 learn http://localhost:8080 --from 2.3.13 -o acme.yaml --format json

$ seatunnel-v2 conform http://localhost:8080 --release ./acme.yaml --allow-writes

Exit status: 0 the draft states all differences; 1 some are suspected faults, and are comments in the draft; 2 invalid
usage; 3 unreachable; 5 undecided, for example because the time is used up.
"""


@takes(options.ALLOW_WRITES, options.DEDICATED, options.SEED, *options.WITHOUT_PROXY)
def learn(  # noqa: PLR0913 - a parameter for each option
    url: Deployment,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", dir_okay=False, help="File for the overlay.")
    ],
    base: Annotated[
        str, documents.of_release("--from", "Release to compare with. Default: the most similar one.")
    ] = "auto",
    accept: Annotated[
        list[str] | None,
        typer.Option(
            "--accept",
            metavar="GLOB",
            help="Member, fact or clause whose difference is intended, and not a suspected fault. Can be repeated.",
        ),
    ] = None,
    paths: Annotated[
        Path | None,
        typer.Option(
            "--paths",
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="HAR file, access log or Markdown page. Its GET requests are sent if no release has their path.",
        ),
    ] = None,
    *,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    format: Annotated[Literal["text", "json"], documents.FORMAT] = "text",  # noqa: A002 - the option's name
    given: Mapping[str, Any],
) -> None:
    """Draft the contract of the deployment at URL: an overlay with its differences from the nearest release.

    The command compares responses with the schemas of that release, and checks all clauses. If a clause is not kept, it
    tries other values of the facts that the check has read. Each action of the overlay has its evidence in a recording,
    which is written next to the overlay.

    A difference that contradicts a MUST clause and that no release has is a suspected fault. So is a difference of
    another release, if little else matches that release. Suspected faults are comments in the overlay, unless --accept
    names them.

    Without --allow-writes, no jobs run, so differences that only jobs show are not found.
    """
    from seatunnel_conformance.documentation import named_paths
    from seatunnel_conformance.learn import LearningPlan
    from seatunnel_conformance.learn import learn as learned

    if output.suffix not in {".yaml", ".yml"}:
        fail(ExitStatus.USAGE, f"{output} is not the name of a YAML file", "-o acme.yaml")
    with reporting_errors(), ExitStack() as stack, Progress() as line:
        settings = settings_of(stack.enter_context(deployment(url)), given, base)
        allowed = given["allow_writes"] or own_release(url) is not None
        settings = replace(settings, allow_writes=allowed, dedicated=given["dedicated"], seed=given["seed"])
        named = named_paths(paths) if paths else ()
        plan = LearningPlan(settings, output, tuple(accept or ()), force=force, paths=named)
        result = learned(plan, line.show)
    if format == "json":
        say_json(result.as_json())
    else:
        say(_text(result, settings.url if own_release(url) is None else url, allowed=allowed))
    raise typer.Exit(ExitStatus.DEVIATES if result.faults else ExitStatus.OK)


def _text(result: LearnedContract, url: str, *, allowed: bool) -> str:
    count = len(result.stated)
    differences = f"{count} difference{'' if count == 1 else 's'}"
    found = f"This deployment is {result.base} with {differences}."
    lines = [found if count else f"This deployment is like {result.base} in all that was checked."]
    if not allowed:
        lines += ["No jobs were run, so differences that only jobs show were not found; --allow-writes runs jobs."]
    subjects: dict[str, list[str]] = {}
    for it in result.stated:
        subjects.setdefault(f"  {it.kind:10} {it.text}", []).append(it.subject)
    lines += [text if len(names) == 1 else f"{text} ({', '.join(names)})" for text, names in subjects.items()]
    if result.faults:
        lines += ["", f"Suspected faults: {len(result.faults)}. The draft has them as comments; --accept states them:"]
        for reason in dict.fromkeys(it.fault for it in result.faults):
            lines += [f"  {reason}:", *(f"    {it.subject}: {it.text}" for it in result.faults if it.fault == reason)]
    lines += ["", f"{result.checked} clauses were checked in {result.seconds:.0f} s. Read the draft, then run"]
    writes = " --allow-writes" if allowed else ""
    lines += [f"  seatunnel-v2 conform {url} --release {_as_release(result.output)}{writes}"]
    return "\n".join(lines) + "\n"


def _as_release(path: Path) -> str:
    return str(path) if path.is_absolute() or path.parent != Path() else f"./{path}"
