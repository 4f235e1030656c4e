"""The transform DynamicCompile. Its code is not compiled, but refused if it clearly lacks the function that is called.

The engine compiles the code and calls its `getInlineOutputColumns` while it plans the job (read in the transform). A
file with code is not opened, since its path is for the engine's machine.
"""

from __future__ import annotations

import re
from enum import Enum

from seatunnel_server.engine.memory.connectors.transforms.rows import not_run
from seatunnel_server.engine.memory.pipeline import Transform
from seatunnel_server.engine.memory.schema import Table
from seatunnel_server.engine.options import Options, as_choice
from seatunnel_server.engine.refusals import CodeRefused, OptionsMissing

_PACKAGE = "org.apache.seatunnel.transform.dynamiccompile"
_CALLED = "getInlineOutputColumns"
# A comment or string that is not closed ends with the code or its line, so that matching takes linear time.
_NO_CODE = re.compile(
    r"""
    //[^\n]*
    | /\*.*?(?:\*/|\Z)
    | \"{3}(?:\\.|[^\\\"]++|\"(?!\"\"))*+(?:\"{3}|\Z)?
    | (?P<quote>["'])(?:\\.|[^\\\n"']++|(?!(?P=quote))["'])*+(?P=quote)?
    """,
    re.VERBOSE | re.DOTALL,
)
_CLOSING = {")": "(", "]": "[", "}": "{"}


class _Language(Enum):
    GROOVY = 0
    JAVA = 1
    SCALA = 2


class _Origin(Enum):
    SOURCE_CODE = 0
    ABSOLUTE_PATH = 1


def check_code(plugin: str, options: Options, table: Table) -> Transform:
    """Make a transform that passes rows on. Raises `OptionRuleBroken`, `OptionMismatch` and `CodeRefused`."""
    named = options.raw("compile_language")
    if named is None:
        raise OptionsMissing("compile_language")
    language = as_choice(named, _Language, f"{_PACKAGE}.CompileLanguage")
    origin = options.choice("compile_pattern", _Origin, _Origin.SOURCE_CODE, f"{_PACKAGE}.CompilePattern")
    code = options.text(origin.name.lower())
    if code is None:
        raise OptionsMissing(origin.name.lower(), because=f"'compile_pattern' == {origin.name}")
    if origin is _Origin.SOURCE_CODE:
        # Groovy and Scala have literals that only their own parsers can distinguish from code.
        if language is _Language.JAVA and not _is_balanced(_NO_CODE.sub(" ", code)):
            raise CodeRefused("org.codehaus.commons.compiler.CompileException: brackets do not match")
        if _CALLED not in code:
            raise CodeRefused("method invoke failed")
    return not_run(plugin, table)


def _is_balanced(code: str) -> bool:
    opened: list[str] = []
    for character in code:
        if character in _CLOSING.values():
            opened.append(character)
        elif character in _CLOSING and (not opened or opened.pop() != _CLOSING[character]):
            return False
    return not opened
