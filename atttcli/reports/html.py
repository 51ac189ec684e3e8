"""HTML: one self-contained file without script or remote reference, for the screen and for a browser's print button."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from atttcli.report import IncidentReport
from atttcli.reports.charts import LANDSCAPE, PORTRAIT, draw
from atttcli.reports.incident import compose
from atttcli.reports.inert import paper_lines, paper_text
from atttcli.reports.outline import Block, Chart, HeatChart, Outline, Table, TimeChart

if TYPE_CHECKING:
    from collections.abc import Callable

    from jinja2 import Template

_PIECE = 16  # characters of a digest between two places where a line may break


class HtmlRenderer:
    """A paper as HTML. The only style is one block whose hash stands in the content security policy."""

    format = "html"
    suffix = ".html"
    media_type = "text/html; charset=utf-8"

    def render(self, report: IncidentReport, language: str) -> bytes:
        """The outline through the one template, autoescaped."""
        return html_of(compose(report, language))


def html_of(outline: Outline) -> bytes:
    """Any outline as a page."""
    from markupsafe import Markup

    style = page_style(outline)
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    # Markup is right here and only here: the style sheet is ours and holds no data.
    page = _template().render(paper=outline, style=Markup(style), style_hash=f"sha256-{digest}")  # noqa: S704
    return (page + "\n").encode("utf-8")


@cache
def _template() -> Template:
    from jinja2 import DictLoader, StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        loader=DictLoader({"paper": page_template()}),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_inert,
        keep_trailing_newline=False,
    )
    environment.filters = page_filters()
    return environment.get_template("paper")


def page_filters() -> dict[str, Callable[..., object]]:
    """What the template of pages calls; templates of users have the same."""
    return {
        "lines": paper_lines,
        "pieces": _pieces,
        "kind": lambda block: type(block).__name__,
        "length": len,
        "draw": lambda block, wide: draw(block, LANDSCAPE if wide else PORTRAIT),
    }


def _inert(value: object) -> object:
    """Every expression of the template passes here before it is escaped; Markup (our own macros, the style) is left."""
    return paper_text(value) if type(value) is str else value


def _pieces(line: str) -> list[str]:
    return [line[at : at + _PIECE] for at in range(0, len(line), _PIECE)]


def page_template() -> str:
    """The source of the one template of pages."""
    return _packaged("paper.html.j2")


def _packaged(name: str) -> str:
    return files("atttcli.reports").joinpath("templates", name).read_text("utf-8")


def page_style(outline: Outline) -> str:
    """The style sheet and the column widths of this paper's tables: no style attribute is needed anywhere."""
    lines = [_packaged("paper.css").rstrip()]
    if outline.masthead.about:
        lines.append(".about { font-size: 12pt; margin-top: 2mm; }")
    if outline.masthead.form:
        lines.append(".form-number { font-weight: bold; text-align: right; }")
    if outline.signature.note:
        lines.append(".sign-note { font-style: italic; font-size: 12pt; }")
    blocks: list[Block] = [*outline.blocks, *(block for annex in outline.annexes for block in annex.blocks)]
    if any(isinstance(block, (Chart, HeatChart, TimeChart)) for block in blocks):
        lines.append(
            "figure { margin: 0 0 6mm; break-inside: avoid; } figcaption { font-style: italic; font-size: 12pt; }"
        )
        lines.append("svg { width: 100%; display: block; font-family: 'Times New Roman', 'Liberation Serif', serif; }")
    if outline.bare:
        lines.append("body { font-size: 16pt; } ul li, p { text-align: left; }")
    for block in blocks:
        if isinstance(block, Table):
            total = sum(column.share for column in block.columns)
            for at, column in enumerate(block.columns, 1):
                lines.append(f".t-{block.name} col:nth-child({at}) {{ width: {column.share / total:.1%}; }}")
    return "\n".join(lines) + "\n"
