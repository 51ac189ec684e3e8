"""Where the shipped data stands: in the wheel under `atttcli/_data`, in a checkout beside the package."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def packaged(kind: str) -> Path:
    """Folder of shipped data: `rules`, `playbooks`, `seeds` or `schemas`."""
    installed = _PACKAGE / "_data" / kind
    if installed.is_dir():
        return installed
    return _PACKAGE.parent / ("docs/json" if kind == "schemas" else kind)
