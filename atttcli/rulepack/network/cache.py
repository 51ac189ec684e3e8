"""Parsed rules kept between runs in a private folder: msgpack with its own digest, never code, never trusted from elsewhere."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

import msgspec
from msgspec import Struct

from atttcli.engine import RuleProblem
from atttcli.errors import Where
from atttcli.rulepack.network.values import AddressSet, NetworkPack, Ranges, Rule

FORMAT = 19  # raise with every change of values.py or of what the parser makes of a rule
_PREFIX = b"atttcli-network-rules\n"


class Problem(Struct, frozen=True, array_like=True, gc=False):
    """A RuleProblem as stored; `file` is a number, since the same rules may lie elsewhere next time."""

    file: int
    line: int | None
    rule: str
    reason: str
    hint: str
    refused: bool


class Stored(Struct, frozen=True, array_like=True, gc=False):
    """What the cache file holds."""

    rules: tuple[Rule, ...]
    addresses: tuple[AddressSet, ...]
    ports: tuple[Ranges, ...]
    problems: tuple[Problem, ...]
    counts: dict[str, int]
    datasets: dict[str, tuple[bytes, ...]]


def private_folder(folder: Path) -> bool:
    """Make `folder` (0700) or accept one that is ours alone; False where it cannot be trusted."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.lstat()
    except OSError:
        return False
    if not stat.S_ISDIR(status.st_mode):
        return False
    if hasattr(os, "getuid"):
        return status.st_uid == os.getuid() and not status.st_mode & 0o077
    return True


def read_blob(folder: Path, name: str) -> memoryview | None:
    """A cache file's content if it is whole and ours; None otherwise (the caller makes it anew)."""
    if not private_folder(folder):
        return None
    try:
        data = (folder / name).read_bytes()
    except OSError:
        return None
    head = len(_PREFIX) + 32
    content = memoryview(data)[head:]
    if not data.startswith(_PREFIX) or hashlib.sha256(content).digest() != data[len(_PREFIX) : head]:
        return None
    return content


def write_blob(folder: Path, name: str, content: bytes) -> None:
    """Write a cache file atomically; a folder that cannot be used costs only time later."""
    if not private_folder(folder):
        return
    temporary = folder / f".{name}.{os.getpid()}"
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(_PREFIX + hashlib.sha256(content).digest() + content)
        temporary.replace(folder / name)
    except OSError:
        temporary.unlink(missing_ok=True)


def _name(digest: str) -> str:
    return f"network-rules-{FORMAT}-{_features()}-{digest[:40]}"


def _features() -> str:
    """Packages that decide which rules can be kept."""
    try:
        import pcre2
    except ImportError:
        return "plain"
    return "pcre2" if pcre2.__version__ else "plain"


def load(folder: Path, digest: str) -> Stored | None:
    """What was stored for these files and variables, or None."""
    blob = read_blob(folder, _name(digest))
    if blob is None:
        return None
    try:
        return msgspec.msgpack.decode(blob, type=Stored)
    except msgspec.MsgspecError:
        return None


def store(folder: Path, pack: NetworkPack) -> None:
    """Keep a parsed pack for the next run."""
    numbers = {name: number for number, name in enumerate(pack.files)}
    problems = tuple(
        Problem(numbers[p.where.path], p.where.line, p.where.rule, p.reason, p.hint, p.refused) for p in pack.problems
    )
    stored = Stored(pack.rules, pack.addresses, pack.ports, problems, pack.counts, pack.datasets)
    write_blob(folder, _name(pack.digest), msgspec.msgpack.encode(stored))


def to_pack(stored: Stored, files: tuple[str, ...], digest: str, cache: Path) -> NetworkPack:
    """The pack that `stored` was made of, with the paths of this run."""
    problems = tuple(
        RuleProblem(Where(files[p.file], line=p.line, rule=p.rule), p.reason, p.hint, p.refused)
        for p in stored.problems
    )
    return NetworkPack(
        stored.rules, stored.addresses, stored.ports, files, problems, digest, stored.counts, cache, stored.datasets
    )
