"""Checks a job configuration: reads it, applies the rules of a release, and plans the job as its engine does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Any, Final

from seatunnel_openapi import Contract, connectors_of
from seatunnel_openapi.option_rules import KINDS, OptionRules, option_rules_of
from seatunnel_server.checking.conversion import NotConvertible, convert
from seatunnel_server.checking.findings import MOST, FindingSeverity, JobFinding, Rule, error, warning
from seatunnel_server.checking.reading import JobText, NotText, plugins_of, read_job
from seatunnel_server.checking.rules import JobRules
from seatunnel_server.engine import refusals
from seatunnel_server.engine.config import Language, ShadeRules, decrypt, read_tree
from seatunnel_server.engine.errors import EngineError, IllegalArgument
from seatunnel_server.engine.memory.connectors.catalogue import Catalogue, ConnectorMode
from seatunnel_server.engine.memory.connectors.transforms.registry import KNOWN as TRANSFORMS
from seatunnel_server.engine.memory.pipeline import ExecutableJob
from seatunnel_server.engine.memory.planning import Planner

_HINTS: Final[Mapping[type[EngineError], str]] = {
    refusals.SettingMissing: "add `env`; it may be empty",
    refusals.SettingIsNull: "`env` may be empty: {}",
    refusals.NullPointer: "a job needs a source and a sink",
    refusals.SectionEmpty: "a job needs a source and a sink",
    refusals.GraphNotAllowed: "a job needs a source and a sink",
    refusals.WrongSettingType: 'in JSON, a section is a list: "source": [{"plugin_name": "FakeSource", …}]',
    refusals.WrongCast: 'in JSON, a section is a list: "source": [{"plugin_name": "FakeSource", …}]',
}


@dataclass(frozen=True, slots=True)
class CheckedJob:
    """The findings in a configuration. `job` is the planned job; None if the release refuses it.

    `unchecked` are the plugins of which only required options were checked, because their other options are not known.
    """

    language: Language | None
    findings: tuple[JobFinding, ...]
    tree: Mapping[str, Any] | None = None
    job: ExecutableJob | None = None
    unchecked: tuple[str, ...] = ()

    @property
    def is_refused(self) -> bool:
        """Whether the release would refuse the job."""
        return self.count(FindingSeverity.ERROR) > 0

    def count(self, severity: FindingSeverity) -> int:
        """Return the number of findings with a severity."""
        return sum(finding.severity is severity for finding in self.findings)

    def converted(self, language: Language) -> str:
        """Return the configuration in a language. Raises `NotConvertible`."""
        if self.tree is None:
            raise NotConvertible("it can't be read")
        tree = self.tree
        if self.language is Language.JSON:
            try:
                tree = read_tree(tree, marks_in_keys=True)
            except EngineError as problem:
                raise NotConvertible(problem.message) from None
        return convert(tree, language)


def check_job(  # noqa: PLR0913 - what the command's options name
    content: bytes,
    name: str,
    contract: Contract,
    *,
    language: Language | None = None,
    own_plugins: AbstractSet[str] = frozenset(),
    option_rules: OptionRules | None = None,
) -> CheckedJob:
    """Check the content of a file called `name` for the release of a contract.

    `own_plugins` are names of plugins that are not of SeaTunnel's distribution. `option_rules` are rules that were read
    from an engine; by default, those that were recorded for the release.
    """
    try:
        read = read_job(content, name, language)
    except NotText as problem:
        return CheckedJob(None, (problem.finding,))
    if read.tree is None:
        return CheckedJob(read.language, read.findings)
    shipped = option_rules_of(contract.release)
    options = option_rules or (replace(shipped, release=contract.release) if shipped else None)
    further = _not_shipped(option_rules, contract) if option_rules else ()
    own = frozenset(map(str.lower, (*own_plugins, *further)))
    rules = JobRules(contract, read.language, own, options)
    found = list(islice(chain(read.findings, rules.findings(read.tree)), MOST))
    job = None
    if not any(each.severity is FindingSeverity.ERROR and each.rule is not Rule.LANGUAGE for each in found):
        try:
            job = None if _runs_own_transform(read, own) else _planned(read, contract, simulate_all=bool(own))
        except EngineError as problem:
            found.append(_refusal(problem, read))
    placed = (finding.placed(read.text) for finding in found)
    unchecked = tuple(dict.fromkeys(rules.unchecked(read.tree)))
    return CheckedJob(read.language, tuple(sorted(placed, key=_order)), read.tree, job, unchecked)


def _not_shipped(rules: OptionRules, contract: Contract) -> Iterator[str]:
    """Yield the names of plugins that are in an engine's rules, but not in SeaTunnel's distribution."""
    known = connectors_of(contract.release)
    shipped = {"source": known.sources, "sink": known.sinks, "transform": TRANSFORMS}
    for kind in KINDS:
        names = {*map(str.lower, shipped[kind])}
        yield from (name for name in rules.names(kind) if name.lower() not in names)


def _order(finding: JobFinding) -> tuple[bool, int, int, bool]:
    """Return a sort key: by line and column, then findings without a place, which may follow from the others."""
    return not finding.line, finding.line or 0, finding.column or 0, finding.severity is not FindingSeverity.ERROR


def _planned(read: JobText, contract: Contract, *, simulate_all: bool) -> ExecutableJob:
    """Plan a job as the release does, with simulated connectors. Raises an `EngineError`."""
    facts = contract.operation("submit_job").behaviour
    tree = dict(read.tree or {})
    if read.language is Language.JSON or facts.choice("decryption") == "every-format":
        tree = decrypt(tree, ShadeRules.of(contract.operation("encrypt_config").behaviour))
    mode = ConnectorMode.ANY if simulate_all else ConnectorMode.SIMULATE
    planner = Planner(
        connectors=Catalogue.of_contract(contract, mode), chains_are_first=facts.choice("chainVertex") == "first-number"
    )
    return planner.plan(tree, in_keys=facts.names("inputKeys"), out_keys=facts.names("outputKeys"))


def _runs_own_transform(read: JobText, own_plugins: AbstractSet[str]) -> bool:
    """Return whether a transform is not of the distribution, so that its effect on columns is unknown."""
    transforms = plugins_of(read.tree or {}, "transform")
    return any(str(plugin.get("plugin_name")).lower() in own_plugins for _, plugin in transforms)


def _refusal(problem: EngineError, read: JobText) -> JobFinding:
    if "Unsupported function" in problem.message:
        message = f"the release has no such function: {problem.message.partition(' - ')[2]}"
        return warning(Rule.REFUSED, message, "a function of your own has to be installed on the cluster")
    status = 400 if isinstance(problem, IllegalArgument) else 500
    reason = "; ".join(_reasons(problem))
    hint = _HINTS.get(type(problem), "")
    if read.language is Language.HOCON and read.text.lstrip("\ufeff \t\r\n").startswith("{"):
        hint = "if the text is JSON, name the file .json, or use --language json and submit it as JSON"
    return error(Rule.REFUSED, f"the release answers {status}: {reason}", hint)


def _reasons(problem: BaseException | None) -> Iterator[str]:
    while problem is not None:
        yield str(problem).partition("\n")[0]
        problem = problem.__cause__
