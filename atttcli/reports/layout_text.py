"""What Decree 30/2020 asks of the words in the boxes, whatever file they stand in: number, date, lists, authority, points."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from atttcli.reports.papers.words import without_inside
from atttcli.reports.wording import wording


@dataclass(frozen=True, slots=True)
class Finding:
    """One departure from the decree: `box` names the row (`margins`, `box 1`, `page number` ...)."""

    box: str
    message: str


NUMBER_START = {"vi": "Số:", "en": "No."}
_NUMBER = {
    "vi": re.compile(r"Số:\s*(?:(?:0[1-9]|[1-9]\d+)[a-zđ]?)?\s*/[^\W_][\w/-]*"),
    "en": re.compile(r"No\.\s*(?:\d+[a-zđ]?)?\s*/[^\W_][\w/-]*"),
}
_DATE_START = {"vi": re.compile(r"^[^,]{1,60}, ngày\b"), "en": re.compile(r"^[^,]{1,60}, .*\d{4}$")}
_DATED = re.compile(r"^[^,]+, ngày (\d{2}) tháng (0[12]|[3-9]|1[0-2]) năm (\d{4})$")
_UNDATED = re.compile(r"^[^,]+, ngày[\s…]+tháng[\s…]+năm[\s…]+(?:\d{4})?$")
_DATED_EN = re.compile(r"^[^,]+, (\d{1,2} [A-Z][a-z]+ |[\s…]*)\d{4}$")
_AUTHORITY = re.compile(r"^(TM|Q|KT|TL|TUQ)(?:\s|\.\S)")
_BAD_POINT = re.compile(r"^[fjwz][).]\s")
_TITLED_NAME = re.compile(r"^(?:GS|PGS|TS|ThS|CN|KS|BS)\.\s?", re.IGNORECASE)
# Kinds of paper to which box 9a belongs; a letter has no kind.
_ADDRESSED = (
    "BÁO CÁO",
    "TỜ TRÌNH",
    "CÔNG ĐIỆN",
    "GIẤY MỜI",
    "PHIẾU",
    "REPORT",
    "QUICK REPORT",
    "SITUATION",
    "RESPONSE",
    "REQUEST",
)
_NAMED_KINDS = (
    "THÔNG BÁO",
    "KẾ HOẠCH",
    "QUYẾT ĐỊNH",
    "PHƯƠNG ÁN",
    "BIÊN BẢN",
    "HƯỚNG DẪN",
    "CHƯƠNG TRÌNH",
    "QUY CHẾ",
    "QUY ĐỊNH",
)


def check_number(text: str, language: str) -> Iterator[Finding]:
    """Box 3: `Số: 05/BC-STTTT`, or room for the figures; a leading zero below 10, no spaces, a symbol."""
    if re.match(r"^Số: ?[1-9](/|$)", text):
        yield Finding("box 3", "a number below 10 wants a leading zero")
    elif re.search(r"\d\s+/|/\s|\S\s*-\s+\S|\S\s+-\s*\S", text[len(NUMBER_START[language]) :]):
        yield Finding("box 3", f"spaces within number and symbol: {text[:40]}")
    elif not _NUMBER[language].fullmatch(text):
        yield Finding("box 3", f"number and symbol want the form 05/BC-STTTT: {text[:40]}")


def is_date(text: str, language: str) -> bool:
    """Whether a line of the head is meant as place and date."""
    return bool(_DATE_START[language].match(text))


def check_date(text: str, language: str) -> Iterator[Finding]:
    """Box 4: the day with two figures; the month with two only for 1 and 2; a day that there is."""
    if language == "en":
        if not _DATED_EN.match(text):
            yield Finding("box 4", f"not a date: {text[:60]}")
        return
    found = _DATED.match(text)
    if found is None:
        if not _UNDATED.match(text):
            yield Finding("box 4", f"days below 10 and months 1 and 2, and only they, want a leading zero: {text[:60]}")
        return
    day, month, year = int(found[1]), int(found[2]), int(found[3])
    if not (1 <= year <= 9999 and 1 <= day <= monthrange(year, month)[1]):
        yield Finding("box 4", f"there is no such day: {text[:60]}")


def check_recipients(lines: Sequence[str], language: str) -> Iterator[Finding]:
    """Box 9b: each line `- …;`, the last names the file copy and ends with a full stop."""
    say = wording(language)
    copy = "- " + say.file_copy.split("{")[0].strip()
    if not lines or not lines[-1].startswith(copy):
        yield Finding("box 9b", "the last line does not name the file copy")
    elif not lines[-1].endswith("."):
        yield Finding("box 9b", f"the last line wants a full stop: {lines[-1][:40]}")
    for line in lines[:-1]:
        if not (line.startswith("- ") and line.endswith(";")):
            yield Finding("box 9b", f"a line wants the form - …;: {line[:40]}")


def check_addressees(lines: Sequence[str]) -> Iterator[Finding]:
    """Box 9a with several addressees: each line `- …;`, the last `- ….`."""
    for at, line in enumerate(lines, 1):
        end = "." if at == len(lines) else ";"
        if len(lines) > 1 and not line.endswith(end):
            yield Finding("box 9a", f"a line wants {end} at its end: {line[:40]}")


def check_addressed(title: str, *, addressed: bool, internal: bool) -> Iterator[Finding]:
    """Box 9a belongs to reports, submissions and letters; a notice or a plan names its readers in box 9b."""
    if addressed and not internal and title.startswith(_NAMED_KINDS) and not title.startswith(_ADDRESSED):
        yield Finding("box 9a", f"a paper of this kind has no addressee above its text: {title[:40]}")


def check_authority(lines: Sequence[str]) -> Iterator[Finding]:
    """Box 7: somebody signs; the authority in capitals, `KT. GIÁM ĐỐC`; a name without academic titles."""
    if not lines:
        yield Finding("box 7", "nobody signs")
        return
    if lines[0] != lines[0].upper():
        yield Finding("box 7", f"the authority wants capitals: {lines[0][:40]}")
    for line in lines:
        if _AUTHORITY.match(line):
            yield Finding("box 7", f"KT., TL., TUQ., TM. want a full stop and a space: {line[:40]}")
    if len(lines) > 1 and _TITLED_NAME.match(lines[-1]):
        yield Finding("box 7", f"a name stands without academic titles: {lines[-1][:40]}")


def check_points(lines: Sequence[str]) -> Iterator[Finding]:
    """Box 6: points follow the Vietnamese alphabet."""
    for line in lines:
        if _BAD_POINT.match(line):
            yield Finding("box 6", f"points go a, b, c, d, đ, e, g, h, i, k, l: {line[:40]}")


def check_bases(lines: Sequence[tuple[str, bool, float]]) -> Iterator[Finding]:
    """Legal bases (text, italic, size): italic, each with a semicolon, the last with a full stop."""
    for at, (text, italic, size) in enumerate(lines, 1):
        end = "." if at == len(lines) else ";"
        if not (text.endswith(end) and italic and 13 <= size <= 14):
            yield Finding("box 6", f"a legal basis wants italics of 13 to 14 pt and {end} at its end: {text[:40]}")


def check_inside(text: str) -> Iterator[Finding]:
    """A form that leaves the house names no address of the inside."""
    if without_inside(text, "\0") != text:
        yield Finding("form", "an address of the inside: this form names public ones only")
