"""The collectors' files as a kit carries them: scripts, who the kit is, and indicators as text that awk and hashtables read.

Text lists are tab-separated, one record a line. Whatever is not printable ASCII, and `%`, is written `%XX` byte by byte, so
that no name and no description can forge a line. Names are compared in that spelling, in lower case.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from atttcli.clock import from_micros
from atttcli.field.names import fold_path, is_pattern
from atttcli.model.observable import Indicator, ObservableType

FOLDER: Final = "collector"  # within the kit
START: Final = {"linux": "bat-dau.sh", "windows": "BAT-DAU.cmd"}
SCRIPT: Final = {"linux": "collect.sh", "windows": "collect.ps1"}
MOST_PATTERNS: Final = 200  # each is tried on every path
MOST_STARS: Final = 8
_LONGEST: Final = 300
_LISTS: Final = {ObservableType.SHA256: "sha256", ObservableType.SHA1: "sha1", ObservableType.MD5: "md5"}
_HERE: Final = Path(__file__).resolve().parent
_STARS: Final = re.compile(r"\*+")


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectorKit:
    """Who the kit is. `call`: whom to ring, as it is shown. Times in microseconds UTC."""

    number: str
    agency: str
    call: str
    issued: int
    expires: int
    rules_version: str = ""
    rules_digest: str = ""


@dataclass(frozen=True, slots=True)
class CollectorFiles:
    """`files`: path within the kit -> content. `left_out`: patterns beyond what a script can try on every path."""

    files: dict[str, bytes]
    hashes: int
    names: int
    left_out: int


def collector_files(kit: CollectorKit, indicators: Iterable[Indicator], *, system: str) -> CollectorFiles:
    """Everything for a kit for `system` (linux, windows). The caller has chosen what indicators may leave."""
    lists, counts, left_out = _lists(indicators)
    files = {f"{FOLDER}/indicators/{name}.tsv": data for name, data in lists.items()}
    files[f"{FOLDER}/kit.txt"] = _kit_text(kit, sum(counts.values()))
    files[f"{FOLDER}/{SCRIPT[system]}"] = script(SCRIPT[system])
    files[START[system]] = script(START[system])
    names = counts["names"] + counts["patterns"]
    return CollectorFiles(files, sum(counts.values()) - names, names, left_out)


def script(name: str) -> bytes:
    """One of the scripts as it goes onto a stick: Windows wants its line ends, PowerShell 2 a byte order mark."""
    data = (_HERE / name).read_bytes().replace(b"\r\n", b"\n").removeprefix(b"\xef\xbb\xbf")
    if name.endswith((".ps1", ".cmd")):
        data = data.replace(b"\n", b"\r\n")
    return b"\xef\xbb\xbf" + data if name.endswith(".ps1") else data


def encode(text: str) -> str:
    """Printable ASCII but `%` stays, every other byte becomes %XX (file names carry bytes that are no UTF-8)."""
    data = text.encode("utf-8", "surrogateescape" if _is_escaped(text) else "replace")
    return "".join(chr(one) if 32 <= one < 127 and one != 37 else f"%{one:02X}" for one in data)


def _is_escaped(text: str) -> bool:
    return any("\udc80" <= one <= "\udcff" for one in text) and not any("\ud800" <= one < "\udc80" for one in text)


def pattern_of(name: str) -> str:
    """A name with wildcards (folded) as an extended regular expression over encoded, lower-case paths."""
    whole = name.startswith("/") or name[1:3] == ":/"
    pieces = "".join(_piece(one) for one in _STARS.sub("*", name))
    return ("^" if whole else "(^|/)") + pieces + "$"


def _piece(one: str) -> str:
    if one == "*":
        return "[^/]*"
    if one == "?":
        return "(%[0-7][0-9a-f]|%[89a-f][0-9a-f](%[89ab][0-9a-f])*|[^/%])"  # one character, however many bytes
    plain = encode(one).lower()
    if len(plain) > 1 or plain.isalnum() or plain in "/ %_-":
        return plain
    return "[" + plain + "]" if plain not in "^\\" else "\\" + plain


def _lists(indicators: Iterable[Indicator]) -> tuple[dict[str, bytes], dict[str, int], int]:
    rows: dict[str, set[str]] = {name: set() for name in (*_LISTS.values(), "names", "patterns")}
    left_out = 0
    for one in indicators:
        note = "\t".join(_note(one))
        if one.type in _LISTS:
            rows[_LISTS[one.type]].add(f"{one.value.lower()}\t{note}")
        elif one.type is ObservableType.FILE:
            folded = fold_path(one.value)
            value = encode(one.value[:_LONGEST])
            if not is_pattern(folded):
                rows["names"].add(f"{encode(folded).lower()}\t{note}\t{value}")
            elif len(rows["patterns"]) < MOST_PATTERNS and _STARS.sub("*", folded).count("*") <= MOST_STARS:
                rows["patterns"].add(f"{pattern_of(folded)}\t{note}\t{value}")
            else:
                left_out += 1
    data = {name: "".join(line + "\n" for line in sorted(found)).encode("ascii") for name, found in rows.items()}
    return data, {name: len(found) for name, found in rows.items()}, left_out


def _note(one: Indicator) -> Iterator[str]:
    yield str(one.severity)
    for text in (one.kind, one.source, one.description):
        yield encode(text[:_LONGEST])


def _kit_text(kit: CollectorKit, count: int) -> bytes:
    said = {
        "kit": kit.number, "agency": kit.agency, "call": kit.call, "issued": _day(kit.issued), "expires": _day(kit.expires),
        "rules_version": kit.rules_version, "rules_digest": kit.rules_digest, "rules_count": str(count),
    }  # fmt: skip
    return "".join(f"{key}\t{_plain(value)}\n" for key, value in said.items()).encode("utf-8")


def _plain(text: str) -> str:
    return "".join(one if one.isprintable() else " " for one in text)[:_LONGEST]


def _day(moment: int) -> str:
    return from_micros(moment).strftime("%Y-%m-%d")
