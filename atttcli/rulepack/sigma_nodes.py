"""What a Sigma detection says, as a tree of frozen values: the engine compiles it, `explain` reads it, the cache keeps it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from atttcli.errors import Where


class Test(msgspec.Struct, frozen=True, omit_defaults=True, array_like=True, gc=False):
    """One value a field is tested for.

    `kind` is equals, contains, startswith, endswith, glob, re, cidr, null, exists, lt, lte, gt, gte, a part of a time
    (minute, hour, day, week, month, year) or fieldref, fieldref-contains, fieldref-startswith, fieldref-endswith, whose
    value is the name of another field. The flags of a regular expression stand in front of it: `(?im)`.
    """

    __test__ = False  # not one of pytest's

    kind: str
    value: str | int | float | bool | None
    cased: bool = False


class Field(msgspec.Struct, frozen=True, omit_defaults=True, tag="f", gc=False):
    """A field meets any of its tests (`every`: all of them). An empty name means the whole record (keywords).

    `selection` is the name that the rule gives to what this is part of: findings tell it.
    """

    name: str
    tests: tuple[Test, ...]
    every: bool = False
    selection: str = ""


class And(msgspec.Struct, frozen=True, tag="a", gc=False):
    """All children hold."""

    children: tuple[Node, ...]


class Or(msgspec.Struct, frozen=True, tag="o", gc=False):
    """Any child holds."""

    children: tuple[Node, ...]


class Not(msgspec.Struct, frozen=True, tag="n", gc=False):
    """The child does not hold."""

    child: Node


Node = Field | And | Or | Not


@dataclass(frozen=True, slots=True)
class Meta:
    """What rules of both sorts carry. `level` is Sigma's word; `category` an incident type of the profiles."""

    id: str
    name: str
    title: str
    title_vi: str
    description: str
    level: str
    category: str
    tags: tuple[str, ...]
    false_positives: tuple[str, ...]
    where: Where
    key: tuple[str, ...] = ()  # fields whose values make two matches the same finding
    playbook: str = ""
    alert: bool | None = None  # `attt.alert`: alert (or not) whoever refers to the rule; None: Sigma's own answer


_TREE: Any = msgspec.json.Decoder(Node)


@dataclass(frozen=True, slots=True)
class SigmaRule:
    """A rule on single events. `logsource` is (category, product, service), empty where the rule does not say."""

    meta: Meta
    logsource: tuple[str, str, str]
    node: Node
    silent: bool = False  # only a building block of correlations
    kept: bytes = field(default=b"", init=False, repr=False, compare=False)  # out of the cache: its tree as JSON

    @classmethod
    def of_cache(cls, meta: Meta, logsource: tuple[str, str, str], kept: bytes) -> SigmaRule:
        """A rule whose tree is read when it is first asked for: of some thousands most never meet an event of theirs.

        `kept` is authenticated (rulepack/cache.py): what stands in it is what was written.
        """
        rule = object.__new__(cls)
        for name, value in (("meta", meta), ("logsource", logsource), ("silent", False), ("kept", kept)):
            object.__setattr__(rule, name, value)
        return rule

    def may_test(self, kind: str) -> bool:
        """Whether a test of this kind may be in the tree; told without reading a kept one."""
        return not self.kept or f'"{kind}"'.encode() in self.kept

    def may_name(self, field: str) -> bool:
        """Whether a test of this field may be in the tree (of the whole record: ""); told without reading a kept one."""
        return not self.kept or f'"name":"{field}"'.encode() in self.kept

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Asked for what is not set: the tree of a kept rule."""
            if name != "node":
                raise AttributeError(name)
            object.__setattr__(self, "node", node := _TREE.decode(self.kept))
            return node


@dataclass(frozen=True, slots=True)
class CorrelationRule:
    """A rule on several events. Times in microseconds; `threshold` is inclusive.

    `kind` is event_count, value_count, value_sum, value_avg, value_percentile, value_median, temporal, temporal_ordered or
    new_value. `group_by` names fields or aliases, `rules` the ids of the referenced rules in order. `condition` is what the
    measure must meet, all of it; `whole` conditions are known only when their window is over (docs/decisions/0230).
    """

    meta: Meta
    kind: str
    rules: tuple[str, ...]
    group_by: tuple[str, ...]
    aliases: dict[str, dict[str, str]]
    timespan: int
    threshold: int
    field: str = ""
    view: str = ""  # new_value: value, network or country
    learn: int = 5  # new_value: how many earlier events must be known before anything counts as new
    generate: bool = False  # the referenced rules alert by themselves too
    silent: bool = False
    condition: tuple[tuple[str, float], ...] = ()  # (gte, 10) ...
    expression: Node | None = None  # temporal: `a and not b`, with the ids of rules as names of fields
    fields: tuple[str, ...] = ()  # value_*: what is counted; several together are one value
    percentile: float = 50.0
    whole: bool = False
