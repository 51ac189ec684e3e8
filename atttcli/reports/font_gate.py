"""The gate on faces: a PDF embeds ours and no other, and every character drawn has a glyph; a DOCX names one font.

`only_ours` is cheap and runs after each rendering. `pdf_faces` follows the drawing operators of a PDF, from wherever it comes,
down to the glyph numbers: glyph 0 is the empty box that a reader sees where a face lacks a letter, whatever the text layer says.
"""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element

from atttcli.errors import IntegrityError

if TYPE_CHECKING:
    from pdfminer.pdfdevice import PDFTextDevice

OURS = "LiberationSerif"
# The 134 letters of Vietnamese beyond ASCII, precomposed: twelve vowels in six tones less the six plain ones, and đ; both cases.
LETTERS = (
    "àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ"
    "ÀÁẢÃẠĂẰẮẲẴẶÂẦẤẨẪẬÈÉẺẼẸÊỀẾỂỄỆÌÍỈĨỊÒÓỎÕỌÔỒỐỔỖỘƠỜỚỞỠỢÙÚỦŨỤƯỪỨỬỮỰỲÝỶỸỴĐ"
)
_NAMED = re.compile(rb"/BaseFont\s*/([^\s/<>\[\]()]{1,100})")
_NAMES = frozenset({"rFonts", "sym", "latin", "ea", "cs"})  # elements of a DOCX that name a font
_FONT_WORDS = frozenset({"font", "typeface"})
_SHOWN = 8  # of what is missing, named in one finding


def only_ours(data: bytes) -> bytes:
    """The same bytes of a PDF that we made, if no other face is in it; IntegrityError names the one that slipped in."""
    others = {name for name in _families(data) if not name.startswith(OURS)}
    if others:
        raise IntegrityError("a face that is not ours slipped into the PDF: " + ", ".join(sorted(others))[:200])
    return data


def _families(data: bytes) -> set[str]:
    """Names of the faces that stand plainly in the file, without the mark of a subset."""
    return {found.decode("latin-1").partition("+")[2] or found.decode("latin-1") for found in _NAMED.findall(data)}


def pdf_faces(data: bytes, most_pages: int) -> Iterator[str]:
    """What is wrong with the faces of a PDF, each once: not embedded, a letter without a glyph, a glyph without a letter.

    The file was opened before and is bounded.
    """
    from pdfminer.pdfinterp import PDFPageInterpreter, PDFResourceManager
    from pdfminer.pdfpage import PDFPage

    manager = PDFResourceManager()
    device = _watching(manager)
    interpreter = PDFPageInterpreter(manager, device)
    fonts: dict[str, Any] = {}
    for page in PDFPage.get_pages(io.BytesIO(data), maxpages=most_pages):
        interpreter.process_page(page)
        fonts |= {_name(font): font for font in (*interpreter.fontmap.values(), *device.fonts)}  # type: ignore[attr-defined]
    for name, font in sorted(fonts.items()):
        if not any(key in (font.descriptor or {}) for key in ("FontFile", "FontFile2", "FontFile3")):
            yield f"{name} is not embedded"
    yield from _told("no glyph for", device.missing)  # type: ignore[attr-defined]
    yield from _told("characters without a letter:", device.unnamed)  # type: ignore[attr-defined]


def _told(what: str, found: Mapping[str, int]) -> Iterator[str]:
    if found:
        named = ", ".join(list(found)[:_SHOWN])
        yield f"{what} {named} ({sum(found.values())})"


def _name(font: Any) -> str:
    name = font.basefont if hasattr(font, "basefont") else font.fontname
    text = name.decode("latin-1") if isinstance(name, bytes) else str(getattr(name, "name", name))
    return text.rpartition("+")[2]


def _watching(manager: Any) -> PDFTextDevice:
    """A device that draws nothing and notes each glyph number it is asked for."""
    from pdfminer.pdfdevice import PDFTextDevice
    from pdfminer.pdffont import PDFUnicodeNotDefined

    class Watching(PDFTextDevice):
        def __init__(self) -> None:
            super().__init__(manager)
            self.fonts: list[Any] = []
            self.missing: dict[str, int] = {}
            self.unnamed: dict[str, int] = {}

        def render_string(self, textstate: Any, seq: Any, ncs: Any, graphicstate: Any) -> None:
            font = textstate.font
            if font is None:
                return
            if font not in self.fonts:
                self.fonts.append(font)
            for piece in seq:
                if isinstance(piece, bytes):
                    self._look(font, piece)

        def _look(self, font: Any, piece: bytes) -> None:
            for glyph in font.decode(piece):
                try:
                    text = font.to_unichr(glyph)
                except PDFUnicodeNotDefined:
                    text = ""
                if glyph == 0:
                    shown = _code(text) if text else "a character"
                    self.missing[shown] = self.missing.get(shown, 0) + 1
                elif not text or any(unicodedata.category(char) == "Co" or char == "\ufffd" for char in text):
                    self.unnamed[f"glyph {glyph}"] = self.unnamed.get(f"glyph {glyph}", 0) + 1

    return Watching()


def _code(text: str) -> str:
    return " ".join(f"U+{ord(char):04X}" for char in text)


def docx_fonts(root: Element) -> set[str]:
    """Every font that a part of a DOCX names: in runs, styles, signs, drawings; a theme's font by its name in the theme."""
    found: set[str] = set()
    for node in root.iter():
        kind = node.tag.rpartition("}")[2]
        if kind in _NAMES:
            for name, value in node.attrib.items():
                plain = name.rpartition("}")[2]
                if (kind == "rFonts" and plain != "hint") or plain in _FONT_WORDS:
                    found.add(value)
    return found - {""}
