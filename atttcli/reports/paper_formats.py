"""A paper in any format, its tables as csv and xlsx. One way in; nothing is loaded before it is asked for."""

from __future__ import annotations

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
        language = paper.header.language
        return csv_of(tables, language) if format == "csv" else xlsx_of(tables, paper.as_of, language)
    from atttcli.reports.outline_formats import render_outline
    from atttcli.reports.paper_outline import compose_paper

    return render_outline(compose_paper(paper), format, PAPER_FORMATS)
