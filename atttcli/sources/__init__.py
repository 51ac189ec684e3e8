"""Readers of everything that comes in. `LOG_SOURCES` is the static table of log readers, made when first asked for.

Lazy (PEP 562), because the regexes of ten readers cost more to compile than `atttcli --help` may take.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from atttcli.source import Source

    LOG_SOURCES: tuple[Source, ...]


def __getattr__(name: str) -> object:
    if name == "LOG_SOURCES":
        from atttcli.sources.logs.table import LOG_SOURCES

        return LOG_SOURCES
    raise AttributeError(name)
