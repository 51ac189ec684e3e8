"""Which of many rules an event may match, field by field: the ways of all rules are bits of one number.

Each value of a field leaves some bits standing; values repeat from event to event, so what a value leaves is remembered.
A value met for the first time is searched for the literals of all tests at once, and only tests whose literal stands in it
are run. Lets too much through where a rule asks for more than its ways say, never too little: the rule decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from atttcli.engines.sigma.evaluate import MAX_MEMBERS, Predicate, compile_node, folded_tree, holds_of_text
from atttcli.engines.sigma.fields import other_spelling, text_of
from atttcli.engines.sigma.grams import each_literal
from atttcli.engines.sigma.literals import literals
from atttcli.engines.sigma.pattern import Finder
from atttcli.engines.sigma.ways import Way
from atttcli.rulepack.sigma_nodes import Field, Node

_REMEMBERED = 4096  # characters of a value that is worth remembering
_EACH = 100  # characters that an entry takes besides its own
_HINTS = 100_000  # trees of which the literals are remembered
_FINDERS = 256
_SELDOM = 3
_FEW = 6  # tests that are sooner run than searched for
_SORTED_AFTER = (256, 4096)  # events, after which columns are put in order of what they cost
_LONG = frozenset(
    {"CommandLine", "ParentCommandLine", "CallTrace", "ScriptBlockText", "Payload", "ContextInfo", "Message", "Data", "Details"}
)  # fmt: skip


class Memory:
    """Bounds what all columns remember together, in characters."""

    def __init__(self, room: int = 12_000_000) -> None:
        self._room = self._free = room
        self._columns: list[dict[Any, int]] = []
        self._hints: dict[int, tuple[Node, tuple[str, ...]]] = {}
        self._finders: dict[tuple[str, ...], Finder] = {}

    def column(self) -> dict[Any, int]:
        """A new one to fill."""
        self._columns.append({})
        return self._columns[-1]

    def hints(self, node: Node) -> tuple[str, ...]:
        """Texts of which one stands in every value of the one field of this tree that meets it; none when there are none such.

        Rules are met again in the plans of other kinds of events."""
        known = self._hints.get(id(node))
        if known is None:
            if len(self._hints) >= _HINTS:
                self._hints.clear()
            known = self._hints[id(node)] = node, tuple([text for _name, text in literals(node) or ()])
        return known[1]

    def finder(self, texts: tuple[str, ...]) -> Finder:
        """Which of the texts stand in another."""
        found = self._finders.get(texts)
        if found is None:
            if len(self._finders) >= _FINDERS:
                self._finders.clear()
            found = self._finders[texts] = each_literal(texts)
        return found

    def took(self, characters: int) -> None:
        """An entry was added somewhere: forget all when there are too many."""
        self._free -= characters + _EACH
        if self._free <= 0:
            self._free = self._room
            for column in self._columns:
                column.clear()


class Native:
    """Native fields without an event, for tests that read nothing else."""

    __slots__ = ("fields",)

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self.fields = fields


def _untold(_text: str) -> bool:
    """In place of a function of folded text, for tests that look at more."""
    return True


class _Need:
    """What some ways need of one field; made ready to run when it is first asked."""

    __slots__ = ("_asked", "_folded", "_holds", "bits", "node")

    def __init__(self, node: Node) -> None:
        self.node = node
        self.bits = 0
        self._asked = 0
        self._holds: Predicate | None = None
        self._folded: Callable[[str], bool] | None = None

    def holds(self, given: Any, lowered: str | None) -> bool:
        """For a field's value in `given`, of which `lowered` is the text when it is one."""
        if lowered is not None:
            if self._asked < _SELDOM:
                self._asked += 1  # many are asked once or twice, which is sooner done than making them ready
                told = holds_of_text(self.node, lowered)
                if told is not None:
                    return told
                self._asked = _SELDOM
            if self._folded is None:
                self._folded = folded_tree(self.node) or _untold
            if self._folded is not _untold:
                return self._folded(lowered)
        if self._holds is None:
            self._holds = compile_node(self.node)
        return self._holds(given)

    def certain(self) -> frozenset[str]:
        """Texts that decide: it holds of any text in which, in lower case, one of them stands."""
        node = self.node
        if not isinstance(node, Field) or (node.every and len(node.tests) > 1):
            return frozenset()
        return frozenset(
            text_of(test.value).lower() for test in node.tests if test.kind == "contains" and not test.cased
        )


class _Column:
    """One field: which ways need something of it, and which of them a value leaves standing."""

    def __init__(self, name: str, wanted: Sequence[tuple[int, Node]], every: int, memory: Memory) -> None:
        self.name, self.other = name, other_spelling(name)
        self.known = memory.column()
        self._met = memory.column()  # values met once, by their hash
        self._memory = memory
        self.cost = 1 if name in _LONG else 0  # characters that were searched
        self._needs: dict[int, _Need] = {}  # by way
        alike: dict[object, _Need] = {}
        self.covered = 0
        for way, node in wanted:
            bare = _bare(node)
            need = alike.get(bare)
            if need is None:
                need = alike[bare] = _Need(node)
            need.bits |= 1 << way
            self.covered |= 1 << way
            self._needs[way] = need
        self._free = every & ~self.covered
        self._list = list(alike.values())
        self._find: Any = None
        # of each literal: the ways that hold where it stands, and the needs to be asked then
        self._of_text: list[tuple[int, Sequence[_Need]]] = []
        self._of_other: list[list[_Need]] = []  # of each literal: all needs, to be asked of what is no text
        self._plain: list[_Need] = []
        self._texts: tuple[str, ...] = ()

    def left(self, value: Any, alive: int) -> int:
        """The ways of those alive that a value leaves standing, and others; remembered if worth it."""
        kind = type(value)
        if kind is not str and value is not None:
            if kind is list or kind is dict:
                return self._now(value, alive)
            key = kind, value  # 1 is not True, nor 1.0
            if (known := self.known.get(key)) is not None:
                return known
        else:
            key = value
        size = len(value) if kind is str else 8
        self.cost += size
        if size > _REMEMBERED:
            return self._now(value, alive)
        met = hash(key)
        if met not in self._met:  # most values never come again: what is not alive is not worth asking yet
            self._met[met] = 1
            self._memory.took(0)
            return self._now(value, alive)
        found = self.known[key] = self._all(value, self.covered)
        self._memory.took(size)
        return found

    def _now(self, value: Any, alive: int) -> int:
        """Of a value that is not remembered: only what is alive counts."""
        needed, found = alive & self.covered, self._free
        if needed.bit_count() > _FEW:
            return self._all(value, needed)
        given, lowered = Native({self.name: value}), value.lower() if type(value) is str else None
        while needed:
            need = self._needs[(needed & -needed).bit_length() - 1]
            if need.holds(given, lowered):
                found |= need.bits
            needed &= ~need.bits
        return found

    def _all(self, value: Any, wanted: int) -> int:
        """The wanted ways that a value leaves standing, and others."""
        if self._find is None:
            self._ready()
        given = Native({self.name: value})
        text = _text(value).lower()
        lowered = text if type(value) is str else None
        found = self._free
        for need in self._plain:
            if need.bits & wanted and need.holds(given, lowered):
                found |= need.bits
        for place in self._find(text) if text else ():
            bits, needs = self._of_text[place]
            if lowered is not None:
                found |= bits
            else:
                needs = (self._of_other or self._ready_for_other())[place]
            for need in needs:
                if need.bits & wanted & ~found and need.holds(given, lowered):
                    found |= need.bits
        return found

    def _ready(self) -> None:
        sure: dict[str, int] = {}
        unsure: dict[str, list[_Need]] = {}
        for need in self._list:
            hints = self._memory.hints(need.node)
            if not hints:
                self._plain.append(need)
                continue
            decides = need.certain()
            for text in hints:
                if text in decides:
                    sure[text] = sure.get(text, 0) | need.bits
                elif (some := unsure.get(text)) is None:
                    unsure[text] = [need]
                else:
                    some.append(need)
        self._texts = tuple(dict.fromkeys((*sure, *unsure)))
        self._of_text = [(sure.get(text, 0), unsure.get(text, ())) for text in self._texts]
        self._find = self._memory.finder(self._texts)

    def _ready_for_other(self) -> list[list[_Need]]:
        by_text: dict[str, list[_Need]] = {}
        for need in self._list:
            for text in self._memory.hints(need.node):
                by_text.setdefault(text, []).append(need)
        self._of_other = [by_text[text] for text in self._texts]
        return self._of_other


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(text_of(member) for member in value[:MAX_MEMBERS])
    return text_of(value)


def _bare(node: Node) -> object:
    """Without the selection's name: rules that ask the same share the answer."""
    return (node.tests, node.every) if isinstance(node, Field) else node


class Slots:
    """The ways of some rules, and which of the rules the fields of an event may meet."""

    def __init__(self, rules: Sequence[Sequence[Way]], memory: Memory) -> None:
        self._rules: list[int] = []
        wanted: dict[str, list[tuple[int, Node]]] = {}
        for rule, its_ways in enumerate(rules):
            for way in its_ways:
                for name, node in way.items():
                    wanted.setdefault(name, []).append((len(self._rules), node))
                self._rules.append(rule)
        self._every = (1 << len(self._rules)) - 1
        self._columns = [_Column(name, some, self._every, memory) for name, some in wanted.items()]
        self._seen = 0
        self._sort()

    def _sort(self) -> None:
        self._columns.sort(key=lambda column: (column.cost, -column.covered.bit_count()))
        self._steps = [(one.name, one.other, one.known, one.covered, one.left) for one in self._columns]

    def possible(self, fields: Mapping[str, Any]) -> Iterable[int]:
        """The rules, by place, in order."""
        self._seen += 1
        if self._seen in _SORTED_AFTER:
            self._sort()
        alive = self._every
        get = fields.get
        for name, other, known, covered, left in self._steps:
            if not alive & covered:
                continue
            value = get(name)
            if value is None and other:
                value = get(other)
            try:
                alive &= known[value]
            except (KeyError, TypeError):
                alive &= left(value, alive)
            if not alive:
                return ()
        return self._of(alive)

    def _of(self, alive: int) -> list[int]:
        found: list[int] = []
        while alive:
            low = alive & -alive
            rule = self._rules[low.bit_length() - 1]
            if not found or found[-1] != rule:
                found.append(rule)
            alive ^= low
        return found


class Together:
    """Slots of two sets of rules as those of one, of which `first` and `second` are the places in it."""

    def __init__(self, first: tuple[Slots, Sequence[int]], second: tuple[Slots, Sequence[int]]) -> None:
        self._first, self._second = first, second

    def possible(self, fields: Mapping[str, Any]) -> Iterable[int]:
        """The rules, by place, in order."""
        (one, places), (other, others) = self._first, self._second
        found = [places[hit] for hit in one.possible(fields)]
        found += [others[hit] for hit in other.possible(fields)]
        return sorted(found)
