"""The operations of the contract: handlers, validation, and responses made from the response schemas.

Connexion imports two HTTP clients and Starlette's test client, a third of the time that the server takes to start. They
are put off until somebody calls them. Its own imports are deprecated here and there, too, which no user of this package
can change.
"""

import importlib
import sys
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any, Final

_UNUSED: Final = ("httpx", "requests", "starlette.testclient")


class _LazyModule(ModuleType):
    """Stands for a module: its functions and classes import it when they are called."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)
        module = self.__name__

        def call(*arguments: Any, **named: Any) -> Any:
            return getattr(importlib.import_module(module), name)(*arguments, **named)

        return call


def _import_connexion() -> None:
    """Import connexion. Code that imports those modules itself, before or after, gets the real ones."""
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
