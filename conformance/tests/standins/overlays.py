"""Overlays for deployments that differ from a release."""

from pathlib import Path


def overlay(path: Path, after: str, *actions: tuple[str, str]) -> str:
    """Write an overlay of actions, each with a target and an update in YAML, and return its path."""
    lines = ["overlay: 1.0.0", 'info: {title: Acme, version: "1"}', "extends: seatunnel-v2.yaml", f'x-after: "{after}"']
    evidence = 'x-evidence: {how: documented, ref: "page#overview"}'
    texts = [
        f"  - target: {to}\n    description: Acme.\n    update: {update}\n    {evidence}" for to, update in actions
    ]
    path.write_text("\n".join([*lines, "actions:", *texts, ""]), encoding="utf-8")
    return str(path)
