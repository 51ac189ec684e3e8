"""Rule files and folders to a NetworkPack: every rule whole or refused by name, parsed once and cached."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from atttcli.engine import RuleProblem
from atttcli.errors import InputError, RuleError, Where
from atttcli.limits import MIB
from atttcli.rulepack.network import cache as rule_cache
from atttcli.rulepack.network.datasets import named_files, read_set
from atttcli.rulepack.network.draft import NotMeant
from atttcli.rulepack.network.limits import Limits, beside_rules, load_limits
from atttcli.rulepack.network.lines import MAX_RULE_CHARS, decode, logical_lines
from atttcli.rulepack.network.reputation import Tables
from atttcli.rulepack.network.rule import Interned, parse_rule, sid_of
from atttcli.rulepack.network.values import NetworkPack, Rule
from atttcli.rulepack.network.variables import effective

MAX_FILE = 256 * MIB


def load_network_rules(
    paths: Sequence[Path],
    variables: Mapping[str, str] | None = None,
    cache: Path | None = None,
    ranges: Path | None = None,
) -> NetworkPack:
    """Load files, and the `*.rules` of folders. `cache` is a folder of ours (made 0700) for what was parsed, `ranges` the
    table of countries for rules that have none beside them.

    Raises InputError for a path that cannot be read and UsageError for a wrong variable; rules that cannot be run
    whole become `problems`.
    """
    names = effective(variables)
    found = list(rule_files(paths))
    shown = tuple(str(path) for path in found)
    if cache is not None:  # the texts are let go before what was parsed of them is loaded
        digest = _digest(((path, read_rules(path)) for path in found), names, ranges)
        stored = rule_cache.load(cache, digest)
        if stored is not None:
            return with_limits(rule_cache.to_pack(stored, shown, digest, cache), tuple(beside_rules(paths)), variables)
    files = [(path, read_rules(path)) for path in found]
    digest = _digest(files, names, ranges)
    pack = _parse(files, names, digest, shown, cache, Tables(ranges))
    if cache is not None:
        rule_cache.store(cache, pack)
    return with_limits(pack, tuple(beside_rules(paths)), variables)


def with_limits(pack: NetworkPack, files: Sequence[Path], variables: Mapping[str, str] | None = None) -> NetworkPack:
    """The pack with what these `threshold.config` files say added to what its folders hold."""
    if not files:
        return pack
    read, have = load_limits(files, effective(variables)), pack.limits or Limits()
    both = Limits(
        have.suppressions + read.suppressions,
        have.filters + read.filters,
        have.rates + read.rates,
        have.problems + read.problems,
    )
    return replace(pack, limits=both)


def rule_files(paths: Sequence[Path]) -> Iterator[Path]:
    """The files themselves, and `*.rules` under folders in order of their names."""
    for path in paths:
        if path.is_dir():
            yield from sorted(entry for entry in path.rglob("*.rules") if entry.is_file())
        else:
            yield path


def read_rules(path: Path) -> bytes:
    """A rule file's bytes, bounded; InputError with its path."""
    where = Where(str(path))
    try:
        if not path.is_file():
            raise InputError("not a regular file", hint="--rules takes a rule file or a folder of them", where=where)
        with path.open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size  # reading allocates what it is asked for
            data = stream.read(min(size, MAX_FILE) + 1)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=where) from error
    if len(data) > MAX_FILE:
        raise InputError(f"larger than {MAX_FILE // MIB} MiB", where=where)
    return data


def _digest(files: Iterable[tuple[Path, bytes]], names: Mapping[str, str], ranges: Path | None) -> str:
    running = hashlib.sha256()
    for path, data in files:
        if ranges is not None and b"geoip" in data:
            running.update(_digest_of(ranges) if ranges.is_file() else b"")
        running.update(hashlib.sha256(data).digest())
        for named in named_files(path, data):
            running.update(_digest_of(named))
    for name in sorted(names):
        running.update(f"{name}={names[name]}\n".encode())
    return running.hexdigest()


def _digest_of(path: Path) -> bytes:
    """Of as much of a file beside the rules as is ever read of it, in blocks."""
    made, left = hashlib.sha256(), MAX_FILE + 1
    with path.open("rb") as stream:
        while left and (block := stream.read(min(left, MIB))):
            made.update(block)
            left -= len(block)
    return made.digest()


def _parse(
    files: list[tuple[Path, bytes]],
    names: Mapping[str, str],
    digest: str,
    shown: tuple[str, ...],
    cache: Path | None,
    tables: Tables,
) -> NetworkPack:
    interned = Interned(names)
    rules: list[Rule] = []
    problems: list[RuleProblem] = []
    counts: Counter[str] = Counter(read=0, loaded=0, refused=0)
    datasets: dict[str, tuple[bytes, ...]] = {}
    for number, (path, data) in enumerate(files):
        for line, text in logical_lines(decode(data)):
            counts["read"] += 1
            try:
                if len(text) > MAX_RULE_CHARS:
                    raise RuleError(f"longer than {MAX_RULE_CHARS} characters")
                rule = parse_rule(text, interned, number, line)
                for source in rule.sets:
                    if source.name not in datasets or (source.load and not datasets[source.name]):
                        of_ends = source.kind in ("country", "score")
                        datasets[source.name] = tables.read(path, source) if of_ends else read_set(path, source)
                rules.append(rule)
            except RuleError as error:
                where = Where(str(path), line=line, rule=sid_of(text))
                refused = not isinstance(error, NotMeant)
                problems.append(RuleProblem(where, error.message, error.hint, refused))
    kept = _newest(rules, shown, problems)
    counts["loaded"] = len(kept)
    counts["refused"] = counts["read"] - counts["loaded"]
    return NetworkPack(
        tuple(kept),
        tuple(interned.addresses),
        tuple(interned.ports),
        shown,
        tuple(problems),
        digest,
        dict(counts),
        cache,
        datasets,
    )


def _newest(rules: list[Rule], shown: tuple[str, ...], problems: list[RuleProblem]) -> list[Rule]:
    """One rule per gid and sid: the highest revision, the earliest of equals; the others are refused by name."""
    best: dict[tuple[int, int], Rule] = {}
    for rule in rules:
        known = best.get((rule.gid, rule.sid))
        if known is None or rule.rev > known.rev:
            best[(rule.gid, rule.sid)] = rule
    kept: list[Rule] = []
    for rule in rules:
        if best[(rule.gid, rule.sid)] is rule:
            kept.append(rule)
        else:
            where = Where(shown[rule.file], line=rule.line, rule=f"sid {rule.sid}")
            problems.append(RuleProblem(where, "another rule of this sid is kept (newer revision, or first)"))
    return kept
