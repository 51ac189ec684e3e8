"""Office Open XML, only as much as our papers need: elements, styles, and a package whose bytes depend on its content alone.

Element order follows the schema (ECMA-376 part 1, 17.3 to 17.6): Word refuses a file where it does not.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from xml.etree.ElementTree import Element, SubElement, tostring  # building only; nothing is parsed here

from atttcli.reports.inert import paper_lines, paper_text

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
FONT = "Times New Roman"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest moment that a zip file can name
_DECLARATION = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_LANGUAGES = {"vi": "vi-VN", "en": "en-GB"}

Justify = Literal["left", "center", "right", "both"]


@dataclass(frozen=True, slots=True)
class Style:
    """A paragraph style: sizes in points, distances in twips (1/20 pt), `line` in 240ths of a line or exact twips."""

    id: str
    name: str
    size: float
    bold: bool = False
    italic: bool = False
    justify: Justify = "left"
    first_line: int = 0
    before: int = 0
    after: int = 0
    line: int = 240
    exact: bool = False
    keep_next: bool = False
    outline: int | None = None
    color: str = ""
    frame: bool = False
    rule: bool = False


def element(tag: str, *children: Element | None, **attributes: object) -> Element:
    """`element("w:jc", val="both")`: attributes are of the w namespace; None children are left out."""
    made = Element(tag, {f"w:{name}": str(value) for name, value in attributes.items()})
    made.extend([child for child in children if child is not None])
    return made


def run(text: str) -> Element:
    """One line of text: the only place where text enters a document. Controls and links are made inert here."""
    made = Element("w:r")
    held = SubElement(made, "w:t")
    held.text = paper_text(text)
    if held.text[:1] == " " or held.text[-1:] == " " or "  " in held.text:
        held.set("xml:space", "preserve")
    return made


def runs(text: str) -> list[Element]:
    """Several lines as runs with line breaks between them."""
    made: list[Element] = []
    for line in paper_lines(text):
        if made:
            made.append(element("w:r", Element("w:br")))
        made.append(run(line))
    return made


def paragraph(style: str, *content: Element, **properties: Element | None) -> Element:
    """A paragraph; `properties` are given in schema order (keep, spacing, ind, jc, section)."""
    given = [value for value in properties.values() if value is not None]
    return element("w:p", element("w:pPr", element("w:pStyle", val=style), *given), *content)


def style_xml(style: Style) -> Element:
    """A paragraph style based on Normal."""
    shape: list[Element | None] = [
        element("w:keepNext") if style.keep_next else None,
        _border(style),
        element(
            "w:spacing",
            before=style.before,
            after=style.after,
            line=style.line,
            lineRule="exact" if style.exact else "auto",
        ),
        element("w:ind", firstLine=style.first_line),
        element("w:jc", val=style.justify),
        None if style.outline is None else element("w:outlineLvl", val=style.outline),
    ]
    face: list[Element | None] = [
        element("w:b") if style.bold else None,
        element("w:i") if style.italic else None,
        element("w:color", val=style.color) if style.color else None,
        element("w:sz", val=round(style.size * 2)),
        element("w:szCs", val=round(style.size * 2)),
    ]
    made = element("w:style", element("w:name", val=style.name), type="paragraph", styleId=style.id)
    if style.id != "Normal":
        made.append(element("w:basedOn", val="Normal"))
    else:
        made.set("w:default", "1")
    made.extend([element("w:qFormat"), element("w:pPr", *shape), element("w:rPr", *face)])
    return made


def styles_xml(styles: tuple[Style, ...], language: str) -> Element:
    """The styles part: one font for every script, and the proofing language."""
    fonts = element("w:rFonts", ascii=FONT, hAnsi=FONT, eastAsia=FONT, cs=FONT)
    face = element("w:rPr", fonts, element("w:sz", val=28), element("w:szCs", val=28))
    face.append(element("w:lang", val=_LANGUAGES[language], eastAsia=_LANGUAGES[language]))
    defaults = element("w:docDefaults", element("w:rPrDefault", face), element("w:pPrDefault", element("w:pPr")))
    return _root("w:styles", defaults, *map(style_xml, styles), *_table_styles())


def document_xml(*body: Element) -> Element:
    """The main part."""
    return _root("w:document", element("w:body", *body))


def part_xml(tag: str, *content: Element) -> Element:
    """A header, footer or settings part."""
    return _root(tag, *content)


def relationships(targets: Mapping[str, tuple[str, str]]) -> bytes:
    """A relationships part: id to (type's last word or whole URI, target inside the package). Never an outside target."""
    root = Element("Relationships", {"xmlns": "http://schemas.openxmlformats.org/package/2006/relationships"})
    for name, (kind, target) in targets.items():
        whole = kind if "/" in kind else f"{R}/{kind}"
        SubElement(root, "Relationship", {"Id": name, "Type": whole, "Target": target})
    return xml_bytes(root)


def xml_bytes(root: Element) -> bytes:
    """A part's bytes, UTF-8 with declaration."""
    return _DECLARATION + tostring(root, encoding="unicode").encode("utf-8")


def package(parts: Mapping[str, bytes]) -> bytes:
    """A zip with fixed times, order, attributes and system: the same parts give the same bytes on the same zlib."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, data in parts.items():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 0
            archive.writestr(entry, data, compresslevel=6)
    return held.getvalue()


def _root(tag: str, *children: Element) -> Element:
    made = Element(tag, {"xmlns:w": W, "xmlns:r": R})
    made.extend(children)
    return made


def _border(style: Style) -> Element | None:
    if style.rule:
        return element("w:pBdr", element("w:top", val="single", sz=6, space=0, color="000000"))
    if style.frame:
        color = style.color or "000000"
        sides = ("top", "left", "bottom", "right")
        return element("w:pBdr", *(element(f"w:{side}", val="single", sz=12, space=3, color=color) for side in sides))
    return None


def _table_styles() -> list[Element]:
    sides = ("top", "left", "bottom", "right", "insideH", "insideV")
    lines = element(
        "w:tblBorders", *(element(f"w:{side}", val="single", sz=4, space=0, color="000000") for side in sides)
    )
    margins = element("w:tblCellMar", element("w:left", w=70, type="dxa"), element("w:right", w=70, type="dxa"))
    none = element("w:tblCellMar", element("w:left", w=0, type="dxa"), element("w:right", w=0, type="dxa"))
    grid = element("w:style", element("w:name", val="Table Grid"), type="table", styleId="Grid")
    grid.append(element("w:tblPr", lines, margins))
    plain = element("w:style", element("w:name", val="Table Layout"), type="table", styleId="Layout", customStyle="1")
    plain.append(element("w:tblPr", none))
    return [grid, plain]
