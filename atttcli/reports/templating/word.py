"""Word templates, run by docxtpl in our sandbox. The result passes the gate of our own papers, and its bytes depend on it alone.

docxtpl is an optional package (`atttcli[docx]`) and is imported here only, in the child.
"""

from __future__ import annotations

import io
import re
from typing import Any

from docxtpl import DocxTemplate
from lxml import etree

from atttcli.reports.docx_reading import word_parts
from atttcli.reports.ooxml import package
from atttcli.reports.templating.blame import told
from atttcli.reports.templating.fault import Fault, Faulty, check_marks
from atttcli.reports.templating.sandbox import environment
from atttcli.reports.templating.word_gate import parts_faults

_TAG = re.compile(r"<[^>]+>")
_RAW = re.compile(r"\{[{%]r\s")
_TEXT = re.compile(r"<w:t(?: [^>]*)?>([^<]*)</w:t>")


def render_word(data: bytes, values: dict[str, Any]) -> bytes:
    """The filled-in file; Faulty when the template, or what comes out of it, is refused."""
    _clean(data)
    book = WordTemplate(io.BytesIO(data))
    book.render(values, environment("docx"), autoescape=True)
    held = io.BytesIO()
    book.save(held)
    parts = word_parts(held.getvalue())
    faults = parts_faults(parts)
    if faults:
        raise Faulty(faults)
    shown = "".join(
        " ".join(_TEXT.findall(parts[name].decode("utf-8", "replace"))) for name in sorted(parts) if _is_text(name)
    )
    check_marks(shown, values["paper"].masthead.marks, "docx")
    first = "[Content_Types].xml"  # where readers look for it
    return package({first: parts.pop(first), **{name: parts[name] for name in sorted(parts)}})


def sources(data: bytes) -> list[tuple[str, str, list[str]]]:
    """The parts of a template that hold tags, as Jinja reads them, a paragraph a line: (part, source, paragraphs)."""
    _clean(data)
    book = WordTemplate(io.BytesIO(data), dry=True)
    book.render({}, environment("docx"), autoescape=True)
    return book.seen


class WordTemplate(DocxTemplate):  # type: ignore[misc]  # docxtpl has no types
    """docxtpl, telling where an error is, and refusing what it would drop silently. `dry`: only collects sources."""

    def __init__(self, file: io.BytesIO, dry: bool = False) -> None:
        super().__init__(file)
        self.seen: list[tuple[str, str, list[str]]] = []
        self._dry = dry

    def patch_xml(self, src_xml: str) -> str:
        """Tags of runs (`{{r`, `{%r`) would put a value where Word expects markup."""
        raw = _RAW.search(_TAG.sub("", src_xml))
        if raw:
            raise Faulty([Fault(f"{raw.group()} … is not used here: write it without the r")])
        patched: str = super().patch_xml(src_xml)
        return patched

    def render_xml_part(self, src_xml: str, part: Any, context: dict[str, Any], jinja_env: Any = None) -> str:
        """One part: its source remembered, its errors placed in a paragraph."""
        source = re.sub(r"<w:p([ >])", r"\n<w:p\1", src_xml)
        paragraphs = [_TAG.sub("", line) for line in source.splitlines()]
        name = str(part.partname).lstrip("/")
        self.seen.append((name, source, paragraphs))
        if self._dry:
            return src_xml
        with told(paragraphs):
            made: str = super().render_xml_part(src_xml, part, context, jinja_env)
        return made

    def fix_tables(self, xml: str) -> Any:
        """docxtpl repairs what is not well-formed by leaving it out; here that is an error of the template."""
        if not self._dry:
            try:
                etree.fromstring(xml.encode("utf-8"), etree.XMLParser(resolve_entities=False, no_network=True))
            except etree.XMLSyntaxError as error:
                hint = "a tag of one kind ({%p, {%tr) is closed by another, or stands across a table's edge"
                raise Faulty([Fault(f"the tags break the document apart: {hint} ({error.msg})")]) from error
        return super().fix_tables(xml)

    def render_properties(self, context: dict[str, Any], jinja_env: Any = None) -> None:
        """Title, author and so on may hold tags too."""
        if not self._dry:
            with told():
                super().render_properties(context, jinja_env)


def _clean(data: bytes) -> None:
    faults = parts_faults(word_parts(data))
    if faults:
        raise Faulty(faults)


def _is_text(name: str) -> bool:
    return (
        name.startswith("word/")
        and name.endswith(".xml")
        and name.partition("/")[2][:6] in ("docume", "header", "footer")
    )
