"""Header values decoded by simple, linear means; the library's address and structured-header parsers recurse and are left alone."""

from __future__ import annotations

import re
from datetime import UTC
from email.errors import HeaderParseError
from email.header import decode_header
from email.utils import parsedate_to_datetime
from typing import Final

from atttcli.clock import to_micros
from atttcli.sources.mail_message.message import MAX_HEADER, MAX_RECIPIENTS
from atttcli.text.fold import nfc

_ADDRESS = re.compile(
    r"(?<![\w.!#$%&'*+/=?^`{|}~\-])[\w.!#$%&'*+/=?^`{|}~\-]{1,64}+@[\w\-]{1,63}+(?:\.[\w\-]{1,63}+){0,10}"
)
_FOLD = re.compile(r"\r?\n[ \t]*")
# Only these: some of Python's codecs are no character sets (`punycode`, `unicode_escape`) and some take quadratic time.
_CHARSETS: Final = re.compile(
    r"(?:utf-?8|utf-?16(?:-?[bl]e)?|utf-?7|us-ascii|ascii|latin-?1|iso-?8859-?\d{1,2}|windows-?12\d\d|cp12\d\d|koi8-[ru]|gb2312|gbk|gb18030"
    r"|big5|euc-?(?:jp|kr)|shift[_-]jis|iso-2022-(?:jp|kr)|ks_c_5601-1987|tis-620)\Z",
    re.IGNORECASE,
)


def decode_text(data: bytes, charset: str | None) -> str:
    """Bytes in a declared character set; UTF-8, then Windows-1258, when it is unknown or wrong."""
    names = [charset] if charset and _CHARSETS.match(charset) else []
    for name in (*names, "utf-8"):
        try:
            return data.decode(name)
        except (UnicodeError, LookupError):
            continue
    return data.decode("cp1258", "replace")


def header_text(raw: str) -> str:
    """One header's value as people read it: unfolded, encoded words decoded, NFC."""
    value = unfold(raw)
    if "=?" not in value:
        return nfc(value)
    try:
        pieces = decode_header(value)
    except (HeaderParseError, ValueError, AssertionError):
        return nfc(value)
    decoded = [piece if isinstance(piece, str) else decode_text(piece, charset or "ascii") for piece, charset in pieces]
    return nfc("".join(decoded)).strip()


def unfold(raw: str) -> str:
    """On one line, bounded; raw 8-bit bytes (surrogates, as the parser leaves them) read as UTF-8 or Windows-1258."""
    value = _FOLD.sub(" ", raw[:MAX_HEADER]).strip()
    if any("\udc80" <= char <= "\udcff" for char in value):
        value = decode_text(
            value.encode("ascii", "surrogateescape") if _is_narrow(value) else value.encode("utf-8", "replace"), None
        )
    return value


def _is_narrow(value: str) -> bool:
    return all(char < "\x80" or "\udc80" <= char <= "\udcff" for char in value)


def addresses(raw: str) -> tuple[str, ...]:
    """All addresses of a header, lower case, each once. Of `"a@x.example" <b@y.example>` only the one in brackets."""
    value = unfold(raw)
    bracketed = re.findall(r"<([^<>\s]{1,320})>", value)
    found = [match for text in bracketed for match in _ADDRESS.findall(text)]
    if not found:
        found = _ADDRESS.findall(header_text(raw))
    elif "," in value:
        found += [
            match
            for piece in value.split(",")
            if "<" not in piece and '"' not in piece
            for match in _ADDRESS.findall(piece)
        ]
    return tuple(dict.fromkeys(address.lower().rstrip(".") for address in found))[:MAX_RECIPIENTS]


def display_name(raw: str) -> str:
    """What stands before the address: `"Cục A05" <x@y.example>` -> `Cục A05`."""
    value = unfold(raw)
    head, bracket, _ = value.rpartition("<")
    return header_text(head).strip(" \"'") if bracket else ""


def date_of(raw: str) -> int | None:
    """A Date header, or the date at the end of a Received header."""
    value = unfold(raw).rpartition(";")[2].strip()[:100]
    try:
        moment = parsedate_to_datetime(value)
        return to_micros(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
