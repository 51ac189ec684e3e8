"""`geoip` and `iprep`: what tables of addresses say of a connection's ends. Tables are read beside the rules, never written.

Countries come from `countries.csv` in the folder of the rule file (`cidr,country` or `start,end,country`), else from the table
that a workspace has (`atttcli rules ranges`). Reputation comes from `categories.txt` (`number,name,description`) and the `*.list`
files (`address or network,category,score`) in the folder of the rule file or in `iprep` below it.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from pathlib import Path

from atttcli.errors import InputError, RuleError
from atttcli.limits import MIB
from atttcli.rulepack.countries import Span
from atttcli.rulepack.network.draft import Draft
from atttcli.rulepack.network.numeric import ask
from atttcli.rulepack.network.values import InSet, SetSource

MAX_FILE = 64 * MIB
MAX_LISTS = 256
COUNTRIES = "countries.csv"
_SIDES = {"src": ("ip.src",), "dst": ("ip.dst",), "both": ("ip.src", "ip.dst"), "any": ("ip.any",)}
_COUNTRY = re.compile(r"[A-Z]{2}\Z")
_CATEGORY = re.compile(r"[A-Za-z0-9_\-]{1,64}\Z")


def geoip(draft: Draft, value: str) -> None:
    """`geoip:[src|dst|both|any,][!]VN,LA`: the address lies in one of these countries, or with `!` in none of them."""
    words = [word.strip() for word in value.split(",")]
    sides = _SIDES[words.pop(0)] if words[0] in _SIDES else _SIDES["any"]
    negated = bool(words) and words[0].startswith("!")
    names = sorted({word.removeprefix("!").strip().upper() for word in words})
    if not names or not all(_COUNTRY.match(name) for name in names):
        raise RuleError(f"geoip: {value.strip()[:60]!r} is not side, countries of two letters")
    source = SetSource("geoip:" + ",".join(names), "country", "")
    if source not in draft.sets:
        draft.sets.append(source)
    for side in sides:
        ask(draft, side, InSet("outside" if negated else "inside", source.name, "country"))


def iprep(draft: Draft, value: str) -> None:
    """`iprep:src|dst|both|any,category,<|>|=|<=|>=,score`: the address has that score (1 to 127) in a category."""
    words = [word.strip() for word in value.split(",")]
    if len(words) != 4 or words[0] not in _SIDES or words[2] not in ("<", ">", "=", "<=", ">="):
        raise RuleError(f"iprep: {value.strip()[:60]!r} is not side, category, operator, score")
    side, name, sign, score = words
    if not _CATEGORY.match(name) or not score.isdigit() or int(score) > 127:
        raise RuleError(f"iprep: {value.strip()[:60]!r}: no category, or no score from 0 to 127")
    source = SetSource("iprep:" + name, "score", "")
    if source not in draft.sets:
        draft.sets.append(source)
    for one in _SIDES[side]:
        ask(draft, one, InSet(f"{sign}{int(score)}", source.name, "score"))


def tables_beside(rules: Path, data: bytes) -> list[Path]:
    """The tables that rules in `data` use, as far as they are there: they belong to what a pack is."""
    found = [rules.parent / COUNTRIES] if b"geoip" in data else []
    if b"iprep" in data:
        for folder in _folders(rules):
            found += [folder / "categories.txt", *_lists(folder)]
    return [path for path in found if path.is_file()]


def _folders(rules: Path) -> tuple[Path, Path]:
    return rules.parent, rules.parent / "iprep"


def _lists(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.list"))[:MAX_LISTS]


@dataclass(slots=True)
class Tables:
    """The tables of one loading, each read once. `ranges` is a workspace's table of countries."""

    ranges: Path | None = None
    _spans: dict[Path, list[Span]] = field(default_factory=dict)
    _scores: dict[Path, dict[str, list[Span]]] = field(default_factory=dict)

    def read(self, rules: Path, source: SetSource) -> tuple[bytes, ...]:
        """Ranges as bytes, first and last address, of reputation the score as well; RuleError where there is no table."""
        name = source.name.partition(":")[2]
        if source.kind == "country":
            wanted = set(name.split(","))
            return tuple(_packed(span) for span in self._countries(rules) if span.country.upper() in wanted)
        return tuple(_packed(span) + bytes((int(span.country),)) for span in self._category(rules, name))

    def _countries(self, rules: Path) -> list[Span]:
        from atttcli.rulepack.country_ranges import CountryRanges

        own = rules.parent / COUNTRIES
        path = own if own.is_file() else self.ranges
        if path is None:
            raise RuleError(
                "geoip: no table of countries is there", hint=f"{COUNTRIES} beside the rules, or rules ranges add"
            )
        if path not in self._spans:
            try:
                self._spans[path] = list(CountryRanges.load(path).spans())
            except InputError as error:
                raise RuleError(f"geoip: {path.name} cannot be used ({error.message})") from None
        return self._spans[path]

    def _category(self, rules: Path, name: str) -> list[Span]:
        folder = rules.parent
        if folder not in self._scores:
            self._scores[folder] = _reputation(rules)
        if name not in self._scores[folder]:
            raise RuleError(f"iprep: no category {name} is there", hint="categories.txt and *.list beside the rules")
        return self._scores[folder][name]


def _packed(span: Span) -> bytes:
    size = 4 if span.version == 4 else 16
    return span.first.to_bytes(size, "big") + span.last.to_bytes(size, "big")


def _reputation(rules: Path) -> dict[str, list[Span]]:
    """Scores by category, without crossings: the narrowest network over an address speaks."""
    from atttcli.rulepack.country_ranges import CountryRanges

    names: dict[str, str] = {}
    spans: dict[str, list[Span]] = {}
    for folder in _folders(rules):
        if (folder / "categories.txt").is_file():
            for number, words in _rows(folder / "categories.txt"):
                if len(words) < 2 or not words[0].isdigit() or not _CATEGORY.match(words[1]):
                    raise RuleError(f"iprep: line {number} of categories.txt is no category")
                names[words[0]] = words[1]
                spans[words[1]] = []
    for folder in _folders(rules):
        for path in _lists(folder):
            for number, words in _rows(path):
                try:
                    network = ipaddress.ip_network(words[0], strict=False)
                    score = int(words[2])
                    wanted = spans[names[words[1]]]
                except (ValueError, IndexError, KeyError):
                    raise RuleError(
                        f"iprep: line {number} of {path.name[:60]} is not address, category, score"
                    ) from None
                if not 0 <= score <= 127:
                    raise RuleError(f"iprep: line {number} of {path.name[:60]}: a score is from 0 to 127")
                wanted.append(Span(network.version, int(network[0]), int(network[-1]), str(score)))
    return {name: list(CountryRanges.of(found).spans()) for name, found in spans.items()}


def _rows(path: Path) -> list[tuple[int, list[str]]]:
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_FILE + 1)
    except OSError as error:
        raise RuleError(f"iprep: {path.name[:60]} cannot be read ({error.strerror})") from None
    if len(data) > MAX_FILE:
        raise RuleError(f"iprep: {path.name[:60]} is larger than {MAX_FILE // MIB} MiB")
    lines = data.decode("utf-8", "replace").splitlines()
    told = ((number, line.strip()) for number, line in enumerate(lines, 1))
    return [(number, [word.strip() for word in line.split(",")]) for number, line in told if line and line[0] != "#"]
