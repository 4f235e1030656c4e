"""Serves the application: `python -m vendor_seatunnel`. Other machines can reach it only with `--host`."""

from __future__ import annotations

import argparse

from seatunnel_server.hosting import run

from vendor_seatunnel.app import create_app
from vendor_seatunnel.cluster import NODE
from vendor_seatunnel.contract import contract


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="vendor_seatunnel")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8080)
    options = parser.parse_args()
    NODE.address = f"localhost:{options.port}"
    run(create_app(), contract(), host=options.host, port=options.port)


if __name__ == "__main__":
    main()
