"""The environment in which a foreign template runs: no attribute that is not data, no call but a few, no growing of values.

Only the child imports this module to render; `lint` needs it for its list of filters. What a template prints passes one place
(`finalize`), where it becomes inert in its format; a template cannot turn that off.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import DictLoader, StrictUndefined, nodes
from jinja2.exceptions import SecurityError, TemplateSyntaxError
from jinja2.runtime import BlockReference, LoopContext, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace
from markupsafe import Markup, escape

from atttcli.reports.inert import paper_lines, paper_text
from atttcli.reports.templating.values import Group

MAX_TEXT = 1_000_000  # characters that an expression may make of others
MAX_BITS = 256
WIDTH = 78
_FILTERS = frozenset(
    {
        "abs", "batch", "capitalize", "default", "d", "first", "float", "groupby", "int", "join", "last", "length", "count",
        "list", "lower", "map", "max", "min", "reject", "rejectattr", "replace", "reverse", "round", "select", "selectattr",
        "slice", "sort", "string", "sum", "title", "trim", "truncate", "unique", "upper", "wordcount",
    }
)  # fmt: skip
GLOBALS = frozenset({"range", "namespace"})
_LOOP_METHODS = frozenset({"cycle", "changed"})


CLOSED: dict[type[nodes.Node], str] = {
    nodes.Include: "include", nodes.Import: "import", nodes.FromImport: "from … import", nodes.Extends: "extends",
    nodes.ScopedEvalContextModifier: "autoescape",
}  # fmt: skip
CLOSED_SAID = "{{% {} %}} is not used in templates: a template is one file, always escaped"


class _Environment(ImmutableSandboxedEnvironment):
    """Jinja's own sandbox, narrowed: it keeps secrets, but does not keep a template from filling the memory."""

    intercepted_binops = frozenset({"+", "*", "**", "%", "//", "-", "/"})
    tells_all = False  # lint reads on where a rendering stops

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        for kind, word in () if self.tells_all else CLOSED.items():
            found = tree.find(kind)
            if found is not None:
                raise TemplateSyntaxError(CLOSED_SAID.format(word), found.lineno)
        return tree

    def is_safe_callable(self, obj: Any) -> bool:
        if isinstance(obj, Macro | BlockReference) or obj is Namespace or obj is self.globals["range"]:
            return True
        return isinstance(getattr(obj, "__self__", None), LoopContext) and obj.__name__ in _LOOP_METHODS

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator == "**":
            raise SecurityError("powers are not used in templates")
        if operator == "%" and isinstance(left, str):
            raise SecurityError("texts are joined with ~, not formatted with %")
        _bounded(operator, left, right)
        return super().call_binop(context, operator, left, right)


def _bounded(operator: str, left: Any, right: Any) -> None:
    """Numbers stay small, and nothing is repeated or grown beyond what a paper holds."""
    sizes = [len(one) for one in (left, right) if isinstance(one, str | tuple | list)]
    if operator == "*" and sizes:
        raise SecurityError("texts and lists are not multiplied in templates")
    if sum(sizes) > MAX_TEXT:
        raise SecurityError(f"a value longer than {MAX_TEXT} characters")
    if any(isinstance(one, int) and one.bit_length() > MAX_BITS for one in (left, right)):
        raise SecurityError("a number larger than any paper holds")


def environment(format: str) -> _Environment:
    """The environment of one format: `html`, `md`, `txt` or `docx`."""
    made = _Environment(
        loader=DictLoader({}),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_FINALIZE[format],
        trim_blocks=format in ("md", "txt"),
        lstrip_blocks=format in ("md", "txt"),
        keep_trailing_newline=False,
        cache_size=0,
    )
    made.globals = {name: made.globals[name] for name in GLOBALS}
    made.filters = {name: one for name, one in made.filters.items() if name in _FILTERS} | _own_filters(format)
    return made


def _own_filters(format: str) -> dict[str, Callable[..., Any]]:
    found: dict[str, Callable[..., Any]] = {
        "lines": paper_lines, "kind": lambda block: type(block).__name__, "length": len, "count": len,
    }  # fmt: skip
    if format == "html":
        from atttcli.reports.html import page_filters

        found |= page_filters()
    if format == "txt":
        found |= {"wrap": _wrap, "middle": lambda text, width=WIDTH: paper_text(str(text)).center(min(width, 200))}
    return found


def _wrap(text: object, indent: int = 0, width: int = WIDTH) -> list[str]:
    """A text as lines of at most `width` characters."""
    room, step = min(max(width, 20), 200), " " * min(indent, 40)
    found = [textwrap.wrap(line, room, initial_indent=step, subsequent_indent=step) for line in paper_lines(str(text))]
    return [line for lines in found for line in lines]


def _scalar(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, Group | Mapping | tuple | list | Namespace) or not isinstance(value, str | int | float):
        raise SecurityError(f"{type(value).__name__.lower()} is no single value: name one that stands in it")
    return value


def _in_page(value: Any) -> Any:
    value = _scalar(value)
    return paper_text(value) if type(value) is str else value


def _in_word(value: Any) -> Any:
    """Lines stay lines (docxtpl makes breaks of them); `{_{` in data stays what it is, and is not made a tag afterwards."""
    value = _scalar(value)
    if type(value) is not str:
        return value
    return Markup(str(escape("\n".join(paper_lines(value)))).replace("_", "&#95;"))  # noqa: S704 - escaped just here


def _in_markdown(value: Any) -> Any:
    from atttcli.reports.markdown import escaped

    value = _scalar(value)
    return Markup(" · ".join(map(escaped, paper_lines(value)))) if type(value) is str else value  # noqa: S704 - as above


def _in_text(value: Any) -> Any:
    value = _scalar(value)
    if type(value) is not str:
        return value
    indent = value[: len(value) - len(value.lstrip(" "))]
    return Markup(indent + "\n".join(paper_lines(value)).strip(" "))  # noqa: S704 - plain text has no markup


_FINALIZE = {"html": _in_page, "docx": _in_word, "md": _in_markdown, "txt": _in_text}
