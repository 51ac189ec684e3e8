"""DuckDB over the derived files: read-only, without files, extensions, network or Python objects, bounded in every way.

SQL may come from anybody (a saved hunt, a paper, a mail), so nothing of it is trusted: one SELECT, a configuration that is
locked before it is run, only the folder `hunt/` to be read, and limits of memory, time and rows (decision 0243).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from atttcli.errors import LimitExceeded, UsageError, WorkspaceError
from atttcli.hunt.allowance import ceiling
from atttcli.hunt.choose import Chosen, Window
from atttcli.hunt.columns import COLUMNS, REF_DIGITS, literal, quoted
from atttcli.hunt.duck import load

_CHUNK = 2000
_OPEN = Window()
_LONGEST_SQL = 200_000
_GRACE = 5.0


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much a hunt may use: bytes as DuckDB writes them, threads, seconds, rows given back."""

    memory: str = "1GB"
    threads: int = 2
    seconds: float = 60.0
    rows: int = 1000


@dataclass(slots=True)
class Answer:
    """Rows as they come; `truncated` is known when they have all been taken."""

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: Iterator[tuple[Any, ...]]
    truncated: bool = False


@dataclass(slots=True)
class Hunting:
    """An open connection over some Parquet files. Use `hunting` to make one."""

    connection: Any
    bounds: Bounds
    stuck: Callable[[], None] | None = None  # called when DuckDB does not heed its interruption: one call of a function
    _stopped: list[bool] = field(default_factory=list)

    @contextmanager
    def ask(self, sql: str, values: Sequence[object] = ()) -> Iterator[Answer]:
        """Run one SELECT. UsageError for what is none or is wrong; LimitExceeded beyond time or memory."""
        _only_select(self.connection, sql)
        timer = threading.Timer(self.bounds.seconds, self._stop)
        timer.daemon = True
        timer.start()
        try:
            with self._told():
                cursor = self.connection.execute(sql, list(values)) if values else self.connection.execute(sql)
                described = cursor.description or []
                answer = Answer(tuple(str(d[0]) for d in described), tuple(str(d[1]) for d in described), iter(()))
                answer.rows = self._rows(cursor, answer)
            yield answer
        finally:
            timer.cancel()

    def _rows(self, cursor: Any, answer: Answer) -> Iterator[tuple[Any, ...]]:
        given = 0
        while True:
            with self._told():
                rows = cursor.fetchmany(min(_CHUNK, self.bounds.rows + 1 - given))
            if not rows:
                return
            for row in rows:
                given += 1
                if given > self.bounds.rows:
                    answer.truncated = True
                    return
                yield tuple(row)

    def _stop(self) -> None:
        self._stopped.append(True)
        self.connection.interrupt()

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """DuckDB looks for interruptions between blocks of rows only: `levenshtein` of two long texts hears of none."""
        if self.stuck is None:
            yield
            return
        timer = threading.Timer(self.bounds.seconds + _GRACE, self.stuck)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """DuckDB's errors as ours."""
        duckdb = load()

        try:
            with self._watched():
                yield
        except duckdb.InterruptException as error:
            raise LimitExceeded(
                f"the hunt took longer than {self.bounds.seconds:g} seconds",
                hint="narrow it: --day, --since, --source; or give it more: --timeout",
            ) from error
        except (duckdb.OutOfMemoryException, MemoryError) as error:
            raise LimitExceeded(
                f"the hunt needs more memory than {self.bounds.memory}", hint="narrow it, or give it more: --memory 2GB"
            ) from error
        except duckdb.PermissionException as error:
            raise UsageError(
                "a hunt reads nothing but the table events", hint="files, network and extensions are closed to SQL"
            ) from error
        except duckdb.IOException as error:
            raise WorkspaceError(
                f"the hunting files cannot be read: {_first(error)}", hint="atttcli hunt build --anew"
            ) from error
        except (duckdb.Error, OverflowError, ValueError) as error:
            raise UsageError(f"not understood: {_first(error)}", hint="atttcli hunt schema") from error
        except RuntimeError as error:  # a fetch that was interrupted
            if not self._stopped:
                raise
            raise LimitExceeded(f"the hunt took longer than {self.bounds.seconds:g} seconds") from error


@contextmanager
def hunting(
    folder: Path,
    files: Chosen,
    bounds: Bounds,
    window: Window = _OPEN,
    stuck: Callable[[], None] | None = None,
) -> Iterator[Hunting]:
    """A connection whose one table is `events`: what lies in the window, of the given files of the folder `hunt/`."""
    duckdb = load()

    config = {
        "threads": max(1, bounds.threads),
        "memory_limit": bounds.memory,
        "temp_directory": "",
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }
    try:
        db = duckdb.connect(":memory:", config=config)
    except duckdb.Error as error:
        raise UsageError(f"not understood: {_first(error)}", hint="--memory 2GB --threads 2") from error
    with db:
        # The view binds its files while it is made: closed doors come after it.
        try:
            db.execute(f"CREATE VIEW events AS {_events(files)} WHERE {_within(window, files)}")
        except duckdb.Error as error:
            raise WorkspaceError(
                f"the hunting files cannot be read: {_first(error)}", hint="atttcli hunt build --anew"
            ) from error
        for setting in (
            f"allowed_directories = [{literal(str(folder.resolve()))}]",
            "enable_external_access = false",
            "python_enable_replacements = false",
            "TimeZone = 'UTC'",
            "lock_configuration = true",
        ):
            db.execute(f"SET {setting}")
        (limit,) = db.execute("SELECT current_setting('memory_limit')").fetchone() or ("",)
        with ceiling(str(limit)):
            yield Hunting(db, bounds, stuck)


def _events(files: Chosen) -> str:
    ref = f"left(source_sha256, {REF_DIGITS}) || ':' || line"
    if not files.paths:
        empty = ", ".join(f"CAST(NULL AS {c.type}) AS {quoted(c.name)}" for c in COLUMNS)
        return " ".join(("SELECT * FROM (SELECT", empty, "WHERE false)"))
    names = ", ".join(f"{ref} AS ref" if c.name == "ref" else quoted(c.name) for c in COLUMNS)
    listed = ", ".join(literal(str(path.resolve())) for path in files.paths)
    return " ".join(("SELECT", names, "FROM read_parquet([", listed, "], hive_partitioning = false)"))


def _within(window: Window, files: Chosen) -> str:
    bounds = ((">=", window.since), ("<", window.until))
    parts = [f'"time" {sign} make_timestamp(CAST({moment} AS BIGINT))' for sign, moment in bounds if moment is not None]
    if files.segments is not None:
        parts.append(f"segment IN ({', '.join(map(literal, files.segments))})")
    return " AND ".join(parts) or "true"


def _only_select(db: Any, sql: str) -> None:
    duckdb = load()

    if len(sql) > _LONGEST_SQL:
        raise UsageError("the SQL is too long", hint="atttcli hunt schema")
    try:
        statements = db.extract_statements(sql)
    except (duckdb.Error, ValueError) as error:
        raise UsageError(f"not understood: {_first(error)}", hint="atttcli hunt schema") from error
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise UsageError(
            "a hunt is one SELECT, which changes nothing", hint='atttcli hunt "SELECT count(*) FROM events"'
        )


def _first(error: BaseException) -> str:
    """The first line of DuckDB's message, without its title."""
    text = ""
    with suppress(IndexError):
        text = str(error).strip().splitlines()[0]
    return text.partition("Error: ")[2][:300] or text[:300] or type(error).__name__
