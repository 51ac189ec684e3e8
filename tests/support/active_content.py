"""Is there anything in a paper that does something? One judge a format, by a real parser; each gives what it found.

Written apart from the renderers: a judge knows what a format can do, not what we write.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from typing import Any
from xml.etree import ElementTree

import html5lib
from markdown_it import MarkdownIt
from pdfminer.pdfdocument import PDFDocument
from pdfminer.pdfparser import PDFParser
from pdfminer.pdftypes import PDFStream, resolve1
from pdfminer.psparser import PSLiteral

_LAYOUT = "html head meta title style body main header footer section div span p h1 h2 h3 h4 ul ol li"
_TABLE = "figure figcaption br wbr strong em table caption colgroup col thead tbody tr th td"
_DRAWN = "svg g text tspan rect line path polyline polygon circle desc"
_TAGS = frozenset(f"{_LAYOUT} {_TABLE} {_DRAWN}".split())
_URL = re.compile(
    r"(?i)\b(?:https?|ftp|file|ldap|mailto|javascript|data|vbscript)\s*:|url\s*\(|expression\s*\(|@import"
)
_SCHEME = re.compile(r"(?i)\b(?:https?|ftp|file|ldap|smb)://")
_LINKED = re.compile(r"(?i)\b(?:https?|ftp|mailto|xmpp)://|\bwww\.\w|\w@\w")  # what GFM links by itself
_NUMBER = re.compile(r"-\d{1,12}\Z")  # a number is computed to itself
_FORMULA = tuple("=+-@\t\r")
_SCRIPTS = (
    "JavaScript JS Launch OpenAction AA URI GoToR GoToE SubmitForm ImportData RichMedia XFA Movie Sound Rendition"
)
_PDF_ACTIVE = frozenset(f"{_SCRIPTS} EmbeddedFile EmbeddedFiles Filespec".split())
_WORD = "hyperlink instrText altChunk object control OLEObject subDoc attachedTemplate customXml externalReference"
_WORD_ACTIVE = frozenset(_WORD.split())
_SHEET = "f hyperlink hyperlinks externalReference ddeLink oleLink legacyDrawing controls oleObject"
_SHEET_ACTIVE = frozenset(_SHEET.split())


def unprintable(text: str) -> Iterator[str]:
    """Control, bidi, zero-width, private and surrogate characters, line by line."""
    for line in text.split("\n"):
        bad = [f"U+{ord(char):04X}" for char in line if not char.isprintable()]
        if bad:
            yield f"character {bad[0]} in {line[:40]!r}"


def html(data: bytes) -> Iterator[str]:
    """Tags that are not plain layout, handlers, addresses, a second style, comments."""
    page = data.decode("utf-8")
    root = html5lib.parse(page, namespaceHTMLElements=False)
    styles = 0
    for node in root.iter():
        if not isinstance(node.tag, str):
            yield f"a comment: {node.text!r}"
            continue
        tag = node.tag.rpartition("}")[2].lower()
        styles += tag == "style"
        if tag not in _TAGS:
            yield f"tag {tag}"
        for name, value in node.attrib.items():
            plain = str(name).rpartition("}")[2].lower()
            if plain.startswith("on") or plain in (
                "href",
                "src",
                "srcset",
                "action",
                "formaction",
                "xlink:href",
                "srcdoc",
            ):
                yield f"attribute {plain}"
            if plain != "content" and _URL.search(str(value)):
                yield f"address in {plain}: {value[:40]!r}"
            if tag == "meta" and plain == "http-equiv" and value.lower() != "content-security-policy":
                yield f"meta {value[:30]!r}"
    if styles != 1:
        yield f"{styles} style sheets"
    if _SCHEME.search("".join(root.itertext())):
        yield "an address that viewers link"
    yield from unprintable(page)


def docx(data: bytes) -> Iterator[str]:
    """Fields but the page number, links, objects, parts of other kinds, anything outside."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            if name.lower().endswith((".bin", ".vml", ".exe", ".ole")):
                yield f"part {name}"
            if not name.endswith((".xml", ".rels")):
                continue
            text = archive.read(name).decode("utf-8")
            root = ElementTree.fromstring(text)
            yield from _outside(name, root)
            for node in root.iter():
                tag = str(node.tag).rpartition("}")[2]
                if tag in _WORD_ACTIVE:
                    yield f"{tag} in {name}"
                if tag == "fldSimple" and [value.strip() for value in node.attrib.values()] != ["PAGE"]:
                    yield f"field {list(node.attrib.values())} in {name}"
                if tag == "t":
                    if _SCHEME.search(node.text or ""):
                        yield f"an address that Word links in {name}"
                    yield from unprintable(node.text or "")


def _outside(name: str, root: ElementTree.Element) -> Iterator[str]:
    if name.endswith(".rels"):
        for node in root:
            target = node.get("Target", "")
            if (
                node.get("TargetMode") == "External"
                or "://" in target.split("schemas.")[0]
                or target.startswith(("\\", "//"))
            ):
                yield f"goes outside: {target[:60]} in {name}"


def xlsx(data: bytes) -> Iterator[str]:
    """Formulas, links, sources outside; a text that a person's copy into a cell would compute."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            if "externalLinks" in name or name.lower().endswith((".bin", ".vml")):
                yield f"part {name}"
            root = ElementTree.fromstring(archive.read(name))
            yield from _outside(name, root)
            for node in root.iter():
                tag = str(node.tag).rpartition("}")[2]
                if tag in _SHEET_ACTIVE:
                    yield f"{tag} in {name}"
                if tag == "t" and (node.text or "").startswith(_FORMULA):
                    yield f"formula {node.text[:30]!r} in {name}"  # type: ignore[index]
                if tag == "t":
                    yield from unprintable(node.text or "")


def csv_(data: bytes) -> Iterator[str]:
    """Cells that a spreadsheet computes."""
    text = data.decode("utf-8-sig")
    for row in csv.reader(io.StringIO(text)):
        yield from (f"formula {cell[:30]!r}" for cell in row if cell.startswith(_FORMULA) and not _NUMBER.match(cell))
    yield from unprintable(text.replace("\r\n", "\n"))


def md(data: bytes) -> Iterator[str]:
    """Links, images, html and code, as CommonMark reads it and as GFM links by itself."""
    text = data.decode("utf-8")
    parser = MarkdownIt("commonmark").enable("table")
    for token in parser.parse(text):
        if token.type in ("html_block", "fence", "code_block", "reference"):
            yield f"{token.type}: {token.content[:40]!r}"
        for child in token.children or ():
            if child.type in ("html_inline", "link_open", "image", "code_inline"):
                yield f"{child.type}: {child.content[:40]!r}"
            if _LINKED.search(child.content):
                yield f"an address that is linked: {child.content[:60]!r}"
    yield from unprintable(text)


def txt(data: bytes) -> Iterator[str]:
    """Characters that a terminal obeys."""
    yield from unprintable(data.decode("utf-8"))


def json_(data: bytes) -> Iterator[str]:
    """What is no JSON, or holds raw controls: its texts are whole, their controls escaped."""
    json.loads(data)
    yield from unprintable(data.decode("utf-8"))


def pdf(data: bytes) -> Iterator[str]:
    """Actions, scripts, links, files: every object of the file, object streams too."""
    document = PDFDocument(PDFParser(io.BytesIO(data)))
    for xref in document.xrefs:
        for number in xref.get_objids():
            yield from _pdf_value(resolve1(document.getobj(number)), 0)


def _pdf_value(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, PDFStream):
        value = value.attrs
    if depth > 6:
        return
    if isinstance(value, dict):
        for key, held in value.items():
            if key in _PDF_ACTIVE:
                yield f"/{key}"
            if (
                key == "Subtype"
                and isinstance(held, PSLiteral)
                and held.name in ("Link", "FileAttachment", "Widget", "Screen")
            ):
                yield f"annotation /{held.name}"
            yield from _pdf_value(held, depth + 1)
    elif isinstance(value, list):
        for one in value:
            yield from _pdf_value(one, depth + 1)
    elif isinstance(value, PSLiteral) and value.name in _PDF_ACTIVE:
        yield f"/{value.name}"


JUDGES: dict[str, Callable[[bytes], Iterator[str]]] = {
    "html": html, "docx": docx, "xlsx": xlsx, "csv": csv_, "md": md, "txt": txt, "json": json_, "pdf": pdf,
}  # fmt: skip


def found(format: str, data: bytes) -> list[str]:
    """What is active in a paper of this format."""
    return list(JUDGES[format](data))
