"""The covering letter around a list: number, date, sender, subject, deadline, what reply is asked for.

Read from the lines above and around a table or from a mail's text. The layout is that of NĐ 30/2020 (`Số:
1024/CATTT-NCSC`, `Hà Nội, ngày 21 tháng 6 năm 2023`, `V/v ...`); deadlines as letters phrase them (`trước ngày
25/11/2026`, `trong vòng 5 ngày`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from atttcli.source import Letter
from atttcli.sources.lists.moments import read_date
from atttcli.text.fold import fold, nfc

MAX_LINES: Final = 400
_LONGEST = 2000
_SYMBOL = r"[A-ZĐƠƯ][A-ZĐƠƯa-z0-9&]{0,15}(?:-[A-ZĐƠƯ][A-ZĐƠƯa-z0-9&]{0,15}){0,4}"
_NUMBER = re.compile(rf"(?:\bsố|\bso|\bSố|\bSỐ|\bSo)\s*:?\s*(\d{{1,6}}\s?/\s?(?:\d{{4}}/)?{_SYMBOL})")
_BARE_NUMBER = re.compile(
    r"(?<![\w/])(\d{1,6}/(?:\d{4}/)?(?:[A-ZĐ][A-ZĐa-z]{0,9}-)?[A-ZĐ]{2,12}(?:-[A-ZĐ&]{2,12}){0,3})(?![\w/])"
)
_PLACE_DATE = re.compile(
    r"ngày\s+\d{1,2}\s+tháng\s+\d{1,2}\s+năm\s+\d{4}|ngay\s+\d{1,2}\s+thang\s+\d{1,2}\s+nam\s+\d{4}", re.IGNORECASE
)
_SUBJECT = re.compile(r"(?:v/v|vv|về việc|ve viec)\s*:?\s+(.{5,300})", re.IGNORECASE)
_ORGAN = re.compile(
    r"(?:CỤC|TRUNG TÂM|BỘ |CÔNG AN|SỞ |ỦY BAN|UỶ BAN|UBND|BAN CHỈ ĐẠO|CUC |TRUNG TAM|BO |CONG AN|SO |UY BAN)"
)
_MOTTO = ("cong hoa xa hoi", "doc lap")
_UNTIL = re.compile(
    r"(?:truoc|cham nhat|muon nhat|han cuoi|thoi han|den het|truoc het|deadline|before|no later than)[^.;]{0,60}?"
    r"(\d{1,2}\s?[-/.]\s?\d{1,2}\s?[-/.]\s?\d{4}|\d{1,2} thang \d{1,2} nam \d{4}|\d{4}-\d{2}-\d{2})"
)
_WITHIN = re.compile(
    r"(?:trong vong|trong thoi han|trong thoi gian|cham nhat(?: la)?|within)\s+(\d{1,3})\s*(?:\([^)]{0,30}\)\s*)?"
    r"(ngay lam viec|ngay|gio|working days|days|hours)"
)
_REPLY = re.compile(
    r"(?:bao cao|phan hoi|gui ket qua|thong bao ket qua|tra loi|gui ve|cung cap thong tin|xac nhan|report back|reply)(?![a-z])"
)
_SENTENCE = re.compile(r"(?<=[.;!?])\s+(?=\S)")
_UNIT_DAYS = 24


def read_letter(lines: Iterable[str]) -> Letter:
    """What the first lines say; fields that are not found stay empty."""
    kept = _kept(lines)
    number, number_line = _number(kept)
    issued = _issued(kept, number_line)
    deadline, deadline_sentence = _deadline(kept, issued)
    return Letter(
        number=number,
        date=issued.isoformat() if issued else "",
        sender=_sender(kept, number),
        subject=_subject(kept),
        deadline=deadline.isoformat() if deadline else "",
        reply=_reply(kept, deadline_sentence),
    )


def merge_letters(first: Letter, second: Letter | None) -> Letter:
    """`first`, its empty fields filled from `second` (the list's own words win over those of the mail that carried it)."""
    if second is None:
        return first
    return Letter(
        first.number or second.number,
        first.date or second.date,
        first.sender or second.sender,
        first.subject or second.subject,
        first.deadline or second.deadline,
        first.reply or second.reply,
    )


def _kept(lines: Iterable[str]) -> list[str]:
    kept: list[str] = []
    for line in lines:
        text = " ".join(nfc(line[:_LONGEST]).split())
        if text and (not kept or kept[-1] != text):
            kept.append(text)
        if len(kept) >= MAX_LINES:
            break
    return kept


def _number(lines: list[str]) -> tuple[str, int]:
    for pattern in (_NUMBER, _BARE_NUMBER):
        for index, line in enumerate(lines):
            found = pattern.search(line)
            if found:
                return "".join(found[1].split()), index
    return "", -1


def _issued(lines: list[str], number_line: int) -> date | None:
    """The letter's own date: the place-and-date line, or a date on the line of its number (`Số: .. ngày 21/06/2023`)."""
    for line in lines[:60]:
        found = _PLACE_DATE.search(line)
        if found and not _UNTIL.search(fold(line)):
            return read_date(found[0])
    if number_line < 0:
        return None
    return read_date(lines[number_line].partition("/")[2].partition(" ")[2])


def _sender(lines: list[str], number: str) -> str:
    """The issuing organ: the last line in capitals above the number; else the symbol's last part (`NCSC`)."""
    organ = ""
    for line in lines[:30]:
        if number and number in "".join(line.split()):
            break
        if line.upper() == line and _ORGAN.search(line) and not fold(line).startswith(_MOTTO) and len(line) <= 150:
            organ = line
    return organ or number.rpartition("/")[2]


def _subject(lines: list[str]) -> str:
    for line in lines[:60]:
        found = _SUBJECT.search(line)
        if found:
            return found[1].strip(" .;")
    return ""


def _deadline(lines: list[str], issued: date | None) -> tuple[date | None, str]:
    for sentence in _sentences(lines):
        folded = fold(sentence)
        until = _UNTIL.search(folded)
        if until:
            read = read_date(until[1])
            if read is not None and (issued is None or read >= issued):
                return read, sentence
        within = _WITHIN.search(folded)
        if within and issued is not None:
            return _after(issued, int(within[1]), within[2]), sentence
    return None, ""


def _after(start: date, count: int, unit: str) -> date:
    if unit in ("gio", "hours"):
        return start + timedelta(days=-(-count // _UNIT_DAYS))
    if unit in ("ngay lam viec", "working days"):
        day = start
        while count:
            day += timedelta(days=1)
            count -= day.weekday() < 5  # public holidays are the deadline calendar's business
        return day
    return start + timedelta(days=count)


def _reply(lines: list[str], deadline_sentence: str) -> str:
    if deadline_sentence and _REPLY.search(fold(deadline_sentence)):
        return deadline_sentence[:300]
    for sentence in _sentences(lines):
        folded = fold(sentence)
        if _REPLY.search(folded) and re.search(r"\b(?:de nghi|yeu cau|gui|please|kinh de nghi|ve)\b", folded):
            return sentence[:300]
    return ""


def _sentences(lines: list[str]) -> Iterable[str]:
    for line in lines:
        yield from _SENTENCE.split(line)
