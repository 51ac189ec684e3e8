"""DOCX, the first-class format: offices edit, number, sign and stamp in Word. Laid out by Decree 30/2020 (see `nd30`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element, SubElement

from atttcli.clock import from_micros
from atttcli.report import IncidentReport
from atttcli.reports import nd30
from atttcli.reports.docx_chart import chart_tables
from atttcli.reports.incident import compose
from atttcli.reports.inert import paper_lines, paper_text
from atttcli.reports.ooxml import (
    document_xml,
    element,
    package,
    paragraph,
    part_xml,
    relationships,
    run,
    runs,
    styles_xml,
    xml_bytes,
)
from atttcli.reports.outline import (
    Annex,
    Block,
    Bullets,
    Chart,
    Column,
    Fields,
    Heading,
    HeatChart,
    Masthead,
    Outline,
    Paragraph,
    Table,
    TimeChart,
)

_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_LONG_ROW = 1_500  # characters: a row with more than this may break across pages, others stay whole
_SHORT_TABLE = 6  # rows: such a table is not parted by a page break
_STYLE_OF = {"body": "Body", "basis": "Basis", "note": "Note", "end": "End"}


class DocxRenderer:
    """A paper as a Word file without macros, fields other than the page number, or anything that points outside."""

    format = "docx"
    suffix = ".docx"
    media_type = f"{_MAIN}.document"

    def render(self, report: IncidentReport, language: str) -> bytes:
        """The outline as a package; its dates are those of the report."""
        return docx_of(compose(report, language))


def docx_of(outline: Outline) -> bytes:
    """Any outline as a Word file."""
    return package(document_parts(outline))


def document_parts(outline: Outline) -> dict[str, bytes]:
    """The parts of the file by name, unpacked: starting files of templates are made of them."""
    foot = paragraph("Foot", run(outline.foot))
    main = {
        "rId1": ("styles", "styles.xml"),
        "rId2": ("settings", "settings.xml"),
        "rId3": ("header", "header1.xml"),
        "rId4": ("header", "header2.xml"),
        "rId5": ("footer", "footer1.xml"),
    }
    top = {
        "rId1": ("officeDocument", "word/document.xml"),
        "rId2": (f"{_PACKAGE}/relationships/metadata/core-properties", "docProps/core.xml"),
        "rId3": ("extended-properties", "docProps/app.xml"),
    }
    return {
        "[Content_Types].xml": _content_types(),
        "_rels/.rels": relationships(top),
        "word/document.xml": xml_bytes(document_xml(*_body(outline))),
        "word/_rels/document.xml.rels": relationships(main),
        "word/styles.xml": xml_bytes(styles_xml(nd30.STYLES, outline.language)),
        "word/settings.xml": xml_bytes(_settings()),
        "word/header1.xml": xml_bytes(part_xml("w:hdr", paragraph("PageNumber", _page_field()))),
        "word/header2.xml": xml_bytes(part_xml("w:hdr", paragraph("PageNumber"))),
        "word/footer1.xml": xml_bytes(part_xml("w:ftr", foot)),
        "docProps/core.xml": _core(outline),
        "docProps/app.xml": _app(),
    }


def _body(outline: Outline) -> Iterator[Element]:
    if not outline.bare:
        if outline.masthead.form and outline.masthead.nation:
            yield paragraph("FormNumber", run(outline.masthead.form))
        yield _masthead(outline.masthead, outline.language)
        yield paragraph("Gap")
    sides = {"left": nd30.MARK_SIDE, "right": nd30.MARK_SIDE}
    yield from (paragraph("Mark", run(mark), ind=element("w:ind", **sides)) for mark in outline.masthead.marks)
    if outline.kind:
        yield paragraph("Title", run(outline.kind))
        if outline.summary:
            yield paragraph("Summary", run(outline.summary))
        yield _rule(nd30.TEXT_WIDTH, nd30.TEXT_WIDTH // 4)
    yield paragraph("Gap")
    yield from _addressees(outline)
    for block in outline.blocks:
        yield from _card(block) if outline.bare else _block(block, nd30.TEXT_WIDTH)
    if not outline.bare:
        yield _signature(outline)
    last = _section(landscape=False, restart=False)
    for annex in outline.annexes:
        # Of hardly any height in letters: after a page that is just full it must not make another.
        yield paragraph("Gap" if outline.kind else "SectionEnd", section=last)
        yield from _annex(annex)
        last = _section(landscape=annex.landscape, restart=True)
    yield last


def _annex(annex: Annex) -> Iterator[Element]:
    width = nd30.TEXT_WIDTH_LANDSCAPE if annex.landscape else nd30.TEXT_WIDTH
    yield paragraph("Summary", run(annex.label))
    yield paragraph("Summary", run(annex.title))
    yield paragraph("Attached", run(annex.attached))
    yield _rule(width, nd30.TEXT_WIDTH // 4)
    yield paragraph("Gap")
    for block in annex.blocks:
        yield from _block(block, width)


def _block(block: Block, width: int) -> Iterator[Element]:
    match block:
        case Heading(level=level, text=text):
            yield paragraph(f"Heading{level}", run(text))
        case Paragraph(text=text, style=style):
            yield from (paragraph(_STYLE_OF[style], run(line)) for line in paper_lines(text))
        case Bullets(items=items):
            yield from (paragraph("Body", *runs(f"- {item}")) for item in items)
        case Fields(rows=rows):
            yield _fields(rows, width)
            yield paragraph("Gap")
        case Table():
            yield _table(block, width)
            yield paragraph("Gap")
        case Chart() | HeatChart() | TimeChart():
            yield paragraph("ChartTitle", run(block.title))
            yield from chart_tables(block, width)
            yield paragraph("Gap")


def _card(block: Block) -> Iterator[Element]:
    """A page that is read from a distance: large letters, no indent."""
    match block:
        case Heading(text=text):
            yield paragraph("CardHeading", run(text))
        case Paragraph(text=text):
            yield from (paragraph("CardLine", run(line)) for line in paper_lines(text))
        case Bullets(items=items):
            yield from (paragraph("CardLine", *runs(f"- {item}")) for item in items)
        case _:
            yield from _block(block, nd30.TEXT_WIDTH)


def _masthead(head: Masthead, language: str) -> Element:
    """Boxes 1 to 4: organ at the left, nation at the right, rules drawn as paragraph borders below them."""
    longest = len(head.organ[-1]) if head.organ else 0
    organ_rule = min(max(longest * nd30.CAPITAL * 2 // 5, 800), nd30.HEAD_LEFT // 2)
    left = [
        *(paragraph("Superior", run(line)) for line in head.superior),
        *(paragraph("Organ", run(line)) for line in head.organ),
        _rule(nd30.HEAD_LEFT, organ_rule),
    ]
    right = [
        paragraph("Nation", run(head.nation)),
        paragraph("Motto", run(head.motto)),
        _rule(nd30.HEAD_RIGHT, nd30.MOTTO_RULE[language]),
    ]
    if not head.nation:
        right = [paragraph("FormNumber", run(head.form))]
    widths = (nd30.HEAD_LEFT, nd30.HEAD_RIGHT)
    numbered = [paragraph("Number", run(head.number))]
    if head.about:
        numbered.append(paragraph("About", run(head.about)))
    below = [numbered, [paragraph("PlaceDate", run(head.place_date))]]
    return _layout_table(widths, [[left, right], below])


def _signature(outline: Outline) -> Element:
    """Boxes 7 and 9b side by side, never parted from each other nor from the last sentence."""
    sign = outline.signature
    left = [paragraph("RecipientsLabel", run(sign.recipients_label))]
    left += [paragraph("Recipient", run(line)) for line in sign.recipients]
    right = [paragraph("Authority", run(line)) for line in sign.authority] or [paragraph("Authority")]
    if sign.note:
        right.append(paragraph("SignNote", run(sign.note)))
    right.append(paragraph("Signer", run(sign.signer)))
    return _layout_table((nd30.HEAD_LEFT, nd30.HEAD_RIGHT), [[left, right]])


def _addressees(outline: Outline) -> Iterator[Element]:
    """Box 9a: one addressee on the label's line, several on lines of their own."""
    names = outline.addressees
    if len(names) == 1:
        yield paragraph("Addressee", run(f"{outline.addressees_label} {names[0]}"), ind=_hanging(nd30.ADDRESSEE, 0))
    elif names:
        yield paragraph("Addressee", run(outline.addressees_label), ind=_hanging(nd30.ADDRESSEE, 0))
        ends = (";",) * (len(names) - 1) + (".",)
        for name, end in zip(names, ends, strict=True):
            yield paragraph("Addressee", run(f"- {name}{end}"), ind=_hanging(nd30.ADDRESSEE * 2, 150))


def _hanging(left: int, hanging: int) -> Element:
    return element("w:ind", left=left + hanging, hanging=hanging)


def _rule(width: int, length: int) -> Element:
    side = max((width - length) // 2, 0)
    return paragraph("Rule", ind=element("w:ind", left=side, right=side, firstLine=0))


def _layout_table(widths: tuple[int, ...], rows: list[list[list[Element]]]) -> Element:
    made = _table_head("Layout", widths)
    for row in rows:
        line = element("w:tr", element("w:trPr", element("w:cantSplit")))
        line.extend([_cell(width, content) for width, content in zip(widths, row, strict=True)])
        made.append(line)
    return made


def _fields(rows: Iterable[tuple[str, str]], width: int) -> Element:
    widths = (width * 34 // 100, width - width * 34 // 100)
    made = _table_head("Grid", widths)
    for label, value in rows:
        cells = [paragraph("FieldLabel", *runs(label))], [paragraph("FieldValue", *runs(value))]
        line = element("w:tr", element("w:trPr", element("w:cantSplit")))
        line.extend([_cell(room, cell) for room, cell in zip(widths, cells, strict=True)])
        made.append(line)
    return made


def _table(table: Table, width: int) -> Element:
    widths = column_widths(table.columns, width)
    made = _table_head("Grid", widths)
    head = element("w:tr", element("w:trPr", element("w:cantSplit"), element("w:tblHeader")))
    for room, column in zip(widths, table.columns, strict=True):
        head.append(_cell(room, [paragraph("TableHead", *runs(column.title))], middle=True))
    made.append(head)
    rows = len(table.rows)  # a short table stands on one page; of a longer one no row is left alone on the next
    for at, row in enumerate(table.rows, 1):
        whole = element("w:trPr", element("w:cantSplit")) if sum(map(len, row)) < _LONG_ROW else None
        line = element("w:tr", whole)
        for room, column, text in zip(widths, table.columns, row, strict=True):
            stay = at < rows if rows <= _SHORT_TABLE else at == rows - 1
            line.append(_cell(room, [_cell_text(column, text, keep=stay)]))
        made.append(line)
    return made


def column_widths(columns: tuple[Column, ...], width: int) -> tuple[int, ...]:
    """Twips for each column by its share; together exactly `width`."""
    total = sum(column.share for column in columns)
    widths = [width * column.share // total for column in columns]
    widths[-1] += width - sum(widths)
    return tuple(widths)


def _cell_text(column: Column, text: str, *, keep: bool) -> Element:
    style = "TableCode" if column.code else "TableText"
    stay = element("w:keepNext") if keep else None
    side = None if column.align == "left" else element("w:jc", val=column.align)
    return paragraph(style, *runs(text), keep=stay, jc=side)


def _table_head(style: str, widths: tuple[int, ...]) -> Element:
    properties = element(
        "w:tblPr",
        element("w:tblStyle", val=style),
        element("w:tblW", w=sum(widths), type="dxa"),
        element("w:tblInd", w=0, type="dxa"),
        element("w:tblLayout", type="fixed"),
    )
    return element("w:tbl", properties, element("w:tblGrid", *(element("w:gridCol", w=width) for width in widths)))


def _cell(width: int, content: list[Element], middle: bool = False) -> Element:
    shape = element(
        "w:tcPr", element("w:tcW", w=width, type="dxa"), element("w:vAlign", val="center") if middle else None
    )
    return element("w:tc", shape, *content)


def _section(*, landscape: bool, restart: bool) -> Element:
    made = element("w:sectPr")
    for tag, kind, target in (
        ("w:headerReference", "default", "rId3"),
        ("w:headerReference", "first", "rId4"),
        ("w:footerReference", "default", "rId5"),
        ("w:footerReference", "first", "rId5"),
    ):
        SubElement(made, tag, {"w:type": kind, "r:id": target})
    made.append(element("w:type", val="nextPage"))
    if landscape:
        made.append(element("w:pgSz", w=nd30.PAGE_HEIGHT, h=nd30.PAGE_WIDTH, orient="landscape"))
    else:
        made.append(element("w:pgSz", w=nd30.PAGE_WIDTH, h=nd30.PAGE_HEIGHT))
    edges = {"top": nd30.TOP, "right": nd30.RIGHT, "bottom": nd30.BOTTOM, "left": nd30.LEFT}
    made.append(element("w:pgMar", **edges, header=nd30.HEADER_DISTANCE, footer=nd30.HEADER_DISTANCE, gutter=0))
    if restart:
        made.append(element("w:pgNumType", start=1))
    made.append(element("w:titlePg"))
    return made


def _page_field() -> Element:
    return element("w:fldSimple", element("w:r", _text("1")), instr=" PAGE ")


def _text(value: str) -> Element:
    made = Element("w:t")
    made.text = value
    return made


def _settings() -> Element:
    mode = element("w:compatSetting", name="compatibilityMode", uri="http://schemas.microsoft.com/office/word", val=15)
    return part_xml("w:settings", element("w:defaultTabStop", val=nd30.INDENT), element("w:compat", mode))


def _core(outline: Outline) -> bytes:
    """The file's own properties: the clock of this machine has no part in them."""
    kinds = {
        "xmlns:cp": f"{_PACKAGE}/metadata/core-properties",
        "xmlns:dc": "http://purl.org/dc/elements/1.1/",
        "xmlns:dcterms": "http://purl.org/dc/terms/",
        "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
    }
    root = Element("cp:coreProperties", kinds)
    words = {
        "dc:title": f"{outline.kind} - {outline.summary}" if outline.summary else outline.kind,
        "dc:subject": outline.subject,
        "dc:creator": outline.author,
    }
    for tag, value in words.items():
        SubElement(root, tag).text = paper_text(value, 250)
    SubElement(root, "dc:language").text = outline.language
    stamp = from_micros(outline.as_of).strftime("%Y-%m-%dT%H:%M:%SZ")
    for tag in ("dcterms:created", "dcterms:modified"):
        SubElement(root, tag, {"xsi:type": "dcterms:W3CDTF"}).text = stamp
    return xml_bytes(root)


def _app() -> bytes:
    root = Element("Properties", {"xmlns": "http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"})
    SubElement(root, "Application").text = "atttcli"
    return xml_bytes(root)


def _content_types() -> bytes:
    root = Element("Types", {"xmlns": f"{_PACKAGE}/content-types"})
    SubElement(
        root,
        "Default",
        {"Extension": "rels", "ContentType": "application/vnd.openxmlformats-package.relationships+xml"},
    )
    SubElement(root, "Default", {"Extension": "xml", "ContentType": "application/xml"})
    parts = {
        "/word/document.xml": f"{_MAIN}.document.main+xml",
        "/word/styles.xml": f"{_MAIN}.styles+xml",
        "/word/settings.xml": f"{_MAIN}.settings+xml",
        "/word/header1.xml": f"{_MAIN}.header+xml",
        "/word/header2.xml": f"{_MAIN}.header+xml",
        "/word/footer1.xml": f"{_MAIN}.footer+xml",
        "/docProps/core.xml": "application/vnd.openxmlformats-package.core-properties+xml",
        "/docProps/app.xml": "application/vnd.openxmlformats-officedocument.extended-properties+xml",
    }
    for name, kind in parts.items():
        SubElement(root, "Override", {"PartName": name, "ContentType": kind})
    return xml_bytes(root)
