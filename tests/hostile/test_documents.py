"""Documents made to explode, hang or crash: refused or read in bounded time and memory, and always with a typed error."""

from __future__ import annotations

import io
import random
import struct
import sys
import time
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit" / "sources_lists"))

from document_samples import (
    best,
    given,
    heads,
    of,
    outlook,
    package,
    paragraph,
    pdf,
    problems,
    raw_word,
    raw_workbook,
    read,
    word_table,
    workbook,
)

from atttcli.errors import InputError, LimitExceeded
from atttcli.limits import MIB, Budget, Limits
from atttcli.model.alert import Alert
from atttcli.sources.lists.source import CSV, DOCX, PDF, XLSX
from atttcli.sources.mail_message.source import EML, MSG

HEADS = ["IP bị nhiễm", "Mã độc", "C&C"]
ROW = ["203.0.113.5", "Mirai", "c2.example"]
HEAD_CELLS = '<row r="1"><c r="A1" t="inlineStr"><is><t>IP bị nhiễm</t></is></c></row>'
SMALL = Limits(total_bytes=64 * MIB, member_bytes=32 * MIB, document_bytes=16 * MIB)


def cost(action: Callable[[], object]) -> tuple[float, float]:
    """CPU seconds and peak MiB of Python memory."""
    tracemalloc.start()
    start = time.process_time()
    try:
        action()
    finally:
        spent = time.process_time() - start
        peak = tracemalloc.get_traced_memory()[1] / MIB
        tracemalloc.stop()
    return spent, peak


def refused(data: bytes, path: str = "a", limits: Limits = SMALL) -> InputError:
    one = given(data, path, budget=Budget(limits))
    with pytest.raises(InputError) as caught:
        for _ in best(one).read(one):
            pass
    return caught.value


BILLION = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(98 + i)} "{("&" + chr(97 + i) + ";") * 10}">' for i in range(9))
    + "]>"
)


@pytest.mark.parametrize("entity", [BILLION, '<!DOCTYPE x [<!ENTITY j SYSTEM "file:///etc/passwd">]>'])
@pytest.mark.parametrize("kind", ["sheet", "strings", "document", "header"])
def test_entities_are_refused_at_once(entity: str, kind: str) -> None:
    body = f"{entity}<x>&j;</x>"
    data = {
        "sheet": lambda: raw_workbook(body),
        "strings": lambda: raw_workbook("<worksheet/>", body),
        "document": lambda: package({"[Content_Types].xml": "", "word/document.xml": body}),
        "header": lambda: raw_word(paragraph("x"), word__header1=body),
    }[kind]()
    spent, peak = cost(lambda: refused(data))
    assert spent < 1
    assert peak < 16


def bomb(megabytes: int, name: str = "xl/worksheets/sheet1.xml") -> bytes:
    filler = b"<worksheet><sheetData>" + b" " * (megabytes * MIB)
    return raw_workbook(filler) if name.startswith("xl") else package({"[Content_Types].xml": "", name: filler})


@pytest.mark.parametrize("name", ["xl/worksheets/sheet1.xml", "word/document.xml"])
def test_decompression_bombs_are_stopped_in_small_memory(name: str) -> None:
    data = bomb(48, name)
    assert len(data) < MIB

    def run() -> None:
        assert isinstance(refused(data), LimitExceeded)

    spent, peak = cost(run)
    assert spent < 5
    assert peak < 40


def test_bomb_within_a_shared_text() -> None:
    data = raw_workbook("<worksheet/>", "<sst><si><t>" + "a" * (40 * MIB) + "</t></si></sst>")
    spent, _ = cost(lambda: refused(data))
    assert spent < 5


def test_million_rows_are_read_as_a_stream() -> None:
    """5,000 rows here (the law is the same): every row is an account, and memory does not grow with them."""
    row = '<row><c t="inlineStr"><is><t>198.51.100.{}</t></is></c></row>'
    sheet = (
        "<worksheet><sheetData>"
        + HEAD_CELLS
        + "".join(row.format(i % 200) for i in range(5_000))
        + "</sheetData></worksheet>"
    )
    one = given(raw_workbook(sheet), "a.xlsx")
    count = 0

    def run() -> None:
        nonlocal count
        for record in best(one).read(one):
            count += isinstance(record, Alert)

    _, peak = cost(run)
    assert count == 5_000
    assert peak < 48


@pytest.mark.parametrize("reference", ["A1048577", "A99999999999999", "ZZZZ1", "XFD1", "A0", "1A", "", "A1:B2", "A-1"])
def test_absurd_places_of_rows_and_cells_cost_nothing(reference: str) -> None:
    cell = f'<c r="{reference}" t="inlineStr"><is><t>198.51.100.1</t></is></c>'
    rows = f'{HEAD_CELLS}<row r="9999999999">{cell}</row>'
    sheet = f'<worksheet><dimension ref="A1:XFD1048576"/><sheetData>{rows}</sheetData></worksheet>'
    spent, peak = cost(lambda: read(raw_workbook(sheet), "a.xlsx"))
    assert spent < 1
    assert peak < 16


def test_merges_over_the_whole_sheet_are_bounded() -> None:
    merges = "".join(f'<mergeCell ref="A{i}:XFD1048576"/>' for i in range(1, 5000))
    sheet = f"<worksheet><sheetData>{HEAD_CELLS}</sheetData><mergeCells>{merges}</mergeCells></worksheet>"
    spent, peak = cost(lambda: read(raw_workbook(sheet), "a.xlsx"))
    assert spent < 3
    assert peak < 32


def test_deep_nesting_is_refused() -> None:
    for data in (raw_workbook("<a>" * 5000), raw_word("<w:p>" * 5000), raw_word("<w:tbl><w:tr><w:tc>" * 2000)):
        assert "nested deeper" in refused(data).message or "damaged" in refused(data).message


def test_spans_sheets_and_tables_without_number_are_bounded() -> None:
    wide = (
        '<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val="999999999"/></w:tcPr>'
        + paragraph("IP bị nhiễm")
        + "</w:tc></w:tr></w:tbl>"
    )
    spent, _ = cost(lambda: read(raw_word(wide * 3), "a.docx"))
    assert spent < 1
    assert "tables" in refused(raw_word(word_table([["x"]]) * 600)).message
    sheets = "".join(f'<sheet name="S{i}" sheetId="{i}" r:id="r1"/>' for i in range(2000))
    book = f'<workbook xmlns:r="urn:r"><sheets>{sheets}</sheets></workbook>'
    assert "sheets" in refused(raw_workbook("<worksheet/>", **{"xl/workbook.xml": book})).message


def test_a_directory_of_too_many_members_is_refused_before_it_is_read() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("xl/workbook.xml", "")
        for index in range(6000):
            archive.writestr(f"m{index}", "")
    assert "too many members" in refused(stream.getvalue()).message


def test_password_protected_member_is_named() -> None:
    data = bytearray(raw_workbook("<worksheet/>"))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = 0
        while (place := data.find(mark, place)) >= 0:
            data[place + at] |= 1
            place += 4
    assert "password" in refused(bytes(data)).message


def test_formulas_and_escapes_in_every_cell_stay_text() -> None:
    nasty = ["=cmd|' /C calc'!A0", "\x1b]0;x\x07", "[/red]", "<script>", "\u202e", "＝1+1", "@SUM(A1)", "{{7*7}}"]
    rows = [[*HEADS, "Ghi chú"], *([*ROW, text.replace("\x1b", "").replace("\x07", "")] for text in nasty)]
    notes = [alert.detail["row"]["Ghi chú"] for alert in of(read(workbook({"S": rows}), "a.xlsx"), Alert)]
    assert notes == [row[-1] for row in rows[1:]]


def test_csv_without_ends() -> None:
    head = b"IP bi nhiem,Ma doc\n203.0.113.5,x\n"
    for tail in (
        b'"' + b"a" * MIB,
        b"a" * MIB,
        b"," * 200_000,
        b'"\n' * 30_000,
        b"\0" * 200_000,
        b"\n" * 50_000,
        b"\r" * 50_000,
    ):
        one = given(head + tail, "a.csv")
        spent, peak = cost(lambda one=one: _typed(CSV, one))  # type: ignore[misc]
        assert spent < 10
        assert peak < 96, tail[:10]


def test_cells_full_of_addresses_are_bounded_and_counted() -> None:
    cell = " ".join(f"198.51.{i // 250}.{i % 250 + 1}" for i in range(600))
    records = read(workbook({"S": [["IP bị nhiễm"], [cell]]}), "a.xlsx")
    assert len(of(records, Alert)) == 256
    assert "left off" in problems(records)[0].reason


def flate_pdf(content: bytes, filters: str = "/FlateDecode") -> bytes:
    stream = content
    for _ in range(filters.count("Flate")):
        stream = zlib.compress(stream, 9)
    body = b"%%PDF-1.4\n1 0 obj\n<< /Length %d /Filter [%s] >>\nstream\n" % (len(stream), filters.encode())
    return body + stream + b"\nendstream\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"


def test_pdf_bombs_are_measured_before_they_are_parsed() -> None:
    pytest.importorskip("pdfplumber")
    plain = flate_pdf(b"\0" * (300 * MIB))
    double = flate_pdf(b"\0" * (400 * MIB), "/FlateDecode /FlateDecode")
    for data in (plain, double):
        spent, peak = cost(lambda data=data: refused(data, "a.pdf"))  # type: ignore[misc]
        assert spent < 15
        assert peak < 32


def test_pdf_loops_and_crowds() -> None:
    pytest.importorskip("pdfplumber")
    sample = pdf([(["x"], [["IP bi nhiem"], ["203.0.113.5"]])])
    loops = [
        sample.replace(b"/Kids [5 0 R]", b"/Kids [2 0 R]"),
        sample.replace(b"/Parent 2 0 R", b"/Parent 5 0 R"),
        sample.replace(b"startxref\n", b"startxref\n0\n%"),
        sample.replace(b"trailer\n<<", b"trailer\n<< /Prev 0 "),
        sample.replace(b"/Contents 4 0 R", b"/Contents 5 0 R"),
        sample.replace(b"/Length ", b"/Length 5 0 R %"),
    ]
    for data in loops:
        one = given(data, "a.pdf")
        spent, _ = cost(lambda one=one: _typed(PDF, one))  # type: ignore[misc]
        assert spent < 5
    crowded = pdf([([], [["1"] * 60 for _ in range(30)])]).replace(b"40 20 m", b"40 20 m")
    assert _typed(PDF, given(crowded, "a.pdf")) == "ok"
    many_pages = pdf([(["x"], [])] * 320)
    assert "pages" in refused(many_pages, "a.pdf").message
    assert "encrypted" in refused(sample.replace(b"trailer\n<<", b"trailer\n<< /Encrypt 9 0 R"), "a.pdf").message


def _typed(source: object, one: object) -> str:
    """`ok` or `refused`; anything else is a crash and propagates."""
    try:
        for _ in source.read(one):  # type: ignore[attr-defined]
            pass
    except InputError:
        return "refused"
    return "ok"


def seeds() -> dict[str, tuple[object, bytes]]:
    table = [HEADS, ROW, ["198.51.100.7", "x", "c3.example"]]
    mail = (
        b"From: a@x.example\r\nTo: b@backan.gov.vn\r\nSubject: =?utf-8?q?t=E1=BB=87p?=\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<a href="http://c.example">x</a>\r\n'
        b"--b\r\nContent-Type: application/octet-stream; name*0*=utf-8''a; name*1=.hta\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\neHg=\r\n--b--\r\n"
    )
    return {
        "csv": (CSV, "\n".join(",".join(row) for row in table).encode()),
        "xlsx": (XLSX, workbook({"Deface": [heads("Deface"), ["http://a.example", "", "1/2/2020", ""]], "S": table})),
        "xlsx-raw": (XLSX, raw_workbook(f"<worksheet><sheetData>{HEAD_CELLS}</sheetData></worksheet>")),
        "docx": (DOCX, raw_word(paragraph("Số: 1/A-B") + word_table(table), word__header1="<h/>")),
        "eml": (EML, mail),
        "msg": (
            MSG,
            outlook(
                {"0037": "x", "007D": "From: a@x.example\r\n", "1000": "y"}, [("a.exe", b"MZ" * 3000), ("b", b"1")]
            ),
        ),
        "pdf": (PDF, pdf([(["So: 1/A-B"], [["IP bi nhiem", "Ma doc"], ["203.0.113.5", "x"]])])),
    }


def mutated(data: bytes, dice: random.Random) -> bytes:
    """A few bytes changed, removed, doubled, or the end cut off."""
    out = bytearray(data)
    for _ in range(dice.randint(1, 6)):
        place = dice.randrange(len(out))
        match dice.randrange(5):
            case 0:
                out[place] = dice.randrange(256)
            case 1:
                del out[place : place + dice.randint(1, 40)]
            case 2:
                out[place:place] = out[max(0, place - 60) : place]
            case 3:
                out[place : place + 4] = struct.pack("<I", dice.choice([0, 1, 0x7FFFFFFF, 0xFFFFFFFF, 0xFFFFFFFE]))
            case _:
                del out[max(1, place) :]
        if not out:
            return b"x"
    return bytes(out)


def remade(data: bytes, dice: random.Random) -> bytes:
    """The members' contents mutated and packed again: past the checksums, into the XML."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, mutated(content, dice) if content and dice.random() < 0.4 else content)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "rounds"),
    [("csv", 300), ("xlsx", 60), ("xlsx-raw", 150), ("docx", 200), ("eml", 300), ("msg", 200), ("pdf", 60)],
)
def test_mutated_documents_are_typed_or_ok(name: str, rounds: int) -> None:
    if name == "pdf":
        pytest.importorskip("pdfplumber")
    if name == "msg":
        pytest.importorskip("olefile")
    source, seed = seeds()[name]
    dice = random.Random(f"{name} 20261123")
    results = {"ok": 0, "refused": 0}
    for index in range(rounds):
        is_zip = seed.startswith(b"PK")
        data = remade(seed, dice) if is_zip and index % 3 else mutated(seed, dice)
        start = time.process_time()
        results[_typed(source, given(data, f"a.{name}"))] += 1
        assert time.process_time() - start < 5, f"round {index}"
    assert results["ok"], "the mutations never got past the first check"


def test_recognising_never_raises() -> None:
    dice = random.Random(7)
    for _, seed in seeds().values():
        for _ in range(60):
            best(given(mutated(seed, dice), "a"))
