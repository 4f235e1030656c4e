"""Job configurations written as HOCON, read by the rules of the engine's own reader.

The engine reads HOCON with a modified Typesafe Config 1.3.3 (`seatunnel-config-shade`). What it does differently from
other readers of the language, and what is therefore done here:

- A dot in a key is a character like any other; what makes a path is `->`, and only inside one word.
- An object under a key called `source`, `transform` or `sink`, wherever it stands, is a list of its members, each with
  its own key as `plugin_name`. Objects in an array under such a key are lists too, which is why a JSON job is refused.
- Nothing is substituted. A `${x}` or `+=` is harmless where it is not read, and a refusal where it is.
- An include finds nothing: no file is read, no address opened. What the engine makes of an include without a target
  is done: plain names, `file(…)` and `classpath(…)` leave nothing, `required(…)` and addresses are failures.

How it is known: recorded in `submit-job/hocon-*` and `submit-job-upload/*`; where the recordings are silent, the
published library of 2.3.9 and 2.3.10 was run, and both gave the same answers.
"""

from __future__ import annotations

from seatunnel_server.engine.hocon.document import Syntax, parse
from seatunnel_server.engine.hocon.values import Refused

__all__ = ["Refused", "Syntax", "parse"]
