"""Reads a template without running it: names that no contract has, calls that are closed, required parts that it leaves out.

Names are held against a sample context (`sample`), in which every name of the contract stands: a name that the sample lacks is
one that no paper has. Runs in the child, since even parsing is work that a crafted template could make long.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from typing import Any, get_args

from jinja2 import nodes

from atttcli.reports.outline import Annex, Block, Outline
from atttcli.reports.templating.blame import told
from atttcli.reports.templating.fault import Fault, Faulty, decoded
from atttcli.reports.templating.sandbox import CLOSED, CLOSED_SAID, GLOBALS, environment
from atttcli.reports.templating.values import Group, unpacked

_SAME = frozenset({"list", "sort", "reverse", "unique", "select", "reject", "selectattr", "rejectattr", "default", "d"})
_ONE = frozenset({"first", "last", "max", "min"})
_FREE = frozenset({"loop", "caller", "varargs", "kwargs", "self", "super", "style", "style_hash"})
_PAGE_ONLY = frozenset({"style", "style_hash"})


class Shape:
    """What is known of a value: its names (`names`), what it is a list of (`item`), or nothing (`free`)."""

    __slots__ = ("free", "item", "names", "path")

    def __init__(self, path: str = "", *, free: bool = False) -> None:
        self.path = path
        self.free = free
        self.names: dict[str, Shape] = {}
        self.item: Shape | None = None

    def like(self, name: str) -> Shape | None:
        """What answers for a name that is not listed: `type.*` for `type.madoc`."""
        return next((one for key, one in self.names.items() if key.endswith("*") and name.startswith(key[:-1])), None)


FREE = Shape(free=True)


def shape_of(value: Any, path: str = "") -> Shape:
    """The shape of a sample value."""
    made = Shape(path)
    if isinstance(value, Group):
        pairs: Iterable[tuple[str, Any]] = ((str(name), value[name]) for name in value)
    elif is_dataclass(value) and not isinstance(value, type):
        pairs = ((one.name, getattr(value, one.name)) for one in fields(value))
    elif isinstance(value, tuple | list):
        for one in value:
            made.item = _merged(made.item, shape_of(one, path))
        made.item = made.item or FREE
        return made
    else:
        return made
    for name, one in pairs:
        made.names[name] = shape_of(one, f"{path}.{name}" if path else name)
    return made


def _paper_shape(paper: Outline) -> Shape:
    """An outline's shape: its blocks may be of any kind, whichever stand in the sample."""
    made = shape_of(paper, "paper")
    made.names["blocks"].item = _block()
    annex = Shape("paper.annexes")
    annex.names = {one.name: Shape(f"paper.annexes.{one.name}") for one in fields(Annex)}
    annex.names["blocks"].item = _block()
    made.names["annexes"].item = annex
    return made


def _block() -> Shape:
    made = Shape()
    made.names = {one.name: FREE for kind in get_args(Block) for one in fields(kind)}
    return made


def _merged(left: Shape | None, right: Shape) -> Shape:
    """Of a list's items: blocks of several kinds have the names of all of them."""
    if left is None or left.free:
        return right
    if right.free:
        return left
    for name, one in right.names.items():
        left.names[name] = _merged(left.names.get(name), one)
    if right.item is not None:
        left.item = _merged(left.item, right.item)
    return left


def lint(data: bytes, format: str, context: bytes, wanted: tuple[str, ...] = ()) -> list[Fault]:
    """All faults, errors first. `wanted` are the paths that every paper should print, alternatives parted by `|`."""
    values = unpacked(context)
    shapes = {name: shape_of(value, name) for name, value in values.items() if name != "paper"}
    walk = _Walk(format, shapes | {"paper": _paper_shape(values["paper"])})
    try:
        for place, source, paragraphs in _sources(data, format):
            with told(paragraphs or None):
                tree = walk.environment.parse(source)
                walk.read(tree, place, paragraphs)
                walk.environment.compile(source)
    except Faulty as error:
        walk.faults += error.faults
    if not any(one.level == "error" for one in walk.faults):
        walk.faults += _unused(walk.used, wanted)
    if format == "docx":
        from atttcli.reports.docx_reading import word_parts
        from atttcli.reports.templating.word_gate import missing_styles

        walk.faults += missing_styles(word_parts(data))
    return sorted(dict.fromkeys(walk.faults), key=lambda one: (one.level != "error", one.place, one.line or 0))


def _sources(data: bytes, format: str) -> list[tuple[str, str, list[str]]]:
    if format == "docx":
        from atttcli.reports.templating.word import sources

        return sources(data)
    return [("", decoded(data), [])]


def _unused(used: set[str], wanted: tuple[str, ...]) -> Iterator[Fault]:
    """A path counts as used when it, something in it, or the whole that it stands in was named."""
    for paths in wanted:
        if not any(one == path or one.startswith(path + ".") for path in paths.split("|") for one in used):
            yield Fault(f"never used: {paths.split('|')[0]}", level="warning")


class _Walk:
    """One pass over the syntax trees of a template."""

    def __init__(self, format: str, names: dict[str, Shape]) -> None:
        self.environment = environment(format)
        self.environment.tells_all = True
        self.faults: list[Fault] = []
        self.used: set[str] = set()
        free = _FREE if format == "html" else _FREE - _PAGE_ONLY
        self._names = names | dict.fromkeys((*free, *GLOBALS), FREE)
        self._place = ""
        self._paragraphs: list[str] = []
        self._calls: set[str] = set()

    def read(self, tree: nodes.Template, place: str, paragraphs: list[str]) -> None:
        """A whole template, or one part of a Word file."""
        self._place, self._paragraphs = place, paragraphs
        self._calls = {one.name for one in tree.find_all(nodes.Macro)} | {"range", "namespace", "caller", "super"}
        self._body(tree.body, dict(self._names))

    def _bad(self, node: nodes.Node, message: str) -> None:
        place, line = self._place, None if self._paragraphs else node.lineno
        if self._paragraphs and 0 < node.lineno <= len(self._paragraphs):
            said = self._paragraphs[node.lineno - 1].strip()[:60]
            place = f"{self._place}, paragraph {node.lineno - 1}: {said!r}"
        self.faults.append(Fault(message, place, line=line))

    def _body(self, body: Iterable[nodes.Node], names: dict[str, Shape]) -> None:
        for node in body:
            self._statement(node, names)

    def _statement(self, node: nodes.Node, names: dict[str, Shape]) -> None:
        closed = next((word for kind, word in CLOSED.items() if isinstance(node, kind)), "")
        if closed:
            self._bad(node, CLOSED_SAID.format(closed))
        match node:
            case nodes.For():
                self._loop(node, names)
            case nodes.Macro():
                inner = names | {one.name: FREE for one in node.args}
                self._body(node.body, inner)
                names[node.name] = FREE
            case nodes.Assign():
                self._bind(node.target, self._shape(node.node, names), names)
            case nodes.AssignBlock():
                self._body(node.body, dict(names))
                self._bind(node.target, FREE, names)
            case nodes.With():
                inner = dict(names)
                for target, value in zip(node.targets, node.values, strict=True):
                    self._bind(target, self._shape(value, names), inner)
                self._body(node.body, inner)
            case nodes.If():
                self._shape(node.test, names)
                self._body([*node.body, *node.elif_, *node.else_], names)
            case nodes.CallBlock():
                self._shape(node.call, names)
                self._body(node.body, names | {one.name: FREE for one in node.args})
            case nodes.Expr():
                self._shape(node, names)
            case _:
                self._body(node.iter_child_nodes(), names)

    def _loop(self, node: nodes.For, names: dict[str, Shape]) -> None:
        whole = self._shape(node.iter, names)
        inner = dict(names) | {"loop": FREE}
        self._bind(node.target, whole.item or FREE, inner)
        if node.test is not None:
            self._shape(node.test, inner)
        self._body(node.body, inner)
        self._body(node.else_, dict(names))

    def _bind(self, target: nodes.Node, shape: Shape, names: dict[str, Shape]) -> None:
        if isinstance(target, nodes.Name):
            names[target.name] = shape
        elif isinstance(target, nodes.Tuple):
            for one in target.items:
                self._bind(one, shape.item or FREE, names)

    def _shape(self, node: nodes.Node, names: dict[str, Shape]) -> Shape:
        """The shape of an expression; all that stands in it is looked at."""
        match node:
            case nodes.Name():
                return self._named(node, names)
            case nodes.Getattr():
                return self._inside(node, self._shape(node.node, names), node.attr)
            case nodes.Getitem():
                return self._item(node, names)
            case nodes.Filter():
                return self._filtered(node, names)
            case nodes.Call():
                self._call(node, names)
                return FREE
        for child in node.iter_child_nodes():
            self._shape(child, names)
        return FREE

    def _named(self, node: nodes.Name, names: dict[str, Shape]) -> Shape:
        found = names.get(node.name)
        if found is None:
            self._bad(node, f"there is no {node.name}{_near(node.name, names)}")
            return FREE
        if found.path:
            self.used.add(found.path)
        return found

    def _inside(self, node: nodes.Node, whole: Shape, name: str) -> Shape:
        if name.startswith("_"):
            self._bad(node, f"{name}: names that begin with _ are closed")
            return FREE
        if whole.free or (not whole.names and whole.item is not None):
            return FREE
        found = whole.names.get(name) or whole.like(name)
        if found is None:
            self._bad(node, f"there is no {whole.path or 'value'}.{name}{_near(name, whole.names)}")
            return FREE
        self.used.add(found.path)
        return found

    def _item(self, node: nodes.Getitem, names: dict[str, Shape]) -> Shape:
        whole = self._shape(node.node, names)
        if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
            return self._inside(node, whole, node.arg.value)
        self._shape(node.arg, names)
        return whole.item or FREE

    def _filtered(self, node: nodes.Filter, names: dict[str, Shape]) -> Shape:
        if node.name not in self.environment.filters:
            self._bad(node, f"there is no filter {node.name}{_near(node.name, self.environment.filters)}")
        whole = self._shape(node.node, names) if node.node is not None else FREE
        for one in (*node.args, *node.kwargs):
            self._shape(one, names)
        return whole if node.name in _SAME else (whole.item or FREE) if node.name in _ONE else FREE

    def _call(self, node: nodes.Call, names: dict[str, Shape]) -> None:
        callee = node.node
        mine = isinstance(callee, nodes.Name) and callee.name in self._calls
        turn = isinstance(callee, nodes.Getattr) and callee.attr in ("cycle", "changed")
        if not mine and not turn:
            said = callee.attr if isinstance(callee, nodes.Getattr) else getattr(callee, "name", "this")
            self._bad(node, f"{said}(…) is not called in templates: use a filter")
        for child in node.iter_child_nodes():
            if child is not callee or isinstance(callee, nodes.Getattr):
                self._shape(child, names)


def _near(name: str, known: Iterable[str]) -> str:
    found = get_close_matches(name, list(known), 1)
    return f": {found[0]}?" if found else ""
