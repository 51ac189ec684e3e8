"""A paper in any format, its tables as csv and xlsx. One way in; nothing is loaded before it is asked for."""

from __future__ import annotations

from atttcli.errors import UsageError
from atttcli.reports.paper import Paper, paper_json, settled, tables_of

PAPER_FORMATS = ("docx", "pdf", "html", "md", "txt", "json", "csv", "xlsx")


def render_paper(paper: Paper, format: str) -> bytes:
    """The paper in one of PAPER_FORMATS, or UsageError. The live model and its JSON give the same bytes."""
    paper = settled(paper)
    if format == "json":
        return paper_json(paper)
    if format in ("csv", "xlsx"):
        from atttcli.reports.sheet import csv_of, xlsx_of

        tables = tables_of(paper)
        return csv_of(tables) if format == "csv" else xlsx_of(tables, paper.as_of)
    from atttcli.reports.paper_outline import compose_paper

    outline = compose_paper(paper)
    if format == "docx":
        from atttcli.reports.docx import docx_of

        return docx_of(outline)
    if format == "pdf":
        from atttcli.reports.pdf import pdf_of

        return pdf_of(outline)
    if format == "html":
        from atttcli.reports.html import html_of

        return html_of(outline)
    if format == "md":
        from atttcli.reports.markdown import markdown_of

        return markdown_of(outline)
    if format == "txt":
        from atttcli.reports.letter_text import text_of

        return text_of(outline)
    raise UsageError(f"no such paper format: {format[:40]}", hint="formats: " + ", ".join(PAPER_FORMATS))
