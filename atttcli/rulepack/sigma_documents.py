"""Files of Sigma rules as the mappings that stand in them, each with the lines of its keys."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from atttcli.engine import RuleProblem
from atttcli.errors import InputError, Where
from atttcli.limits import MIB, read_bounded
from atttcli.text import strict_yaml

_SEPARATOR = re.compile(r"^---[ \t]*(?:#.*)?$", re.MULTILINE)
_SUFFIXES = (".yml", ".yaml")


def rule_files(paths: Iterable[Path]) -> Iterator[Path]:
    """The files themselves, and the `*.yml` and `*.yaml` under folders in order of their names."""
    for path in paths:
        if path.is_dir():
            yield from sorted(found for found in path.rglob("*") if found.suffix in _SUFFIXES and found.is_file())
        else:
            yield path


def file_documents(path: Path) -> Iterator[Mapping[str, Any] | RuleProblem]:
    """The mappings of one file; what cannot be read is a problem with its place, the rest is still given."""
    where = Where(str(path))
    try:
        with path.open("rb") as stream:
            text = read_bounded(stream, 8 * MIB, where).decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        yield RuleProblem(Where(str(path), offset=error.start), "the rule file is not UTF-8")
        return
    except (OSError, InputError) as error:
        yield RuleProblem(where, getattr(error, "message", "") or f"cannot be read: {error}")
        return
    start = lines = 0
    for end, following in [
        *((found.start(), found.end()) for found in _SEPARATOR.finditer(text)),
        (len(text), len(text)),
    ]:
        if text[start:end].strip():
            yield from _document(text[start:end], str(path), lines)
        lines += text.count("\n", start, following)
        start = following


def _document(text: str, path: str, lines_before: int) -> Iterator[Mapping[str, Any] | RuleProblem]:
    where = Where(path, line=lines_before + 1)
    try:
        # The empty lines in front keep the line numbers of errors those of the file.
        document = strict_yaml.load("\n" * lines_before + text, path)
    except InputError as error:
        yield RuleProblem(error.where or where, error.message, error.hint)
        return
    if isinstance(document, dict):
        yield document
    elif document is not None:
        yield RuleProblem(where, "a rule is a mapping")
