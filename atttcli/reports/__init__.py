"""Papers: a report model in, bytes out. `render` is all that a command needs; no library is loaded before it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from atttcli.errors import UsageError

if TYPE_CHECKING:
    from atttcli.report import IncidentReport, Renderer

_RENDERERS = {
    "docx": ("atttcli.reports.docx", "DocxRenderer"),
    "html": ("atttcli.reports.html", "HtmlRenderer"),
    "json": ("atttcli.reports.canonical", "JsonRenderer"),
    "md": ("atttcli.reports.markdown", "MarkdownRenderer"),
    "pdf": ("atttcli.reports.pdf", "PdfRenderer"),
}
FORMATS = tuple(_RENDERERS)
LANGUAGES = ("vi", "en")


def renderer(format: str) -> Renderer:
    """The renderer of one of FORMATS, or UsageError."""
    if format not in _RENDERERS:
        raise UsageError(f"no such report format: {format[:40]}", hint="formats: " + ", ".join(FORMATS))
    module, name = _RENDERERS[format]
    found: Renderer = getattr(import_module(module), name)()
    return found


def render(report: IncidentReport, format: str, language: str = "") -> bytes:
    """The report as a paper. `language` is `vi` or `en`, by default the report's own; JSON is never localised.

    The model is normalised first: rendering a report and rendering what its JSON gives back are the same bytes.
    """
    from atttcli.report import normalised

    language = language or report.header.language
    if language not in LANGUAGES:
        raise UsageError(f"no such report language: {language[:40]}", hint="languages: " + ", ".join(LANGUAGES))
    return renderer(format).render(normalised(report), language)
