"""Builds the documents that the tests read: workbooks, letters, PDF tables, mails, Outlook files. Fictional throughout."""

from __future__ import annotations

import hashlib
import html
import io
import struct
import zipfile
from collections.abc import Iterable, Sequence
from typing import Any

from atttcli.source import Attachment, Input, Letter, ReadProblem, Record
from atttcli.sources.lists import LIST_SOURCES, RowOutcome
from atttcli.sources.mail_message import MAIL_SOURCES

OWN_NETWORKS = ("203.0.113.0/25", "2001:db8:1::/48")
OWN_DOMAINS = ("backan.gov.vn",)
ALLOW = ("google.example", "198.51.100.250")
NATIONAL = {
    "Deface": "Link | Người tấn công | Thời gian | Nguồn",
    "Phishing": "LINK PHISHING | ĐÍCH GIẢ MẠO | THỜI GIAN | NGUỒN THÔNG TIN",
    "Malware": "Link | Tên virus | IP | ISP | Thời gian | Nguồn thông tin",
    "C&C Bonet": "AttackerIP | NetwordName | LocalIP | LocalTCPPort | AttankOn | IP | ISP",
    "Attack": "Timestamp | IP | ISP | ASN | Geo | Url | Type | HttpAgent | SrcPort | HostName | Destinationport | Protocol"
    " | ServerName | Server | Header | Tag | Region | City | Sector",
    "CVE": "VulnerabilityType | Product | Score | GainedAccessLevel",
}


def heads(sheet: str) -> list[str]:
    """The heading row of a sheet of the national team's workbook, misspelt as it is."""
    return NATIONAL[sheet].split(" | ")


def given(data: bytes, path: str = "in", **more: Any) -> Input:
    """An Input over bytes, with our own networks, domains and allow-list."""
    settings: dict[str, Any] = {"own_networks": OWN_NETWORKS, "own_domains": OWN_DOMAINS, "allow": ALLOW} | more
    digest = hashlib.sha256(data).hexdigest()
    return Input(path=path, sha256=digest, size=len(data), head=data[:65536], stream=io.BytesIO(data), **settings)


def best(one: Input) -> Any:
    """The source of ours that is surest of an input, None if none wants it."""
    scored = [(source.recognise(one), source) for source in (*LIST_SOURCES, *MAIL_SOURCES)]
    score, source = max(scored, key=lambda pair: pair[0])
    return source if score else None


def read(data: bytes, path: str = "in", **more: Any) -> list[Record]:
    """All records of a document, by the source that recognises it."""
    one = given(data, path, **more)
    source = best(one)
    assert source is not None, f"no source recognises {path}"
    return list(source.read(one))


def outcomes(data: bytes, path: str = "in", **more: Any) -> list[RowOutcome]:
    """The rows of a list with their records."""
    one = given(data, path, **more)
    return [item for item in best(one).outcomes(one) if isinstance(item, RowOutcome)]


def of(records: Iterable[Record], kind: type) -> list[Any]:
    """Records of one type."""
    return [record for record in records if isinstance(record, kind)]


def letters(records: Iterable[Record]) -> list[Letter]:
    """The letters."""
    return of(records, Letter)


def attachments(records: Iterable[Record]) -> list[Attachment]:
    """The attachments."""
    return of(records, Attachment)


def problems(records: Iterable[Record]) -> list[ReadProblem]:
    """The problems."""
    return of(records, ReadProblem)


def workbook(sheets: dict[str, Sequence[Sequence[object]]], merges: dict[str, Sequence[str]] | None = None) -> bytes:
    """An XLSX as openpyxl writes it."""
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)  # type: ignore[arg-type]
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
        for merged in (merges or {}).get(name, ()):
            sheet.merge_cells(merged)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def package(members: dict[str, str | bytes]) -> bytes:
    """A zip with these members, in this order."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def raw_workbook(sheet_xml: str | bytes, strings_xml: str = "", **members: str) -> bytes:
    """An XLSX by hand with one sheet `S`; what is in `sheet_xml` need not be well-formed."""
    relations = '<Relationships><Relationship Id="r1" Target="worksheets/sheet1.xml"/></Relationships>'
    book = '<workbook xmlns:r="urn:r"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>'
    parts: dict[str, str | bytes] = {"[Content_Types].xml": "<Types/>", "xl/workbook.xml": book}
    parts |= {"xl/_rels/workbook.xml.rels": relations, "xl/worksheets/sheet1.xml": sheet_xml}
    if strings_xml:
        parts["xl/sharedStrings.xml"] = strings_xml
    return package(parts | dict(members))


def raw_word(body_xml: str, **members: str) -> bytes:
    """A DOCX by hand."""
    document = f'<w:document xmlns:w="urn:w"><w:body>{body_xml}</w:body></w:document>'
    parts: dict[str, str | bytes] = {"[Content_Types].xml": "<Types/>", "word/document.xml": document}
    return package(parts | {name.replace("__", "/") + ".xml": text for name, text in members.items()})


def paragraph(text: str) -> str:
    """A DOCX paragraph."""
    return f"<w:p><w:r><w:t>{html.escape(text)}</w:t></w:r></w:p>"


def word_table(rows: Sequence[Sequence[str]]) -> str:
    """A DOCX table."""
    lines = ("".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) for row in rows)
    return "<w:tbl>" + "".join(f"<w:tr>{line}</w:tr>" for line in lines) + "</w:tbl>"


def pdf(pages: Sequence[tuple[Sequence[str], Sequence[Sequence[str]]]]) -> bytes:
    """A PDF by hand: per page lines of text and a ruled table (ASCII, Helvetica)."""
    objects: list[bytes] = [b"", b"", b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for lines, table in pages:
        content = _page_content(lines, table).encode("latin-1")
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 842 595] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R >> >> >>" % len(objects)
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[0] = b"<< /Type /Catalog /Pages 2 0 R >>"
    objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b" ".join(kids), len(kids))
    return _pdf_file(objects)


def _page_content(lines: Sequence[str], table: Sequence[Sequence[str]]) -> str:
    out: list[str] = []

    def text(x: float, y: float, words: str) -> None:
        escaped = words.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        out.append(f"BT /F1 8 Tf {x} {y} Td ({escaped}) Tj ET")

    y = 560.0
    for line in lines:
        text(40, y, line)
        y -= 14
    if table:
        width, columns = 760 / len(table[0]), len(table[0])
        top = y
        for row in table:
            for index, cell in enumerate(row):
                text(42 + index * width, y - 12, cell)
            y -= 18
        out += [f"40 {top - 18 * index} m 800 {top - 18 * index} l S" for index in range(len(table) + 1)]
        out += [f"{40 + index * width} {top} m {40 + index * width} {y} l S" for index in range(columns + 1)]
    return "\n".join(out)


def _pdf_file(objects: Sequence[bytes]) -> bytes:
    out = io.BytesIO(b"")
    out.write(b"%PDF-1.4\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    for place in places:
        out.write(b"%010d 00000 n \n" % place)
    out.write(b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start))
    return out.getvalue()


Tree = dict[str, "bytes | Tree"]


def compound_file(tree: Tree) -> bytes:
    """An OLE compound file by hand ([MS-CFB]): storages as dicts, streams as bytes; short streams in the mini stream."""
    entries: list[dict[str, Any]] = [
        {"name": "Root Entry", "type": 5, "child": -1, "right": -1, "start": -2, "size": 0}
    ]
    _add_entries(entries, 0, tree)
    mini, mini_fat, sectors, fat = io.BytesIO(), [], [], []  # type: ignore[var-annotated]

    def chain(data: bytes) -> int:
        first = len(sectors)
        count = max(1, -(-len(data) // 512))
        for index in range(count):
            sectors.append(data[index * 512 : index * 512 + 512].ljust(512, b"\0"))
            fat.append(first + index + 1 if index + 1 < count else 0xFFFFFFFE)
        return first

    for entry in entries:
        data = entry.get("data")
        if data is None or not data:
            continue
        entry["size"] = len(data)
        if len(data) >= 4096:
            entry["start"] = chain(data)
            continue
        entry["start"] = mini.tell() // 64
        count = -(-len(data) // 64)
        mini_fat += [entry["start"] + index + 1 for index in range(count - 1)] + [0xFFFFFFFE]
        mini.write(data.ljust(count * 64, b"\0"))
    if mini.tell():
        entries[0]["start"], entries[0]["size"] = chain(mini.getvalue()), mini.tell()
    mini_fat_data = struct.pack(f"<{len(mini_fat)}I", *mini_fat)
    mini_start = chain(mini_fat_data.ljust(-(-max(1, len(mini_fat_data)) // 512) * 512, b"\xff")) if mini_fat else -2
    directory = b"".join(_directory_entry(entry) for entry in entries)
    directory += _directory_entry({"name": "", "type": 0, "child": -1, "right": -1, "start": 0, "size": 0}) * (
        -len(entries) % 4
    )
    directory_start = chain(directory)
    fat_count = 1
    while fat_count * 128 < len(fat) + fat_count:
        fat_count += 1
    fat_places = list(range(len(sectors), len(sectors) + fat_count))
    fat += [0xFFFFFFFD] * fat_count
    fat += [0xFFFFFFFF] * (fat_count * 128 - len(fat))
    table = struct.pack(f"<{len(fat)}I", *fat)
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16
    header += struct.pack("<HHHHH6xIIiIIiIiI", 0x3E, 3, 0xFFFE, 9, 6, 0, fat_count, directory_start, 0, 4096, mini_start,
                          -(-len(mini_fat) // 128), -2, 0)  # fmt: skip
    header += struct.pack("<109i", *(fat_places + [-1] * (109 - fat_count)))
    return header + b"".join(sectors) + table


def _add_entries(entries: list[dict[str, Any]], parent: int, tree: Tree) -> None:
    previous = -1
    for name in sorted(tree, key=lambda key: (len(key), key.upper())):
        content = tree[name]
        index = len(entries)
        kind = 1 if isinstance(content, dict) else 2
        data = None if isinstance(content, dict) else content
        entries.append(
            {
                "name": name,
                "type": kind,
                "child": -1,
                "right": -1,
                "start": -2,
                "size": 0,
                "data": data,
            }
        )
        if previous < 0:
            entries[parent]["child"] = index
        else:
            entries[previous]["right"] = index
        previous = index
        if isinstance(content, dict):
            _add_entries(entries, index, content)


def _directory_entry(entry: dict[str, Any]) -> bytes:
    name = entry["name"].encode("utf-16-le")
    length = len(name) + 2 if name else 0
    fixed = struct.pack("<HBBiii", length, entry["type"], 1, -1, entry["right"], entry["child"])
    return name.ljust(64, b"\0") + fixed + b"\0" * 36 + struct.pack("<iQ", entry["start"], entry["size"])


def outlook(properties: dict[str, str], files: Sequence[tuple[str, bytes]] = (), delivered: int = 0) -> bytes:
    """A .msg: text properties by tag (`0037` subject, `007D` headers, `1000` body ...) and attached files."""
    texts = {"001A": "IPM.Note"} | properties
    tree: Tree = {f"__substg1.0_{tag}001F": value.encode("utf-16-le") for tag, value in texts.items()}
    tree["__properties_version1.0"] = b"\0" * 32 + struct.pack("<IIQ", 0x0E060040, 6, delivered) * bool(delivered)
    tree["__nameid_version1.0"] = {f"__substg1.0_000{index}0102": b"" for index in (2, 3, 4)}
    for index, (name, data) in enumerate(files):
        # PidTagAttachMethod 1 (by value), as [MS-OXMSG] wants it in the attachment's property stream
        method = struct.pack("<IIQ", 0x37050003, 6, 1)
        tree[f"__attach_version1.0_#{index:08X}"] = {
            "__substg1.0_3707001F": name.encode("utf-16-le"),
            "__substg1.0_37010102": data,
            "__properties_version1.0": b"\0" * 8 + method,
        }
    return compound_file(tree)
