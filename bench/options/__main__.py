"""Measures `check` by mutants of upstream's configurations: `python -m bench.options UPSTREAM [--engine HOME]`.

With `--engine`, the static dry run of an engine of 3.0 with all connectors judges the configurations and the mutants
(`Judge.java`, needs a JDK), and `verdicts.ndjson` is written again. Without it, `check` is compared with that file.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from bench.options.mutants import Mutant, configurations, mutants
from bench.simulated import RESULTS
from seatunnel_openapi import load
from seatunnel_server.checking import FindingSeverity, JobFinding, Language, Rule, check_job, convert

HERE: Final = Path(__file__).parent
VERDICTS: Final = HERE / "verdicts.ndjson"
RELEASE: Final = "development-2026-07-01"
_NAMED: Final = re.compile(r"`([^`]+)`")
_WORD: Final = re.compile(r"[\w.\-]+")
_LONGEST: Final = 160
"""Maximum characters of the engine's reason in `verdicts.ndjson`."""


def judged(texts: Sequence[str], engine: Path) -> list[str]:
    """Return for each configuration the reason why an engine refuses it, empty if it accepts it."""
    path = os.pathsep.join((f"{engine}/lib/*", str(engine / "starter/seatunnel-starter.jar")))
    with tempfile.TemporaryDirectory() as folder:
        classes = ["javac", "-nowarn", "-cp", path, "-d", folder, str(HERE / "Judge.java")]
        subprocess.run(classes, check=True)  # noqa: S603 - our own words
        files = [Path(folder, f"{number}.conf") for number in range(len(texts))]
        for file, text in zip(files, texts, strict=True):
            file.write_text(text, encoding="utf-8")
        done = subprocess.run(  # noqa: S603 - as above
            ["java", "-cp", f"{folder}{os.pathsep}{path}", "Judge", "judge"],  # noqa: S607 - the JDK of the user
            input="".join(f"{file}\n" for file in files), env={**os.environ, "SEATUNNEL_HOME": str(engine)},
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True,
        )  # fmt: skip
    return [json.loads(line)["reason"] or "" for line in done.stdout.splitlines()]


def objections(text: str) -> list[JobFinding]:
    """Return the errors that `check` finds in a configuration, and its warnings about options."""
    found = check_job(text.encode(), "job.conf", load(RELEASE)).findings
    return [it for it in found if it.severity is FindingSeverity.ERROR or it.rule is Rule.OPTION]


def names_it(found: Sequence[JobFinding], reason: str, option: str) -> bool:
    """Return whether a finding names an option in the engine's reason, the changed option, or the wrong plugin."""
    ours = {word for it in found for named in _NAMED.findall(it.message) for word in (named, *_WORD.findall(named))}
    plugin = option == "plugin_name" and any(it.rule is Rule.PLUGIN for it in found)
    return (
        bool(ours & {*_WORD.findall(reason)}) or option in ours or plugin or any(reason in it.message for it in found)
    )


def lines_of(made: Sequence[Mutant], reasons: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield the line of `verdicts.ndjson` for each mutant. Its text is left out, because the seed makes it again."""
    for each, reason in zip(made, reasons, strict=True):
        digest = hashlib.sha256(each.text.encode()).hexdigest()[:12]
        keys = {"kind": each.kind, "place": each.place, "option": each.option, "digest": digest}
        yield {**keys, "reason": re.sub(r"(ErrorCode:.*? - |Static analysis failed: )", "", reason)[:_LONGEST]}


def main(
    upstream: Annotated[Path, typer.Argument(help="Checkout of upstream at 0011bdf94.")],
    engine: Annotated[Path | None, typer.Option(help="Home of an engine with all connectors.")] = None,
    number: Annotated[int, typer.Option(help="Number of mutants.")] = 1000,
    seed: Annotated[int, typer.Option(help="Seed of the mutants.")] = 1,
) -> None:
    """Print how often `check` and the engine agree, and each mutant on which they don't."""
    all_of_them = list(configurations(upstream))
    if engine:
        reasons = judged([convert(tree, Language.HOCON) for _, tree in all_of_them], engine)
        sound = [each for each, reason in zip(all_of_them, reasons, strict=True) if not reason]
        made = list(islice(mutants(sound, number, seed), number))
        found = list(lines_of(made, judged([each.text for each in made], engine)))
        head = {"release": RELEASE, "seed": seed, "sound": [name for name, _ in sound]}
        VERDICTS.write_text("".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in (head, *found)))
    head, *found = map(json.loads, VERDICTS.read_text(encoding="utf-8").splitlines())
    names = {*head["sound"]}
    sound = [each for each in all_of_them if each[0] in names]
    alarms = [
        (name, it) for name, tree in sound if not _is_refused(name) for it in objections(convert(tree, Language.HOCON))
    ]
    for name, it in alarms:
        typer.echo(f"FALSE ALARM {name}: {it.message}")
    made = list(islice(mutants(sound, len(found), head["seed"]), len(found)))
    count = Counter(compared(mutant, line) for mutant, line in zip(made, found, strict=True))
    typer.echo(f"{len(made)} mutants of {len({each.origin for each in made})} of {len(sound)} configurations")
    typer.echo(f"{dict(count)}, {len(alarms)} false alarms")


def _is_refused(name: str) -> bool:
    """Return whether an engine refused the submitted configuration (`bench.simulated`), unlike its dry run."""
    lines = map(json.loads, RESULTS.read_text(encoding="utf-8").splitlines())
    file = name.partition("#")[0].replace("src/test/resources/", "")
    return any(line["engine"]["state"] == "refused" and file.endswith(line["job"]) for line in lines)


def compared(mutant: Mutant, line: dict[str, Any]) -> str:
    """Compare `check` with the engine's verdict on a mutant, print a difference, and return the kind of agreement."""
    if next(lines_of([mutant], [""]))["digest"] != line["digest"]:
        raise SystemExit("another upstream: the mutants are not those of verdicts.ndjson")
    ours, reason = objections(mutant.text), line["reason"]
    said = "; ".join(it.message for it in ours) or "nothing"
    if bool(ours) != bool(reason):
        typer.echo(f"DIFFERS {mutant.kind} {mutant.origin} {mutant.place} {mutant.option}: {reason!r} / {said}")
        return "differ"
    if not ours:
        return "both accept"
    if not names_it(ours, reason, mutant.option):
        typer.echo(f"OTHER OPTION {mutant.option}: {reason!r} / {said}")
        return "both refuse, other options"
    return "both refuse, same option"


if __name__ == "__main__":
    typer.run(main)
