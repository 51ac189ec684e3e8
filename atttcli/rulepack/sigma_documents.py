"""Files of Sigma rules as the mappings that stand in them, each with the lines of its keys."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from atttcli.engine import RuleProblem
from atttcli.errors import InputError, RuleError, Where
from atttcli.limits import MIB, read_bounded
from atttcli.text import strict_yaml

_SEPARATOR = re.compile(r"^---[ \t]*(?:#.*)?$", re.MULTILINE)
_SUFFIXES = (".yml", ".yaml")


def rule_files(paths: Iterable[Path | str]) -> Iterator[Path]:
    """Files as they are named, and those of folders that may hold rules, in order of name."""
    for given in paths:
        path = Path(given)
        if path.is_dir():
            yield from sorted(found for found in path.rglob("*") if found.suffix in _SUFFIXES and found.is_file())
        else:
            yield path


def read_file(file: Path) -> bytes | RuleProblem:
    """All of a rule file, or why it cannot be read."""
    try:
        with file.open("rb") as stream:
            return read_bounded(stream, 8 * MIB, Where(str(file)))
    except (OSError, InputError) as error:
        return RuleProblem(Where(str(file)), getattr(error, "message", "") or f"cannot be read: {error}")


def file_documents(path: Path) -> Iterator[Mapping[str, Any] | RuleProblem]:
    """The mappings of one file; what cannot be read is a problem with its place, the rest is still given."""
    data = read_file(path)
    if isinstance(data, RuleProblem):
        yield data
    else:
        yield from documents(data, str(path))


def documents(data: bytes, path: str) -> Iterator[dict[str, Any] | RuleProblem]:
    """Every document of a file on its own: one that is broken does not take the others with it."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        yield RuleProblem(Where(path, offset=error.start), "the rule file is not UTF-8")
        return
    text = text.replace("\r\n", "\n")
    starts = [0, *(match.end() for match in _SEPARATOR.finditer(text))]
    ends = [*(match.start() for match in _SEPARATOR.finditer(text)), len(text)]
    lines = 0
    last = 0
    for start, end in zip(starts, ends, strict=True):
        lines += text.count("\n", last, start)
        last = start
        if text[start:end].strip():
            yield from _document(text[start:end], path, lines)


def _document(text: str, path: str, lines_before: int) -> Iterator[dict[str, Any] | RuleProblem]:
    try:
        # The empty lines in front keep the line numbers of errors those of the file.
        document = strict_yaml.load("\n" * lines_before + text, path)
        if document is not None and not isinstance(document, dict):
            raise RuleError("a rule is a mapping", where=Where(path, line=lines_before + 1))
        if document is not None:
            yield document
    except InputError as error:
        yield RuleProblem(error.where or Where(path, line=lines_before + 1), error.message, error.hint)
