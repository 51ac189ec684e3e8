"""Options about carried files: `filesize`, `filemagic`, and lists of digests (`filemd5`, `filesha1`, `filesha256`)."""

from __future__ import annotations

import re
from collections.abc import Callable

from atttcli.errors import RuleError
from atttcli.rulepack.network.contents import unquote
from atttcli.rulepack.network.draft import ContentDraft, Draft
from atttcli.rulepack.network.numeric import ask
from atttcli.rulepack.network.values import InSet, Number, SetSource

_UNITS = {"": 1, "KB": 1 << 10, "KIB": 1 << 10, "MB": 1 << 20, "MIB": 1 << 20, "GB": 1 << 30, "GIB": 1 << 30}
_SIZE = r"(\d{1,12})\s*([KMG]I?B)?"
_SIZES = re.compile(rf"\s*(?:(<=|>=|<|>)?\s*{_SIZE}|{_SIZE}\s*(?:<>|-)\s*{_SIZE})\s*\Z", re.I)
_TOP = (1 << 63) - 1


def file_size(draft: Draft, value: str) -> None:
    """`filesize:[<>]N[KB|MB|GB]`, or `A<>B` with both ends outside: of a file whose end was seen."""
    found = _SIZES.match(value)
    if not found:
        raise RuleError(f"filesize: {value.strip()[:40]!r} is no size or range")
    sign, one, unit, first, first_unit, last, last_unit = found.groups()
    if one is None:
        low, high = _bytes(first, first_unit) + 1, _bytes(last, last_unit) - 1
    else:
        count = _bytes(one, unit)
        bounds = {"<": (0, count - 1), "<=": (0, count), ">": (count + 1, _TOP), ">=": (count, _TOP)}
        low, high = bounds.get(sign or "", (count, count))
    if low > high:
        raise RuleError(f"filesize: {value.strip()[:40]!r} can never be")
    ask(draft, "file.size", Number(((low, high),)))


def _bytes(digits: str, unit: str | None) -> int:
    return int(digits) * _UNITS[(unit or "").upper()]


def file_magic(draft: Draft, value: str) -> None:
    """`filemagic:"PE32 executable"`: the kind of the file in these words, whatever their case."""
    negated, text = unquote(value, "filemagic")
    if not text:
        raise RuleError("filemagic: empty")
    ask(draft, "file.magic", ContentDraft(text.encode("utf-8", "surrogateescape"), negated, nocase=True))


def file_digests(kind: str) -> Callable[[Draft, str], None]:
    """`filesha256:[!]FILE`: the file's digest is (not) one of those in a list beside the rules."""

    def handler(draft: Draft, value: str) -> None:
        text = value.strip()
        negated = text.startswith("!")
        name = text.removeprefix("!").strip().strip('"')
        if not name:
            raise RuleError(f"file{kind}: needs the name of a list")
        source = SetSource(f"file{kind}:{name}", kind, name)
        if source not in draft.sets:
            draft.sets.append(source)
        ask(draft, "file." + kind, InSet("isnotset" if negated else "isset", source.name, kind))

    return handler
