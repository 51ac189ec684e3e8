"""What agencies answer: `3/5` on the telephone, the five-line form in a mail or document, a table of everybody's answers.

Input is hostile. A row, form or mail that cannot be read is a ReadProblem and the rest is read. Who wrote a mail is only what
its sender's mailbox is registered as: an answer by mail is a claim, and `advisory verify` is where somebody looks. One that
our own mail server marked as forged is no answer.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from datetime import datetime, time
from itertools import islice
from pathlib import Path
from typing import Any

from atttcli.clock import VIETNAM, to_micros
from atttcli.errors import InputError, UsageError, Where
from atttcli.inventory import Inventory
from atttcli.inventory.load import read_file
from atttcli.inventory.sheets import Sheet, sheets_of
from atttcli.limits import MIB, Budget, Limits
from atttcli.model.advisory import Answer
from atttcli.source import Input, ReadProblem
from atttcli.sources.lists.moments import read_date
from atttcli.sources.lists.tables import Row
from atttcli.text.fold import fold, nfc

MAX_MACHINES = 1_000_000
_FRACTION = re.compile(r"(?<![\d/.,-])(\d{1,7}) ?/ ?(\d{1,7})(?![\d/]|[.,]\d)")
_CV = re.compile(r"\bCV-\d{4}-[A-Z]?\d{4,6}\b", re.IGNORECASE)
_PLAIN = re.compile(r"[^a-z0-9]+")
_ORDINAL = re.compile(r"\d{1,2} ")
_TAG = re.compile(r"<[^<>]{0,2000}>")
_BREAK = re.compile(r"<(?:br|/p|/div|/tr|/li)[^<>]{0,200}>", re.IGNORECASE)
_LONGEST = 1000
_MAX_LINES = 5000
_HEADINGS = 10
_DOTS = " ….\t\n_"  # what a line holds that nobody filled in
_LIMITS = Limits(total_bytes=64 * MIB, document_bytes=8 * MIB, seconds=30.0)
_FIELDS = {
    "agency": "ma|ma don vi|don vi|ten don vi|co quan|ten co quan|co quan don vi|don vi bao cao|agency|code|agency code",
    "machines": "may tinh may chu da kiem tra|machines and servers checked|may|may nao|ten may"
    "|cac may|danh sach may|may da kiem tra|may da ra quet|dia chi may|machines",
    "scanned": "da ra quet|da quet|ra quet|cong cu ra quet|ra quet bang|da ra quet bang|scanned|scanned with",
    "result": "ket qua|ket qua xu ly|ket qua ra quet|so may da xu ly tong so may|da xu ly tong so|tinh trang|result",
    "handled": "so may da xu ly|da xu ly|so may xong|handled|machines handled",
    "total": "tong so may|so may|tong so|tong|so may bi anh huong|total|machines total",
    "at": "ngay|ngay thuc hien|ngay hoan thanh|thoi gian|ngay bao cao|date|day",
    "by": "nguoi thuc hien|can bo thuc hien|nguoi bao cao|can bo|bo phan thuc hien|who|by|done by",
}
_LOOKUP = {word: field for field, words in _FIELDS.items() for word in words.split("|")}
_NOTHING = (
    "khong bi anh huong", "khong anh huong", "khong phat hien", "khong bi nhiem", "khong nhiem", "khong su dung", "khong co",
    "not affected", "nothing found", "none", "khong",
)  # fmt: skip
_UNDONE = ("chua", "dang", "fixing", "in progress", "not yet")
_DONE = ("da xu ly", "xong", "hoan thanh", "da khac phuc", "da cap nhat", "done", "fixed", "ok")


def parse_result(text: str) -> dict[str, Any]:
    """`3/5`, `0/0`, `không bị ảnh hưởng`, `xong`, `đang xử lý` as fields of an Answer; UsageError when it is none of these."""
    shown = fold(nfc(text))[:_LONGEST]
    fraction = _FRACTION.search(shown)
    if fraction and not shown.startswith(("=", "+", "@")):  # a formula is not worked out
        handled, total = int(fraction[1]), int(fraction[2])
        if total > MAX_MACHINES or handled > total:
            raise UsageError(f"{handled} machines handled of {total}", hint="3/5: three of five machines are done")
        return {"handled": handled, "total": total, "affected": total > 0}
    plain = _PLAIN.sub(" ", shown).strip()
    if plain.startswith(_UNDONE):
        return {}
    if plain.startswith(_NOTHING):
        return {"handled": 0, "affected": False}
    if plain.startswith(_DONE):
        return {"complete": True}
    raise UsageError(f"not a result: {text[:60]!r}", hint="3/5, `không bị ảnh hưởng`, `xong` or `đang xử lý`")


def make_answer(agency: str, result: str, **given: Any) -> Answer:
    """An answer with its digest: the same one again is known by it, however it reached us."""
    answer = Answer(agency, result=result[:_LONGEST], **parse_result(result), **given)
    told = {key: value for key, value in asdict(answer).items() if key not in ("channel", "sender", "digest")}
    words = "\x1f".join(f"{key}={fold(str(value))}" for key, value in sorted(told.items()) if value not in ("", None))
    return replace(answer, digest=hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()[:32])


def answer_payload(answer: Answer) -> dict[str, Any]:
    """As the journal carries it."""
    return {key: value for key, value in asdict(answer).items() if value not in ("", None)}


def read_replies(path: Path, number: str, inventory: Inventory) -> tuple[list[Answer], list[ReadProblem], str]:
    """Answers out of a CSV, XLSX, mail or filled-in form (DOCX), what could not be read, and the file's sha256.

    InputError when it is none of them.
    """
    data = read_file(path)
    where = Where(str(path))
    if path.suffix.lower() == ".eml":
        found = list(_of_mail(data, number, inventory, where))
    elif path.suffix.lower() == ".docx":
        found = list(_of_form(str(path), data, number, inventory))
    else:
        sheets = list(sheets_of(str(path), data))
        found = list(_of_sheets(sheets, inventory))
        if not any(_header(sheet) for sheet in sheets):
            hint = "headings such as `Mã đơn vị`, `Máy`, `Đã rà quét`, `Kết quả`, `Ngày`, `Người thực hiện`"
            raise InputError("no table of answers in this file", hint=hint, where=where)
    answers = [one for one in found if isinstance(one, Answer)]
    problems = [one for one in found if isinstance(one, ReadProblem)]
    return answers, problems, hashlib.sha256(data).hexdigest()


def _of_sheets(
    sheets: list[Sheet], inventory: Inventory, only: str = "", channel: str = "table"
) -> Iterator[Answer | ReadProblem]:
    for sheet in sheets:
        found = _header(sheet)
        if found is None:
            continue
        start, columns = found
        for line, cells in sheet.rows[start + 1 :]:
            given = {field: cells[at] for field, at in columns.items() if at < len(cells) and cells[at].strip()}
            if len(given) > 1 or (given and "agency" not in given):
                yield _answer(given, line, inventory, only, channel)


def _header(sheet: Sheet) -> tuple[int, dict[str, int]] | None:
    """The row of headings among the first, with the column of each field."""
    for at, (_, cells) in enumerate(sheet.rows[:_HEADINGS]):
        columns: dict[str, int] = {}
        for index, cell in enumerate(cells):
            field = _LOOKUP.get(_label(cell))
            if field:
                columns.setdefault(field, index)
        if "agency" in columns and {"result", "handled"} & columns.keys():
            return at, columns
    return None


def _label(text: str) -> str:
    plain = _PLAIN.sub(" ", fold(nfc(text[:200]).partition("(")[0])).strip()
    return _ORDINAL.sub("", plain, count=1) if plain[:1].isdigit() else plain


def _answer(
    given: Mapping[str, str], line: int | None, inventory: Inventory, only: str, channel: str
) -> Answer | ReadProblem:
    excerpt = " | ".join(given.values())[:300]
    agency = inventory.find_agency(given.get("agency", "")) if "agency" in given else inventory.agency(only)
    if agency is None:
        return ReadProblem(line, f"no single agency {given.get('agency', '')[:60]!r}", excerpt=excerpt)
    if only and agency.code != only:
        return ReadProblem(line, f"a mail of {only} speaks for {agency.code}", excerpt=excerpt)
    result = given.get("result", "")
    if "handled" in given and not _FRACTION.search(result):
        result = f"{given['handled']}/{given.get('total') or given['handled']}"
    try:
        return make_answer(
            agency.code, result, machines=_kept(given, "machines"), scanned=_kept(given, "scanned"),
            at=_moment(given.get("at", "")), by=_kept(given, "by"), channel=channel,
        )  # fmt: skip
    except UsageError as error:
        return ReadProblem(line, error.message, excerpt=excerpt)


def _kept(given: Mapping[str, str], field: str) -> str:
    return " ".join(nfc(given.get(field, "")).split())[:_LONGEST]


def _moment(text: str) -> int | None:
    """The day an agency names; one that cannot be read is left out, its words stand in the result line anyway."""
    day = read_date(text[:100]) if text.strip() else None
    return None if day is None else to_micros(datetime.combine(day, time(), VIETNAM))


def _of_mail(data: bytes, number: str, inventory: Inventory, where: Where) -> Iterator[Answer | ReadProblem]:
    from atttcli.sources.mail_message.eml import read_eml
    from atttcli.sources.mail_message.judge import failed_authentication

    mail = read_eml(data, where)
    text = mail.text if mail.text.strip() else _TAG.sub(" ", _BREAK.sub("\n", mail.html))
    yield from (ReadProblem(None, problem) for problem in mail.problems)
    named = {found.upper() for found in _CV.findall(f"{mail.subject}\n{text[:20_000]}")}
    if named and number not in named:
        yield ReadProblem(None, f"this mail answers {', '.join(sorted(named)[:3])}, not {number}")
        return
    forged = ", ".join(failed_authentication(mail)) or (f"{mail.senders} From headers" if mail.senders > 1 else "")
    if forged:
        yield ReadProblem(None, f"who sent this mail is in doubt: {forged}", excerpt=mail.sender)
        return
    sender = inventory.agency_of_mailbox(mail.sender)
    if sender is None:
        yield ReadProblem(None, f"the mailbox {mail.sender[:100]!r} is registered for no agency", excerpt=mail.subject)
        return
    given = _form_lines(text)
    found: list[Answer | ReadProblem] = []
    if {"result", "handled"} & given.keys():
        found.append(_answer(given, None, inventory, sender.code, "email"))
    for part in mail.parts:
        if part.name.lower().endswith((".csv", ".xlsx", ".docx")):
            try:
                if part.name.lower().endswith(".docx"):
                    found += _of_form(part.name, part.data, number, inventory, sender.code, "email")
                else:
                    found += _of_sheets(list(sheets_of(part.name, part.data)), inventory, sender.code, "email")
            except InputError as error:
                found.append(ReadProblem(None, f"{part.name[:80]}: {error.message}"))
    if not found:
        yield ReadProblem(None, "no answer in this mail: neither the form's lines nor a table", excerpt=mail.subject)
    yield from (replace(one, sender=mail.sender) if isinstance(one, Answer) else one for one in found)


def _of_form(
    name: str, data: bytes, number: str, inventory: Inventory, only: str = "", channel: str = "paper"
) -> Iterator[Answer | ReadProblem]:
    """The answer form of the letter, filled in with a word processor: label at the left, answer at the right."""
    from atttcli.sources.lists.word import read_word

    digest = hashlib.sha256(data).hexdigest()
    document = read_word(Input(name, digest, len(data), data[:65536], io.BytesIO(data), budget=Budget(_LIMITS)))
    given: dict[str, str] = {}
    named: set[str] = set()
    for table in document.tables:
        for row in islice((row for row in table.rows if isinstance(row, Row)), _MAX_LINES):
            label, value = (*row.texts(), "", "")[:2]
            named |= {found.upper() for found in _CV.findall(value[:200])}
            field = _LOOKUP.get(_label(label))
            if field and value.strip(_DOTS):
                given.setdefault(field, value.strip())
    if named and number not in named:
        yield ReadProblem(None, f"this form answers {', '.join(sorted(named)[:3])}, not {number}")
    elif {"result", "handled"} & given.keys():
        yield _answer(given, None, inventory, only, channel)
    else:
        yield ReadProblem(None, "no filled-in answer form in this document")


def _form_lines(text: str) -> dict[str, str]:
    """The form's lines by field; quoted lines (the letter itself comes back in most answers) do not count."""
    given: dict[str, str] = {}
    for line in text.splitlines()[:_MAX_LINES]:
        label, colon, value = line[:4000].partition(":")
        if colon and not line.lstrip().startswith(">") and value.strip(_DOTS):
            field = _LOOKUP.get(_label(label))
            if field:
                given.setdefault(field, value.strip())
    return given
