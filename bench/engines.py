"""Runs the suite on real engines, empty and with foreign jobs: `make engines`.

`SEATUNNEL_ENGINES` is the folder of `engine.py`, which unpacks and starts engines. Each trial starts an engine: an
empty one with the shipped configuration, or one with fixed slots and foreign jobs. Trials run at the same time. Failed
checks are repeated once. A check that fails again is a bug of the suite or of a contract, and the exit status is 1.

An engine starts jobs in the order of their submission, so that a job which waits for slots delays all later jobs. Jobs
that wait are therefore added last, for a run that only reads. On one empty engine, the suite runs twice, to find out
whether the ended jobs of the first run affect the second.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from bench.engine_host import RELEASES, EngineHost, Trial, UnusableEngine, last_line, trials, with_ports
from bench.foreign_jobs import ForeignJobs
from seatunnel_conformance.arrange.options import STANDARD, profile_named
from seatunnel_conformance.errors import UnknownProfile
from seatunnel_conformance.report.events import CheckFinished, Report, ReportError
from seatunnel_conformance.report.outcomes import Outcome, RunExit, Verdict, is_of_whole_run
from seatunnel_openapi import load, releases

ROOT: Final = Path(__file__).parents[1]
REPORTS: Final = ROOT / "reports" / "engines"
VARIABLE: Final = "SEATUNNEL_ENGINES"
DEFAULT: Final = ROOT.parent / "shared" / "engines"
"""The folder of `engine.py` without `SEATUNNEL_ENGINES`."""

KNOWN: Final = "results/known-nodes-{nodes}.yaml"
"""The path of the baseline for engines with a number of nodes on one host."""

FOREIGN: Final = {"RUNNING": 14, "FINISHED": 4, "FAILED": 4, "CANCELED": 4, "SAVEPOINT_DONE": 4}
WAITING: Final = {"PENDING": 3}

AGAIN: Final = ("2.3.13", 1)
"""The name and number of nodes of the engine that is checked twice."""

FEWER: Final = 5
"""The number of checks that the second run may skip in addition, because random histories reach other states."""

LOUD: Final = (Verdict.FAIL, Verdict.STALE, Verdict.INCONCLUSIVE)

PATIENCE: Final = 120.0  # seconds, for foreign jobs to reach their states
PROGRESS: Final = 20.0  # seconds between two lines


@dataclass
class TrialRun:
    """A run of the suite on the engine of a trial, with the outcomes after the repetition of failed checks."""

    trial: Trial
    jobs: str
    profile: str
    seconds: float = 0.0
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    repeated: int = 0
    alive: str = "-"
    problems: list[str] = field(default_factory=list)

    def count(self, *verdicts: Verdict) -> int:
        """Return the number of outcomes with one of the verdicts."""
        return sum(one.verdict in verdicts for one in self.outcomes.values())

    @property
    def clean(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems and not self.count(*LOUD)


@dataclass
class Gate:
    """Makes the runs of trials."""

    host: EngineHost
    profile: str
    limit: float
    """Maximum time of a run in seconds."""
    engines: Mapping[str, Path]
    begun: float = field(default_factory=time.monotonic)
    current: dict[str, Path] = field(default_factory=dict)

    def say(self, text: str) -> None:
        """Print a line with the time."""
        typer.echo(f"{time.monotonic() - self.begun:4.0f} s  {text}")

    def make(self, trial: Trial) -> list[TrialRun]:
        """Start an engine and make the runs of a trial on it."""
        runs: list[TrialRun] = []
        try:
            with self.host.started(trial, self.engines[trial.engine]):
                foreign = ForeignJobs(trial.urls[0], load(trial.release or releases()[-1]))
                for jobs, states in stages(trial).items():
                    run = TrialRun(trial, jobs, "read-only" if jobs == "waiting" else self.profile)
                    runs.append(run)
                    foreign.add(states, within=PATIENCE)
                    self._make(run, foreign)
                    run.problems += lost(runs[0], run) if jobs == "ended" else []
        except Exception as error:  # noqa: BLE001 - every exception fails the trial
            runs = runs or [TrialRun(trial, "foreign" if trial.busy else "none", self.profile)]
            runs[-1].problems.append(f"{type(error).__name__}: {error}")
            if not self.host.stopping:
                self.say(f"{trial.name}: {error}")
        self.current.pop(trial.name, None)
        return runs

    def _make(self, run: TrialRun, foreign: ForeignJobs) -> None:
        begun = time.monotonic()
        self._conform(run)
        if loud := [one for one in run.outcomes.values() if one.verdict in LOUD]:
            self._conform(run, dict.fromkeys(pattern_of(one.id) for one in loud))
            run.repeated = len(loud)
            for one in loud:
                self._print_repetition(run, one, run.outcomes[one.id])
        run.seconds = time.monotonic() - begun
        if foreign.expected:
            alive, count = foreign.alive(), len(foreign.expected)
            run.alive = f"{alive} of {count}"
            run.problems += [f"{count - alive} of {count} foreign jobs are not what they were"] * (alive < count)
        if strays := foreign.strays():
            run.problems.append(f"jobs of the run still run: {', '.join(strays)}")

    def _conform(self, run: TrialRun, only: Iterable[str] = ()) -> None:
        """Run the suite, or some of its checks, and record the outcomes."""
        trial, step = run.trial, "repetition" if only else "first"
        path = REPORTS / f"{trial.name}-{run.jobs}-{step}.ndjson"
        self.current[trial.name] = path
        url, *others = trial.urls
        words = [
            url,
            "--release",
            "auto",
            *(word for node in others for word in ("--node", node)),
            "--profile",
            run.profile,
        ]
        words += ["--seed", str(trial.seed), "--report-ndjson", str(path), *(f"--only={one}" for one in only)]
        known = ROOT / KNOWN.format(nodes=trial.nodes)
        words += ["--allow-writes"] * (run.jobs != "waiting") + ["--baseline", str(known)] * known.is_file()
        done = self.host.run([sys.executable, "-m", "seatunnel_v2", "conform", *words])
        path.with_suffix(".txt").write_text(done.stdout + done.stderr, encoding="utf-8")
        report = read_report(path, done)
        run.outcomes.update({one.id: one for one in report.outcomes})
        run.problems += problems_of(report, trial.release)
        counts = ", ".join(f"{count} {name}" for name, count in report.footer.counts.items() if count)
        self.say(f"{trial.name}, jobs {run.jobs}, seed {trial.seed}, {step} run: {counts}")

    def _print_repetition(self, run: TrialRun, first: Outcome, second: Outcome) -> None:
        self.say(f"{run.trial.name}, jobs {run.jobs}, seed {run.trial.seed}: {first.id}")
        for number, one in (("first", first), ("repeated", second)):
            reason = one.reason.partition("\n")[0]
            typer.echo(f"          {number}: {one.verdict.value}{', ' if reason else ''}{reason}")

    def print_progress(self) -> None:
        """Print how many checks of the current runs have ended."""
        now = []
        for name, path in sorted(self.current.items()):
            with suppress(OSError):
                text = path.read_text(encoding="utf-8", errors="replace")
                now.append(f"{name} {text.count(CheckFinished.KIND)}")
        if now:
            self.say(f"checks that have ended: {', '.join(now)}")


def stages(trial: Trial) -> Mapping[str, Mapping[str, int]]:
    """Return the runs of a trial: a name for the jobs on the engine, and the number of jobs to add by state."""
    if trial.busy:
        return {"foreign": FOREIGN, "waiting": WAITING}
    return {"none": {}, "ended": {}} if (trial.engine, trial.nodes) == AGAIN else {"none": {}}


def lost(first: TrialRun, second: TrialRun) -> list[str]:
    """Return a problem if a second run has skipped more checks than the first one, else an empty list."""
    skipped = second.count(Verdict.SKIPPED) - first.count(Verdict.SKIPPED)
    return [f"{skipped} more checks were skipped than by the run before"] * (skipped > FEWER)


def pattern_of(check_id: str) -> str:
    """Return the --only pattern that repeats a check. For a check of the whole run, it names the operation."""
    return check_id.partition(", ")[0] if is_of_whole_run(check_id) else check_id


def read_report(path: Path, done: subprocess.CompletedProcess[str]) -> Report:
    """Read the report of a run. Raises `UnusableEngine` if it is missing or invalid."""
    try:
        return Report.read(path)
    except (OSError, ReportError) as error:
        raise UnusableEngine(f"conform exited with {done.returncode}: {last_line(done.stderr)}") from error


def problems_of(report: Report, release: str) -> list[str]:
    """Return the problems of a run that no outcome shows: a wrong release, jobs left behind, missing checks."""
    header, footer = report.header, report.footer
    found = [f"detected as {header.release} instead of {release}"] * (release not in {"", header.release})
    found += [f"jobs were left behind: {', '.join(footer.leftovers)}"] * bool(footer.leftovers)
    return found + [f"{footer.missing} checks are missing"] * bool(footer.missing)


def table(runs: Iterable[TrialRun]) -> Table:
    """Return a table with a row for each run."""
    names = ("engine", "nodes", "foreign jobs", "profile", "seed", "passed", "known", "skipped", "repeated", "failed")
    view = Table(*names, "inconclusive", "foreign jobs alive", "seconds", "")
    for run in runs:
        verdicts = (Verdict.PASS,), (Verdict.KNOWN,), (Verdict.SKIPPED,)
        view.add_row(
            run.trial.engine,
            str(run.trial.nodes),
            {"none": "none", "ended": "ended", "foreign": "running, ended"}.get(run.jobs, "and waiting"),
            run.profile,
            str(run.trial.seed),
            *(str(run.count(*those)) for those in verdicts),
            str(run.repeated),
            str(run.count(Verdict.FAIL, Verdict.STALE)),
            str(run.count(Verdict.INCONCLUSIVE)),
            run.alive,
            f"{run.seconds:.0f}",
            "ok" if run.clean else "FAILED",
        )
    return view


def main(  # noqa: PLR0913, PLR0917 - a parameter for each option
    only: Annotated[list[str] | None, typer.Option(help="Engine, NAME or NAME=RELEASE. Can be repeated.")] = None,
    profile: Annotated[str, typer.Option(help="Profile of the runs.")] = STANDARD,
    seeds: Annotated[tuple[int, int], typer.Option(help="Seeds for empty engines, and with foreign jobs.")] = (1, 2),
    nodes: Annotated[int | None, typer.Option(help="Number of nodes. Default: 1, and 2 of 2.3.13.", min=1)] = None,
    port: Annotated[int | None, typer.Option(help="First port of the engines. Default: free ones.")] = None,
    parallel: Annotated[int, typer.Option(help="Number of trials at the same time.", min=1)] = 4,
    most: Annotated[float, typer.Option(help="Maximum seconds of a run.")] = 600,
    tools: Annotated[Path | None, typer.Option("--engines", help="Folder of engine.py.", envvar=VARIABLE)] = None,
) -> None:
    """Run the suite on real engines. Exit with 1 if a run is not clean, with 2 if an engine can't be started."""
    folder = tools or DEFAULT
    if not (folder / "engine.py").is_file():
        if tools or only:
            _exit(f"there is no engine.py in {folder}; hint: {VARIABLE} names the folder")
        typer.echo(f"The runs on real engines were left out, because {VARIABLE} does not name the folder of engine.py.")
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="seatunnel-engines-run-", ignore_cleanup_errors=True) as temporary:
        host = EngineHost(folder.resolve(), Path(temporary))
        try:
            planned = with_ports(trials(only or RELEASES, nodes, seeds), port)
            profile_named(profile)
            runs = _runs(Gate(host, profile, most, host.unpacked(one.engine for one in planned)), planned, parallel)
        except (UnusableEngine, UnknownProfile) as error:
            _exit(str(error))
        except KeyboardInterrupt:
            _exit("interrupted", status=RunExit.INTERRUPTED)
        finally:
            host.abandon()
    Console(width=None if sys.stdout.isatty() else 180).print(table(runs))
    for run in runs:
        for problem in run.problems:
            typer.echo(f"{run.trial.name}, foreign jobs {run.jobs}: {problem}")
    raise typer.Exit(not all(run.clean for run in runs))


def _exit(problem: str, *, status: int = 2) -> NoReturn:
    typer.echo(f"engines: {problem}", err=True)
    raise typer.Exit(status)


def _runs(gate: Gate, planned: list[Trial], parallel: int) -> list[TrialRun]:
    """Make all trials, and print the progress."""
    shutil.rmtree(REPORTS, ignore_errors=True)
    REPORTS.mkdir(parents=True)
    pool = ThreadPoolExecutor(parallel)
    try:
        pending = made = [pool.submit(gate.make, one) for one in planned]
        while pending:
            pending = list(wait(pending, timeout=PROGRESS, return_when=FIRST_COMPLETED).not_done)
            gate.print_progress()
        return [run for each in made for run in each.result()]
    finally:
        gate.host.stopping = True
        pool.shutdown(wait=False, cancel_futures=True)


if __name__ == "__main__":
    typer.run(main)
