"""What a rule's tree says before it is run: what the indexed fields must be, and texts of which one must stand in the event."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable

from atttcli.engines.sigma.evaluate import TEXT_KINDS
from atttcli.engines.sigma.fields import BOUND, INDEXED
from atttcli.engines.sigma.regex_literal import LONG_S, literals_of_regex
from atttcli.rulepack.sigma_nodes import And, Field, Node, Not, Or, Test
from atttcli.rulepack.sigma_text import Wildcard, parse_text

Literals = frozenset[tuple[str, str]]  # (field name, lower-case text): one of them stands in every matching event
_SHORTEST = 2
_WHOLE_TEXT = frozenset(TEXT_KINDS) - {"glob"}
_ESCAPED = re.compile(r"[^ !#$%()*+,\-.0-9:;=?@A-Z\[\]^_`a-z{|}~]+")  # not plain: quotes, slashes, <>&, beyond ASCII
_BY_NUMBER = ("\\u00", "&#")
_COMMON = (
    ".exe", ".dll", "\\", "c:\\", "c:\\windows\\", "c:\\windows\\system32\\", "\\system32\\", "\\syswow64\\", "windows",
    "true", "false", "\\powershell.exe", "\\pwsh.exe", "\\cmd.exe", "powershell.exe", "cmd.exe", "powershell",
    "\\svchost.exe", "\\rundll32.exe", "\\explorer.exe", "system", "\\users\\", "c:\\users\\", "\\appdata\\", "\\temp\\",
    "c:\\program files\\", "http", "https://", "nt authority", "hklm\\", "\\software\\", "\\currentversion\\",
    "software\\microsoft\\windows\\currentversion", "system\\currentcontrolset\\", "0x0", "0x1",
)  # fmt: skip
_TRACES = ("CallTrace",)  # the same libraries in each
_SYSTEM = re.compile(
    r"(?:c:)?\\(?:windows|program files)(?:\\(?:system32|syswow64|winsxs))?\\?(?:ntdll|kernelbase)?(?:\.dll\+?)?\Z"
)
_PENALTY = dict.fromkeys(_COMMON, 100)


def heads(node: Node) -> dict[str, frozenset[str]]:
    """What a matching event's indexed fields must be; a field that is not bound is absent."""
    if isinstance(node, Field):
        plain = all(test.kind == "equals" and type(test.value) in (str, int) and not test.cased for test in node.tests)
        if node.name not in BOUND or not plain or (node.every and len(node.tests) > 1):
            return {}
        return {node.name: frozenset(str(test.value).lower() for test in node.tests)}
    if isinstance(node, Not):
        return {}
    bound = [heads(child) for child in node.children]
    if isinstance(node, And):
        merged: dict[str, frozenset[str]] = {}
        for one in bound:
            for name, values in one.items():
                merged[name] = merged[name] & values if name in merged else values
        return merged
    shared = set.intersection(*(set(one) for one in bound))
    return {name: frozenset().union(*(one[name] for one in bound)) for name in shared}


def narrowed(node: Node, action: str, outcome: str) -> Node | bool:
    """The tree for events of one action and outcome: what these alone decide is gone. True or False where nothing is left."""
    given = {"action": action, "outcome": outcome}

    def decide(leaf: Field) -> bool | None:
        value, wanted = given.get(leaf.name), heads(leaf).get(leaf.name)
        return None if value is None or wanted is None else bool(value) and value in wanted

    return _decided(node, decide)


def without_words(node: Node) -> Node | bool:
    """The tree for records in which none of its words stands (see `words`)."""
    return _decided(node, lambda leaf: None if leaf.name else False)


def words(node: Node) -> frozenset[str] | None:
    """Texts of which one stands in every record that any test of the whole record in the tree takes; None where they are not
    known."""
    if isinstance(node, Field):
        found = frozenset() if node.name else _of_record(node)
        return None if found is None else frozenset(text for _name, text in found)
    children = [words(child) for child in ((node.child,) if isinstance(node, Not) else node.children)]
    known = [one for one in children if one is not None]
    return frozenset().union(*known) if len(known) == len(children) else None


def _decided(node: Node, decide: Callable[[Field], bool | None]) -> Node | bool:
    """The tree without the leaves of which it is decided whether they hold. True or False where nothing is left."""
    if isinstance(node, Field):
        told = decide(node)
        return node if told is None else told
    if isinstance(node, Not):
        child = _decided(node.child, decide)
        return not child if isinstance(child, bool) else Not(child)
    ends = isinstance(node, Or)  # a child that is True ends an Or, one that is False an And
    left: list[Node] = []
    for one in node.children:
        found = _decided(one, decide)
        if not isinstance(found, bool):
            left.append(found)
        elif found is ends:
            return ends
    if not left:
        return not ends
    return left[0] if len(left) == 1 else type(node)(tuple(left))


def literals(node: Node) -> Literals | None:
    """A set of texts of which a matching event has at least one, or None when there is no such set."""
    if isinstance(node, Not):
        return None
    if isinstance(node, Field):
        if node.name in BOUND or node.name in INDEXED:  # in every event that comes this far: it would let all through
            return None
        return _of_field(node)
    children = [literals(child) for child in node.children]
    if isinstance(node, And):
        return max((one for one in children if one), key=_worth, default=None)
    if any(one is None for one in children):
        return None
    return frozenset().union(*(one for one in children if one))


def _of_field(node: Field) -> Literals | None:
    if not node.name:
        return _of_record(node)
    if node.every:
        found = [_texts(test) for test in node.tests]
        best = max((texts for texts in found if texts), key=lambda texts: min(map(_rarity, texts)), default=None)
        return frozenset([(node.name, text) for text in best]) if best else None
    all_of: list[str] = []
    for test in node.tests:
        value = test.value
        if test.kind in _WHOLE_TEXT and type(value) is str and not test.cased and len(value) >= _SHORTEST:
            all_of.append(value.lower())  # as `_texts` says, without the way there: rules have tens of thousands
            continue
        texts = _texts(test)
        if texts is None:
            return None
        all_of += texts
    name = node.name
    return frozenset([(name, text) for text in all_of])


def _of_record(node: Field) -> Literals | None:
    """Of words that may stand anywhere."""
    texts = [_texts(test) for test in node.tests]
    found = [_plain_runs(frozenset(some)) if some else None for some in texts]
    if node.every:
        best = max((some for some in found if some), key=lambda some: min(map(_rarity, some)), default=None)
        return _anywhere(best) if best else None
    if any(some is None for some in found):
        return None
    return _anywhere(frozenset().union(*(some for some in found if some)))


def _anywhere(texts: Iterable[str]) -> Literals:
    """Literals of the raw record. JSON and XML may write a character by its number: such records are always looked at."""
    return frozenset(("", text) for text in (*texts, *_BY_NUMBER) if text)


def _plain_runs(texts: frozenset[str]) -> frozenset[str] | None:
    """The longest part of each keyword that JSON and XML write as it is."""
    best = frozenset(max(_ESCAPED.split(text), key=len) for text in texts)
    return best if all(len(text) >= _SHORTEST for text in best) else None


def _rarity(text: str, name: str = "") -> int:
    """How seldom a text may be met: its length, and less for what stands in every other event."""
    if text == LONG_S:  # stands hardly anywhere
        return 40
    penalty = _PENALTY.get(text, 0)
    if name in _TRACES or _SYSTEM.match(text):
        penalty = max(penalty, 60)
    return min(len(text), 40) - penalty


def _worth(found: Literals) -> tuple[int, int]:
    return min(_rarity(text, name) for name, text in found), -len(found)


def _texts(test: Test) -> Collection[str] | None:
    """Texts of which one stands in whatever meets the test, in lower case."""
    kind, value = test.kind, test.value
    if type(value) is not str:
        return None
    if kind == "re":
        return literals_of_regex(value)
    if kind not in TEXT_KINDS or (test.cased and not value.isascii()):
        return None
    text = value.lower()
    if kind == "glob":
        text = max((part for part in parse_text(text) if not isinstance(part, Wildcard)), key=len, default="")
    return (text,) if len(text) >= _SHORTEST or not text.isascii() else None
