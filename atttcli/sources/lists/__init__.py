"""Lists of infected or attacked addresses: CSV, XLSX, tables in DOCX and PDF. Heavy libraries are imported when a file is read."""

from __future__ import annotations

from typing import Final

from atttcli.sources.lists.rows import RowOutcome
from atttcli.sources.lists.source import CSV, DOCX, PDF, XLSX, ListSource

LIST_SOURCES: Final[tuple[ListSource, ...]] = (XLSX, DOCX, PDF, CSV)

__all__ = ["LIST_SOURCES", "ListSource", "RowOutcome"]
