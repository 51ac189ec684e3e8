"""What a Sigma detection says, as a tree of frozen values; the engine compiles it, `explain` reads it."""

from __future__ import annotations

from dataclasses import dataclass

from atttcli.errors import Where


@dataclass(frozen=True, slots=True)
class Test:
    """One value a field is tested for.

    `kind` is equals, contains, startswith, endswith, glob, re, cidr, null, exists, lt, lte, gt, gte.
    """

    __test__ = False  # not one of pytest's

    kind: str
    value: str | int | float | bool | None
    cased: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """A field meets any of its tests (`every`: all of them). An empty name means the whole record (keywords)."""

    name: str
    tests: tuple[Test, ...]
    every: bool = False


@dataclass(frozen=True, slots=True)
class And:
    """All children hold."""

    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any child holds."""

    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
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


@dataclass(frozen=True, slots=True)
class SigmaRule:
    """A rule on single events. `logsource` is (category, product, service), empty where the rule does not say."""

    meta: Meta
    logsource: tuple[str, str, str]
    node: Node
    silent: bool = False  # only a building block of correlations


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
