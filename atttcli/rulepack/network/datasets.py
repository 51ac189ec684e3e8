"""The files of data sets that rules name: values one a line, beside the rule file, read and never written."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from pathlib import Path

from atttcli.errors import RuleError
from atttcli.limits import MIB
from atttcli.rulepack.network.reputation import tables_beside
from atttcli.rulepack.network.values import SetSource

MAX_FILE = 64 * MIB
_NAMED = re.compile(rb"dataset\s*:[^;]{0,2000}?(?:load|state)\s+\"?([^,;\"\s]{1,500})")
_LISTS = re.compile(rb"file(?:md5|sha1|sha256)\s*:\s*!?\s*\"?([^;\"\s]{1,500})", re.I)
_SIZES = {"md5": 16, "sha1": 20, "sha256": 32}


def named_files(rules: Path, data: bytes) -> list[Path]:
    """Files that the rules in `data` load, as far as they are there: they belong to what a pack is."""
    found = _NAMED.findall(data) if b"dataset" in data else []
    if b"filemd5" in data or b"filesha" in data:
        found += _LISTS.findall(data)
    names = {name.decode("utf-8", "replace") for name in found}
    listed = [path for name in sorted(names) if (path := beside(rules, name)) is not None and path.is_file()]
    return listed + tables_beside(rules, data)


def beside(rules: Path, name: str) -> Path | None:
    """A file under the rule file's folder; None for a path that leads elsewhere."""
    folder = rules.parent.resolve()
    try:
        path = (folder / name).resolve()
        path.is_file()
    except (OSError, ValueError, RuntimeError):  # too long, a NUL byte, a loop of links
        return None
    return path if path.is_relative_to(folder) else None


def read_set(rules: Path, source: SetSource) -> tuple[bytes, ...]:
    """The values of a data set. RuleError when its file is not there, too large, or holds what is no value."""
    if not source.load:
        return ()
    path = beside(rules, source.load)
    if path is None:
        raise RuleError(f"dataset {source.name}: {source.load[:60]} is no file within the folder of the rules")
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_FILE + 1)
    except OSError as error:
        raise RuleError(f"dataset {source.name}: {source.load[:60]} cannot be read ({error.strerror})") from None
    if len(data) > MAX_FILE:
        raise RuleError(f"dataset {source.name}: larger than {MAX_FILE // MIB} MiB")
    values: list[bytes] = []
    listed = ":" in source.name
    for number, line in enumerate(data.splitlines(), 1):
        text = line.partition(b",")[0].strip()
        if listed:  # as `sha256sum` writes them: what follows the digest is a name
            text = text.split()[0] if text and not text.startswith(b"#") else b""
        if text:
            try:
                values.append(_value(source.kind, text))
            except (ValueError, binascii.Error):
                raise RuleError(f"dataset {source.name}: line {number} of {source.load[:60]} is no value") from None
    return tuple(dict.fromkeys(values))


def _value(kind: str, text: bytes) -> bytes:
    if kind == "string":
        return base64.b64decode(text, validate=True)
    if kind == "ip":
        address = ipaddress.ip_address(text.decode("ascii"))
        mapped = getattr(address, "ipv4_mapped", None)
        return bytes((mapped or address).packed)
    value = bytes.fromhex(text.decode("ascii"))
    if len(value) != _SIZES[kind]:
        raise ValueError("length")
    return value
