"""Finds and loads an organisation: shipped by name, or a YAML file, a workbook, a CSV sheet, a folder of sheets."""

from __future__ import annotations

import re
from pathlib import Path

from atttcli.errors import InputError, NotFound, Where
from atttcli.inventory.organisation import Organisation
from atttcli.limits import read_bounded
from atttcli.packaged import packaged

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}\Z")
MAX_BYTES = 8 * 1024 * 1024


def organisations() -> tuple[str, ...]:
    """Names of the shipped organisations."""
    return tuple(sorted(path.stem for path in (packaged("seeds") / "organisations").glob("*.yaml")))


def load_organisation(path_or_name: str | Path) -> Organisation:
    """An organisation by its shipped name (`bac-kan`) or from a path.

    A path is a YAML file, an XLSX workbook with sheets of agencies, systems and mailboxes, a CSV of agencies, or a folder
    with such CSV files (and an `organisation.yaml` with the header). InputError with file and line when it cannot be read.
    """
    name = str(path_or_name)
    if _NAME.match(name) and name in organisations():
        return _from_yaml(packaged("seeds") / "organisations" / f"{name}.yaml")
    path = Path(path_or_name)
    if path.is_dir() or path.suffix.lower() in {".csv", ".tsv", ".xlsx"}:
        from atttcli.inventory.sheets import read_sheets

        return read_sheets(path)
    if not path.exists():
        hint = "known: " + ", ".join(organisations()) + "; or give a YAML, CSV or XLSX file"
        raise NotFound(f"no organisation {name[:60]!r}", hint=hint)
    if path.suffix.lower() not in {".yaml", ".yml"}:
        raise InputError("an organisation is read from .yaml, .csv, .xlsx or a folder of sheets", where=Where(name))
    return _from_yaml(path)


def _from_yaml(path: Path) -> Organisation:
    from atttcli.inventory.read import read_organisation

    return read_organisation(read_file(path), str(path))


def read_file(path: Path, limit: int = MAX_BYTES) -> bytes:
    """The bytes of a regular file of at most `limit`; InputError otherwise (a FIFO is never opened)."""
    where = Where(str(path))
    try:
        if not path.is_file():
            raise InputError("not a regular file", where=where)
        with path.open("rb") as stream:
            return read_bounded(stream, limit, where)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", where=where) from error
