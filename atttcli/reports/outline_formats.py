"""Any outline in any format of pages: from what stands on a paper to bytes; nothing is loaded before it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from atttcli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from atttcli.reports.outline import Outline

_WRITERS = {
    "docx": ("atttcli.reports.docx", "docx_of"),
    "pdf": ("atttcli.reports.pdf", "pdf_of"),
    "html": ("atttcli.reports.html", "html_of"),
    "md": ("atttcli.reports.markdown", "markdown_of"),
    "txt": ("atttcli.reports.letter_text", "text_of"),
}
OUTLINE_FORMATS = tuple(_WRITERS)


def render_outline(outline: Outline, format: str, known: tuple[str, ...] = OUTLINE_FORMATS) -> bytes:
    """The outline in one of `known`, or UsageError. Same outline, same bytes."""
    if format not in known or format not in _WRITERS:
        raise UsageError(f"no such paper format: {format[:40]}", hint="formats: " + ", ".join(known))
    module, name = _WRITERS[format]
    write: Callable[[Outline], bytes] = getattr(import_module(module), name)
    return write(outline)
