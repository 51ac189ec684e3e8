"""What a Word file may not hold, template or result: macros, objects, anything outside, fields that fetch or run something."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from atttcli.reports.docx_reading import word_parts
from atttcli.reports.templating.fault import Fault

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
# Fields that only count or refer inside the file; every other one (DDE, INCLUDETEXT, INCLUDEPICTURE, LINK ...) is refused.
FIELDS = frozenset({"PAGE", "NUMPAGES", "SECTION", "SECTIONPAGES", "SEQ", "REF", "PAGEREF", "STYLEREF", "TOC"})
_CLOSED_PARTS = ("vba", "embed", "activex", "ctrlprop", "macrosheet", "attachedtoolbars")
_CLOSED_LINKS = frozenset(
    {"oleobject", "package", "afchunk", "attachedtemplate", "subdocument", "frame", "control", "vbaproject", "mailmergesource"}
)  # fmt: skip
_CLOSED_ELEMENTS = {
    "altChunk": "a file taken in", "subDoc": "another document", "object": "an embedded object", "control": "a control",
    "OLEObject": "an embedded object", "mailMerge": "a mail merge", "attachedTemplate": "a template elsewhere",
}  # fmt: skip
_OUTSIDE = re.compile(r"[a-z][a-z0-9+.-]*:|//|\\\\", re.IGNORECASE)


def word_faults(data: bytes) -> list[Fault]:
    """What is refused in a Word file; InputError when it is none at all or too large."""
    return parts_faults(word_parts(data))


def parts_faults(parts: Mapping[str, bytes]) -> list[Fault]:
    """The same of its parts."""
    found = [Fault("a part that Word would run or open", name) for name in parts if _closed(name)]
    for name in sorted(parts):
        if name == "[Content_Types].xml" and b"macroenabled" in parts[name].lower():
            found.append(Fault("a Word file with macros (docm)", name))
        if name.endswith((".xml", ".rels")):
            found += _xml_faults(name, parts[name])
    return found


def missing_styles(parts: Mapping[str, bytes]) -> list[Fault]:
    """Styles that the text uses and the file does not have: Word shows such text in the default style."""
    known = {
        style.get(f"{_W}styleId")
        for root in filter(None, [_parsed(parts.get("word/styles.xml", b""))])
        for style in root.iter(f"{_W}style")
    }
    used: dict[str, str] = {}
    for name in sorted(parts):
        if name.startswith("word/") and name.endswith(".xml"):
            root = _parsed(parts[name])
            for tag in ("pStyle", "rStyle", "tblStyle"):
                for node in root.iter(_W + tag) if root is not None else ():
                    used.setdefault(node.get(f"{_W}val", ""), name)
    return [
        Fault(f"the style {style[:60]!r} is not in the file", name, "warning")
        for style, name in sorted(used.items())
        if style not in known
    ]


def _closed(name: str) -> bool:
    return any(word in name.lower() for word in _CLOSED_PARTS)


def _parsed(data: bytes) -> Element | None:
    from xml.etree.ElementTree import ParseError

    from defusedxml import ElementTree
    from defusedxml.common import DefusedXmlException

    try:
        root: Element = ElementTree.fromstring(data, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return None
    return root


def _xml_faults(name: str, data: bytes) -> Iterator[Fault]:
    root = _parsed(data)
    if root is None:
        yield Fault("not well-formed XML, or with a document type", name)
        return
    if name.endswith(".rels"):
        yield from _link_faults(name, root)
        return
    for node in root.iter():
        word = _CLOSED_ELEMENTS.get(str(node.tag).rpartition("}")[2])
        if word:
            yield Fault(word, name)
    for code in _field_codes(root):
        first = (code.split() or [""])[0].upper()
        if "{{" in code or "{%" in code or first not in FIELDS:
            yield Fault(f"the field {code.strip()[:40]!r}", name)


def _link_faults(name: str, root: Element) -> Iterator[Fault]:
    for link in root:
        target, kind = link.get("Target", ""), link.get("Type", "").rpartition("/")[2].lower()
        if link.get("TargetMode", "").lower() == "external" or _OUTSIDE.match(target):
            yield Fault(f"a link to something outside: {target[:60]}", name)
        elif kind in _CLOSED_LINKS:
            yield Fault(f"a link of the kind {kind}", name)


def _field_codes(root: Element) -> Iterator[str]:
    """Whole field codes: of simple fields, and of those that are parted into runs, which may stand inside each other."""
    open_codes: list[list[str]] = []
    for node in root.iter():
        if node.tag == f"{_W}fldSimple":
            yield node.get(f"{_W}instr", "")
        elif node.tag == f"{_W}fldChar":
            kind = node.get(f"{_W}fldCharType")
            if kind == "begin":
                open_codes.append([])
            elif kind == "end" and open_codes:
                yield "".join(open_codes.pop())
        elif node.tag in (f"{_W}instrText", f"{_W}delInstrText"):
            if not open_codes:
                yield node.text or ""
            else:
                open_codes[-1].append(node.text or "")
    yield from ("".join(pieces) for pieces in open_codes)
