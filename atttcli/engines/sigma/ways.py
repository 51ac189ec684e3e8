"""What a rule needs of single fields: the ways in which its tree can hold, each a set of tests on one field apiece.

Only what is certain is told: a way names less than the rule asks for, never more. What cannot be said of one field by itself
(keywords, references to other fields, the head of the event, exclusions across fields) is left out; the rule decides.
"""

from __future__ import annotations

from atttcli.engines.sigma.fields import ALIASES, BOUND, HEAD
from atttcli.rulepack.sigma_nodes import And, Field, Node, Not, Or

Way = dict[str, Node]  # field name -> what must hold of it
_MOST = 24


def ways(node: Node) -> list[Way] | None:
    """Every way in which the tree can hold, or None when nothing is certain in one of them."""
    found = [_by_field(way) for way in _ways(node)]
    return found if all(found) else None


def is_native(name: str) -> bool:
    """Whether a rule's name is read from the native fields alone, by that name."""
    return bool(name) and name not in HEAD and name not in ALIASES and name not in BOUND and "." not in name


def reads_fields_only(node: Node) -> bool:
    """Whether the tree can be judged by the native fields alone."""
    return all(
        (is_native(leaf.name) or leaf.name == "EventID")
        and all(is_native(str(test.value)) for test in leaf.tests if test.kind.startswith("fieldref"))
        for leaf in leaves(node)
    )


def leaves(node: Node) -> list[Field]:
    """Every field that the tree tests, in order."""
    found: list[Field] = []
    waiting: list[Node] = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Field):
            found.append(one)
        elif isinstance(one, Not):
            waiting.append(one.child)
        else:
            waiting += one.children[::-1]
    return found


def _ways(node: Node) -> list[tuple[Node, ...]]:
    if _one_field(node) is not None:
        return [(node,)]
    if isinstance(node, Or):
        found: list[tuple[Node, ...]] = []
        for child in node.children:
            found += _ways(child)
            if () in found or len(found) > _MOST:
                return [()]
        return found
    together: list[tuple[Node, ...]] = [()]
    if isinstance(node, Not):
        node = _excluded(node)
    if isinstance(node, And):
        for some in sorted((_ways(child) for child in node.children), key=len):
            if len(together) * len(some) <= _MOST:
                together = [(*way, *more) for way in together for more in some]
    return together


def _excluded(node: Not) -> Node:
    """Each of several exclusions by itself: those of a field that the rule asks for anyhow are asked with it."""
    child = node.child
    return And(tuple(Not(one) for one in child.children)) if isinstance(child, Or) else node


def _one_field(node: Node) -> str | None:
    """The one native field that all tests are of."""
    if isinstance(node, Field):
        for test in node.tests:
            if test.kind[:8] == "fieldref":
                return None
        return node.name if is_native(node.name) else None
    if isinstance(node, Not):
        return _one_field(node.child)
    name = _one_field(node.children[0])
    if name is None:
        return None
    for child in node.children[1:]:
        if _one_field(child) != name:
            return None
    return name


def _by_field(way: tuple[Node, ...]) -> Way:
    """The tests of each field as one; fields that are only excluded are left out: nearly every value passes."""
    by_name: dict[str, list[Node]] = {}
    for node in way:
        by_name.setdefault(leaves(node)[0].name, []).append(node)
    return {
        name: nodes[0] if len(nodes) == 1 else And(tuple(nodes))
        for name, nodes in by_name.items()
        if not all(isinstance(node, Not) for node in nodes)
    }
