"""`seatunnel-v2 spec models`: print the schemas of the contract as Python types."""

from __future__ import annotations

from seatunnel_v2.commands.spec import write
from seatunnel_v2.messages import load_contract, reporting_errors
from seatunnel_v2.options import documents

EPILOG = r"""Examples:

$ seatunnel-v2 spec models --release 2.3.10 -o seatunnel_types.py

Needs, in a checkout: pip install '.\[stubs]'.
"""


def spec_models(release: documents.Release = "documented", output: documents.Output = None) -> None:
    """Print a Python module with a typed dict for each schema of a release: the shapes of requests and responses.

    The values that `response.json()` returns have these types, without a conversion. The module imports only the
    standard library.
    """
    from seatunnel_stubs.functions import GeneratorMissing, types_of

    with reporting_errors("", GeneratorMissing):
        write(types_of(load_contract(release)), output)
