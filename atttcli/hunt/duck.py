"""DuckDB, imported when it is first needed; only this room knows it."""

from __future__ import annotations

import atexit
import gc
from types import ModuleType


def load() -> ModuleType:
    """The module. At the end of the process Python must look for cycles then, or its binding complains of each object."""
    import duckdb

    atexit.unregister(gc.freeze)  # `cli.main` registers it, to spare short commands that search
    atexit.unregister(gc.unfreeze)
    atexit.register(gc.unfreeze)  # where a process runs several commands, one after this registers it again
    return duckdb
