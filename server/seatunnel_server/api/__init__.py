"""The operations of the contract: handlers, validation, and responses made from the response schemas.

Connexion imports two HTTP clients and Starlette's test client, which takes a third of the time of the server's start.
These modules are imported only when something in them is called. Deprecation warnings of connexion's imports are
hidden, since no user of this package can avoid them.
"""

import importlib
import sys
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any, Final

_UNUSED: Final = ("httpx", "requests", "starlette.testclient")


class _LazyModule(ModuleType):
    """A stand-in for a module. Its functions and classes import the real module when they are called."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)
        module = self.__name__

        def call(*arguments: Any, **named: Any) -> Any:
            return getattr(importlib.import_module(module), name)(*arguments, **named)

        return call


def _import_connexion() -> None:
    """Import connexion with stand-ins for `_UNUSED`. Other code that imports these modules gets the real ones."""
    unused = [name for name in _UNUSED if name not in sys.modules]
    sys.modules.update({name: _LazyModule(name) for name in unused})
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            importlib.import_module("connexion")
    finally:
        for name in unused:
            del sys.modules[name]


_import_connexion()
