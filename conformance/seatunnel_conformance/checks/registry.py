"""The registry of checks. A check is a function that is registered for the id of one clause.

The id ends with the name of the function: `job-info.unknown-id` is `unknown_id` in `checks/job_info.py`. Large groups
of clauses are split over several files, and small ones share a file. The function's docstring says why the clause
matters to a client. Its parameters name what the check needs, such as `target` or `jobs`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Final, TypeAlias, TypeVar

from seatunnel_conformance.arrange.functions import ClauseFunction
from seatunnel_conformance.errors import DuplicateRegistration, MisnamedCheck
from seatunnel_openapi import Contract
from seatunnel_openapi.contract import Clause

CheckFunction: TypeAlias = Callable[..., None]
_Function = TypeVar("_Function", bound=CheckFunction)

WRITING: Final = frozenset({"jobs", "tags", "failover"})
"""Parameters of check functions that change the target."""


@dataclass(frozen=True, slots=True)
class Check(ClauseFunction):
    """The check of one clause. For a check that is derived from an operation, `clause_id` is the operation's id.

    `needs` are the names of the function's parameters. `writes`: the check changes the target. `reads`: it runs in part
    even if the target may only be read. `alone`: no other check may change the target meanwhile. `last`: it runs after
    all other checks.
    """

    clause_id: str
    function: CheckFunction
    writes: bool
    needs: tuple[str, ...]
    alone: bool = False
    reads: bool = False
    last: bool = False

    def __call__(self, provided: Mapping[str, Any]) -> None:
        """Run the check with its parameters from `provided`."""
        self.function(**{name: provided[name] for name in self.needs})


_REGISTERED: Final[dict[str, Check]] = {}


def check(
    clause_id: str, *, writes: bool = False, alone: bool = False, reads: bool = False
) -> Callable[[_Function], _Function]:
    """Register a function as the check of a clause.

    Args:
        clause_id: The clause that the function checks.
        writes: Whether it sends requests other than GET, HEAD and OPTIONS. A check that takes `jobs` or `tags` does.
        alone: Whether no other check may change the target meanwhile, for example because the function counts jobs.
        reads: Whether a check that writes also runs if the target may only be read. It then sends only reads.
    """

    def register(function: _Function) -> _Function:
        if clause_id in _REGISTERED:
            raise DuplicateRegistration(f"two checks name the clause {clause_id}")
        if not f"-{clause_id.replace('.', '-')}".endswith(f"-{function.__name__.replace('_', '-')}"):
            raise MisnamedCheck(f"the check of {clause_id} must not be called {function.__name__}")
        needs = tuple(inspect.signature(function).parameters)
        changes = writes or bool(WRITING & set(needs))
        _REGISTERED[clause_id] = Check(clause_id, function, changes, needs, alone, reads)
        return function

    return register


@cache
def all_checks() -> tuple[Check, ...]:
    """Return the checks of all modules, ordered by file and line."""
    from seatunnel_conformance import checks  # noqa: PLC0415 - its modules import this one

    for module in iter_modules(checks.__path__, f"{checks.__name__}."):
        import_module(module.name)
    return tuple(_REGISTERED.values())


def paired(checks: Iterable[Check], contract: Contract) -> list[tuple[Check, Clause]]:
    """Return the checks whose clauses are in the contract, each with its clause, in the contract's order."""
    by_clause = {found.clause_id: found for found in checks}
    return [(by_clause[clause.id], clause) for clause in contract.clauses if clause.id in by_clause]
