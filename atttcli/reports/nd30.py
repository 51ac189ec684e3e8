"""The layout of administrative papers: annex I of Decree 30/2020/NĐ-CP in figures. Distances in twips, sizes in points.

Nothing but the layout: which words stand where comes with the outline.
"""

from __future__ import annotations

from typing import Final

from atttcli.reports.ooxml import Style

PAGE_WIDTH: Final = 11906  # A4, 210 x 297 mm
PAGE_HEIGHT: Final = 16838
TOP: Final = 1134  # 20 mm
BOTTOM: Final = 1134
LEFT: Final = 1701  # 30 mm
RIGHT: Final = 851  # 15 mm: with it, both header blocks fit on one line each at 12 pt
HEADER_DISTANCE: Final = 567  # 10 mm
INDENT: Final = 720  # 1.27 cm
TEXT_WIDTH: Final = PAGE_WIDTH - LEFT - RIGHT
TEXT_WIDTH_LANDSCAPE: Final = PAGE_HEIGHT - LEFT - RIGHT
HEAD_LEFT: Final = 4209  # 45 %, 74.2 mm; the nation's line needs 87.7 mm at 12 pt bold, its side has 90.8 mm
HEAD_RIGHT: Final = TEXT_WIDTH - HEAD_LEFT
MOTTO_RULE: Final = {"vi": 3178, "en": 4126}  # as long as the line at 13 pt bold, by the font's advance widths
CAPITAL: Final = 149  # mean advance of a capital at 12 pt bold
ADDRESSEE: Final = 1400
MARK_SIDE: Final = 1800
SIGNING_ROOM: Final = 1400

STYLES: Final = (
    Style("Normal", "Normal", 14),
    Style("Body", "Body Text", 14, justify="both", first_line=INDENT, after=120, line=259),
    Style("Heading1", "heading 1", 14, bold=True, first_line=INDENT, before=120, after=120, keep_next=True, outline=0),
    Style("Heading2", "heading 2", 14, bold=True, first_line=INDENT, before=60, after=120, keep_next=True, outline=1),
    Style("Basis", "Legal Basis", 14, italic=True, justify="both", first_line=INDENT, after=120),
    Style("Note", "Note", 12, italic=True, justify="both", first_line=INDENT, before=60, after=120),
    Style("End", "Closing", 14, justify="both", first_line=INDENT, before=120, after=240, line=259, keep_next=True),
    Style("Superior", "Superior Organ", 12, justify="center", keep_next=True),
    Style("Organ", "Issuing Organ", 12, bold=True, justify="center", keep_next=True),
    Style("Nation", "Nation", 12, bold=True, justify="center", keep_next=True),
    Style("Motto", "Motto", 13, bold=True, justify="center", keep_next=True),
    Style("Rule", "Rule", 1, before=70, line=40, exact=True, rule=True),
    Style("Number", "Number and Symbol", 13, justify="center", before=120),
    Style("About", "Subject Line", 12, justify="center", before=120),
    Style("PlaceDate", "Place and Date", 13, italic=True, justify="center", before=120),
    Style("Mark", "Mark", 13, bold=True, justify="center", before=120, after=60, color="C00000", frame=True),
    Style("Title", "Title", 14, bold=True, justify="center", before=240, keep_next=True),
    Style("Summary", "Subtitle", 14, bold=True, justify="center", keep_next=True),
    Style("Attached", "Attached To", 13, italic=True, justify="center", keep_next=True),
    Style("Addressee", "Addressee", 14, before=40, after=100),
    Style("FieldLabel", "Field Label", 12, before=30, after=30),
    Style("FieldValue", "Field Value", 12, before=30, after=30),
    Style("TableHead", "Table Head", 11, bold=True, justify="center", before=30, after=30, keep_next=True),
    Style("TableText", "Table Text", 11, before=20, after=20),
    Style("TableCode", "Table Code", 9, before=20, after=20),
    Style("ChartTitle", "Chart Title", 12, italic=True, before=120, after=60, keep_next=True),
    Style("ChartText", "Chart Text", 9),
    Style("RecipientsLabel", "Recipients Label", 12, bold=True, italic=True, keep_next=True),
    Style("Recipient", "Recipient", 11, keep_next=True),
    Style("Authority", "Signing Authority", 14, bold=True, justify="center", keep_next=True),
    Style("Signer", "Signer", 14, bold=True, justify="center", before=SIGNING_ROOM),
    Style("Gap", "Gap", 2, line=140, exact=True),
    Style("SectionEnd", "Section End", 1, line=20, exact=True),
    Style("FormNumber", "Form Number", 12, bold=True, justify="right", after=60, keep_next=True),
    Style("SignNote", "Signing Note", 12, italic=True, justify="center", keep_next=True),
    Style("CardLine", "Card Line", 17, after=140, line=264),
    Style("CardHeading", "Card Heading", 17, bold=True, before=120, after=120, keep_next=True, color="C00000"),
    Style("PageNumber", "header", 14, justify="center"),
    Style("Foot", "footer", 10, justify="center"),
)
