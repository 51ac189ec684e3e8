"""`threshold.config`: rules told to be silent, or to speak less often, without being changed.

One directive a line: `suppress`, `threshold` or its other name `event_filter`, `rate_filter`; `sig_id 0` is every rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from atttcli.engine import RuleProblem
from atttcli.errors import InputError, RuleError, Where
from atttcli.rulepack.network.contents import number
from atttcli.rulepack.network.ranges import parse_addresses
from atttcli.rulepack.network.values import AddressSet, Threshold

NAME = "threshold.config"
MAX_FILE = 4 << 20
MAX_LINES = 100_000
_TRACKS = ("by_src", "by_dst", "by_both", "by_rule")
_ACTIONS = ("alert", "drop", "reject", "pass")
_WORD = re.compile(r"\s*([a-z_]+)\s+(\[[^\]]*\]|[^,\[\]]+?)\s*(?:,|\Z)")


class Suppression(Struct, frozen=True, array_like=True):
    """No alerts of the rule; with `track` only those with that side within `addresses`."""

    gid: int
    sid: int
    track: str = ""  # by_src, by_dst, by_either or "": all
    addresses: AddressSet | None = None


class Filter(Struct, frozen=True, array_like=True):
    """How often a rule may speak, in place of its own `threshold`."""

    gid: int
    sid: int
    rate: Threshold


class RateFilter(Struct, frozen=True, array_like=True):
    """After `rate.count` matches in `rate.seconds`: another action for `timeout` seconds (0: as long as the rate lasts)."""

    gid: int
    sid: int
    rate: Threshold
    action: str
    timeout: int


class Limits(Struct, frozen=True):
    """What the files say, and what in them could not be used."""

    suppressions: tuple[Suppression, ...] = ()
    filters: tuple[Filter, ...] = ()
    rates: tuple[RateFilter, ...] = ()
    problems: tuple[RuleProblem, ...] = ()


def beside_rules(paths: Iterable[Path]) -> Iterator[Path]:
    """The `threshold.config` of every folder of rules."""
    for path in paths:
        if path.is_dir():
            yield from sorted(entry for entry in path.rglob(NAME) if entry.is_file())


def load_limits(files: Iterable[Path], variables: Mapping[str, str]) -> Limits:
    """Read them. A line that cannot be used whole becomes a problem; InputError for a file that cannot be read."""
    suppressions: list[Suppression] = []
    filters: list[Filter] = []
    rates: list[RateFilter] = []
    problems: list[RuleProblem] = []
    for path in files:
        for line, text in _lines(path):
            try:
                made = _directive(text, variables)
            except RuleError as error:
                problems.append(RuleProblem(Where(str(path), line=line), error.message, error.hint, True))
                continue
            if isinstance(made, Suppression):
                suppressions.append(made)
            elif isinstance(made, Filter):
                filters.append(made)
            else:
                rates.append(made)
    return Limits(tuple(suppressions), tuple(filters), tuple(rates), tuple(problems))


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Lines that say something, those ended by a backslash joined with the next."""
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_FILE + 1)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=Where(str(path))) from error
    if len(data) > MAX_FILE or data.count(b"\n") > MAX_LINES:
        raise InputError("too large for a list of thresholds", where=Where(str(path)))
    held, begun = "", 0
    for number_, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        text = line.strip()
        begun = begun or number_
        if text.endswith("\\"):
            held += text[:-1] + " "
            continue
        whole, held = held + text, ""
        if whole.strip() and not whole.lstrip().startswith("#"):
            yield begun, whole.strip()
        begun = 0
    if held.strip():
        yield begun, held.strip()


def _directive(text: str, variables: Mapping[str, str]) -> Suppression | Filter | RateFilter:
    kind, _, rest = text.partition(" ")
    words = _words(rest)
    gid, sid = number(words.pop("gen_id", ""), "gen_id", 0), number(words.pop("sig_id", ""), "sig_id", 0, 0xFFFFFFFF)
    if kind == "suppress":
        return _suppress(gid, sid, words, variables)
    if kind in ("threshold", "event_filter"):
        rate = _rate(words, words.pop("type", ""))
        _no_more(words)
        return Filter(gid, sid, rate)
    if kind == "rate_filter":
        action, timeout = words.pop("new_action", ""), number(words.pop("timeout", ""), "timeout", 0)
        if action not in _ACTIONS:
            raise RuleError(f"rate_filter: unknown new_action {action[:40]!r}")
        rate = _rate(words, "filter")
        _no_more(words)
        return RateFilter(gid, sid, rate, action, timeout)
    raise RuleError(f"{kind[:40]!r} is not suppress, threshold, event_filter or rate_filter")


def _words(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    at = 0
    while at < len(text):
        match = _WORD.match(text, at)
        if not match or match[1] in found:
            raise RuleError(f"not understood: {text[at:].strip()[:60]!r}")
        found[match[1]] = match[2]
        at = match.end()
    return found


def _suppress(gid: int, sid: int, words: dict[str, str], variables: Mapping[str, str]) -> Suppression:
    track, address = words.pop("track", ""), words.pop("ip", "")
    _no_more(words)
    if bool(track) != bool(address) or track not in ("", "by_src", "by_dst", "by_either"):
        raise RuleError("suppress takes track by_src, by_dst or by_either together with ip")
    return Suppression(gid, sid, track, parse_addresses(address, variables) if address else None)


def _rate(words: dict[str, str], kind: str) -> Threshold:
    track = words.pop("track", "")
    if kind not in ("limit", "threshold", "both", "filter") or track not in _TRACKS:
        raise RuleError(f"unknown type {kind[:20]!r} or track {track[:20]!r}")
    count, seconds = (number(words.pop(name, ""), name, 1) for name in ("count", "seconds"))
    return Threshold(kind, track, count, seconds)


def _no_more(words: Mapping[str, str]) -> None:
    if words:
        raise RuleError(f"unknown word {next(iter(words))[:40]!r}")
