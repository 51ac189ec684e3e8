"""Documents marked as state secrets are refused at intake.

The mark (độ mật) is a stamp: `MẬT`, `TỐI MẬT` or `TUYỆT MẬT` alone on a line below the issuing organ, in a frame, in a
header, or before a mail's subject. The same letters within a sentence (`bảo mật`, `mật khẩu`, `bí mật nhà nước`) are no
mark. A stamp that is only in a picture cannot be seen here; the user guide says so.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from atttcli.errors import SecretDocument, Where
from atttcli.text.fold import fold

HEAD_LINES: Final = 60  # non-empty lines of a document's beginning that can carry the mark
_LONGEST = 400
_WORDS = ("MẬT", "TỐI MẬT", "TUYỆT MẬT")
# As written, or wholly without diacritics; `MẮT` (eye) and `MẠT` fold to the same letters and are other words.
_DEGREES: Final = {
    form: word for word in _WORDS for form in ("".join(word.split()), fold(word).upper().replace(" ", ""))
}
_SPLIT = re.compile(r"[\t|\n\r\v\f]| {3,}")
_FRAME = re.compile(r"[^\w]+|_+")
_LABELLED = re.compile(r"(?:độ|do|mức độ|cấp độ) (?:bảo )?(?:mật|mat)\s*[:\-]\s*(.*)\Z", re.IGNORECASE)
_COPY = re.compile(r"\W*\(?\s*(?:ban so|so ban|ban)\s*[:.]?\s*\d{0,4}\)?\W*\Z")
_SUBJECT = re.compile(r"\s*(?:(?:re|fw|fwd|tl|chuyển tiếp)\s*:\s*)*", re.IGNORECASE)
_PREFIX = re.compile(
    r"[\[(<{*]*\s*((?:T\s*[ỐO]\s*I|T\s*U\s*Y\s*[ỆE]\s*T)?\s*M\s*[ẬA]\s*T)\s*(?:[\])>}*]+|[:|/]|\s[\-–—]\s|\Z)"
)


def marking(line: str) -> str:
    """`TỐI MẬT` if this line is nothing but a secrecy mark, `` otherwise."""
    if not line or line.isspace():
        return ""
    text = unicodedata.normalize("NFC", line[:_LONGEST])
    whole = _stamp(text) if len(text) <= 60 else ""  # before its parts: letters may stand far apart
    return whole or next(filter(None, map(_stamp, _SPLIT.split(text))), "")


def _stamp(part: str) -> str:
    labelled = _LABELLED.match(part.strip())
    if labelled:
        return _DEGREES.get(_FRAME.sub("", labelled[1]).upper(), "")
    copy = re.search(r"(?i)\bb[ảa]n\b", part)
    head = part[: copy.start()] if copy and _COPY.match(fold(part[copy.start() :])) else part
    letters = _FRAME.sub("", "".join(head.split()))
    if letters.isupper() or letters in ("Tốimật", "Tuyệtmật"):  # a cell `mật` or the English `mat` is no stamp
        return _DEGREES.get(letters.upper(), "")
    return ""


def subject_marking(subject: str) -> str:
    """The mark before a mail's subject: `[MẬT] V/v ...`, `TỐI MẬT: ...`; not `MẬT KHẨU của bạn sắp hết hạn`."""
    text = unicodedata.normalize("NFC", subject[:_LONGEST])
    start = _SUBJECT.match(text)
    found = _PREFIX.match(text, start.end() if start else 0)
    return _DEGREES.get("".join(found[1].split()), "") if found else ""


def refuse_secret(lines: Iterable[str], where: Where) -> None:
    """Raise SecretDocument if one of the first lines is a secrecy mark. Give headers and text boxes before the body."""
    seen = 0
    for line in lines:
        degree = marking(line)
        if degree:
            raise _refusal(degree, where)
        seen += bool(line.strip())
        if seen >= HEAD_LINES:
            return


def refuse_secret_subject(subject: str, where: Where) -> None:
    """As `refuse_secret`, for the subject of a mail."""
    degree = subject_marking(subject) or marking(subject)
    if degree:
        raise _refusal(degree, where)


def _refusal(degree: str, where: Where) -> SecretDocument:
    return SecretDocument(
        f"marked as a state secret ({degree}): such documents are outside this tool's scope and were not read",
        hint="handle it by the rules for state secrets; give this tool only a version released without the mark",
        where=where,
    )
