"""Words for errors in the syntax of JSON."""

from __future__ import annotations

from json import JSONDecodeError


def syntax_problem(error: JSONDecodeError) -> str:
    """Return what is wrong with a JSON text, without the place."""
    before, after = error.doc[: error.pos].rstrip(), error.doc[error.pos :].lstrip(", \t\r\n")[:1]
    behind_a_value = before.endswith(",") and not before[:-1].rstrip().endswith((",", "[", "{"))
    if error.msg.startswith("Illegal trailing comma") or (behind_a_value and after in {"}", "]"}):
        return f"trailing comma before `{after}`"
    if error.msg.startswith("Expecting property name"):
        return "expected a key in double quotes"
    return error.msg
