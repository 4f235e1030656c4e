"""The checks: one function per clause, found by the clause's id.

The id of a check is that of its clause, and ends with the name of the function: `job-info.unknown-id` is `unknown_id`
in `checks/job_info.py`. A large group has several files, and a file has several small groups. The docstring says why
the clause matters to a client; the parameters are what the check needs.
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
"""Parameters through which a check changes the target."""


@dataclass(frozen=True, slots=True)
class Check(ClauseFunction):
    """One clause's check.

    `needs` are the names of its parameters; `writes` tells whether it changes the target, `reads` that it has a part
    which doesn't, `alone` that no other check may change the target meanwhile, `last` that all others run before.
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
        alone: Whether no other check may change the target meanwhile: the function counts the jobs of the cluster.
        reads: Whether a check that writes also runs if the target may only be read: then it sends only what reads.
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
    """Return all checks, in the order of files and lines."""
    from seatunnel_conformance import checks  # noqa: PLC0415 - its modules import this one

    for module in iter_modules(checks.__path__, f"{checks.__name__}."):
        import_module(module.name)
    return tuple(_REGISTERED.values())


def paired(checks: Iterable[Check], contract: Contract) -> list[tuple[Check, Clause]]:
    """Return the checks of a contract's clauses, with the clauses, in the contract's order."""
    by_clause = {found.clause_id: found for found in checks}
    return [(by_clause[clause.id], clause) for clause in contract.clauses if clause.id in by_clause]
