"""Column headings of an organisation's sheets, Vietnamese and English, however they are spelt."""

from __future__ import annotations

import re
from collections.abc import Sequence

from atttcli.text.fold import fold

_PLAIN = re.compile(r"[^a-z0-9]+")

_AGENCY = {
    "code": "ma|ma don vi|ma co quan|ma dinh danh|code|agency code|id",
    "name": "ten|ten don vi|ten co quan|don vi|co quan|name|agency|agency name|organisation|organization",
    "short_name": "ten viet tat|viet tat|ten ngan|short name|short|abbreviation",
    "group": "nhom|nhom don vi|loai|loai don vi|khoi|group|type|kind",
    "parent": "cap tren|don vi cap tren|co quan cap tren|co quan chu quan|truc thuoc|parent|parent agency",
    "contact_role": "dau moi|chuc danh dau moi|bo phan dau moi|contact|contact role",
    "contact_email": "email|e mail|thu dien tu|email dau moi|email don vi|dia chi email|hop thu|mail|contact email",
    "backup_email": "email du phong|thu dien tu du phong|email 2|backup email|backup",
    "phone": "dien thoai|dien thoai co quan|so dien thoai|phone|telephone|office phone",
    "machines": "so may|so may tinh|tong so may|so luong may tinh|machines|computers|pcs",
    "old_machines": "so may cu|may cu|old machines|old computers",
    "antivirus": "phan mem diet virus|diet virus|phong chong ma doc|phan mem phong chong ma doc|av|antivirus",
    "has_it_officer": "can bo cntt|co can bo cntt|can bo chuyen trach|can bo chuyen trach cntt|it officer|has it officer",
    "public": "ip|dia chi ip|dai ip|ip cong cong|dai ip cong cong|ip public|ip tinh|networks|public ip|public networks|cidr",
    "lan": "mang noi bo|dai mang noi bo|ip noi bo|dai ip noi bo|lan|private networks|internal networks",
    "domains": "ten mien|ten mien web|website|trang tin|domain|domains|web domains",
    "mail_domains": "ten mien thu|ten mien thu dien tu|ten mien email|mail domain|mail domains",
    "valid_from": "hieu luc tu|tu ngay|valid from|from",
    "valid_until": "hieu luc den|den ngay|valid until|until|to",
    "successor": "don vi ke thua|ma ke thua|ke thua|successor",
}
_SYSTEM = {
    "code": "ma|ma he thong|code|system code|id",
    "name": "ten|ten he thong|he thong|ten he thong thong tin|he thong thong tin|name|system|system name",
    "level": "cap do|cap do de xuat|cap do phe duyet|cap do an toan|level|approved level",
    "external": "ben ngoai|he thong ben ngoai|external",
    "product": "san pham|phan mem|nen tang|product|software",
    "version": "phien ban|version",
    "owner": "chu quan|don vi chu quan|co quan chu quan|owner",
    "operator": "van hanh|don vi van hanh|operator",
    "provider": "nha cung cap|don vi cung cap|thue dich vu|provider|vendor|supplier",
    "domains": "ten mien|domain|domains|url|dia chi truy cap",
    "addresses": "ip|dia chi ip|ip cong cong|address|addresses|ip addresses",
    "hosts": "may chu|ten may chu|host|hosts|servers",
    "users": "so nguoi dung|so tai khoan|nguoi dung|users|accounts",
    "monitored_by": "giam sat|don vi giam sat|monitored by|monitoring",
    "note": "ghi chu|mo ta|note|notes|description",
    "log_sources": "nguon log|nguon nhat ky|nhat ky|log sources|logs",
    "rules": "luat|tap luat|rules",
    "playbooks": "kich ban|phuong an|kich ban ung cuu|playbooks",
    "drills": "dien tap|drills",
}
_MAILBOX = {
    "address": "hop thu|dia chi thu|dia chi hop thu|dia chi email|email|thu dien tu|tai khoan|mailbox|address|account|e mail",
    "agency": "don vi|ma don vi|co quan|ten don vi|ten co quan|agency|agency code|organisation|organization",
    "system": "he thong|ma he thong|system",
}
_NETWORK = {
    "cidr": "dai dia chi|dai dia chi ip|dai mang|cidr|range|network",
    "agency": "ma don vi|don vi|co quan|agency|agency code",
    "valid_from": "hieu luc tu|tu ngay|tu|valid from|from",
    "valid_until": "hieu luc den|den ngay|den|valid until|until|to",
    "ports": "cong|dai cong|ports|port",
    "note": "ghi chu|loai mang|note",
}
_DOMAIN = {
    "name": "ten mien|domain|name",
    "agency": "ma don vi|don vi|co quan|agency|agency code",
    "kind": "loai ten mien|loai|kind",
    "system": "ma he thong|he thong|system",
    "valid_from": "hieu luc tu|tu ngay|valid from|from",
    "valid_until": "hieu luc den|den ngay|valid until|until|to",
}
KINDS: dict[str, dict[str, str]] = {
    "agencies": _AGENCY, "systems": _SYSTEM, "mailboxes": _MAILBOX, "networks": _NETWORK, "domains": _DOMAIN,
}  # fmt: skip
# Without these a sheet of the kind says nothing.
REQUIRED = {
    "agencies": ("name",), "systems": ("name",), "mailboxes": ("address", "agency"), "networks": ("cidr", "agency"),
    "domains": ("name", "agency"),
}  # fmt: skip
_NAMES = {
    "mailboxes": ("hop thu", "hopthu", "mailbox", "tai khoan thu", "thu dien tu", "email"),
    "systems": ("he thong", "hethong", "system"),
    "agencies": ("don vi", "donvi", "co quan", "coquan", "agenc"),
    "networks": ("dai mang", "daimang", "networks"),
    "domains": ("ten mien", "tenmien", "domains"),
}
_LOOKUP = {
    kind: {word: field for field, words in fields.items() for word in words.split("|")}
    for kind, fields in KINDS.items()
}  # fmt: skip
# What tells the kinds apart when a sheet's name does not.
_TELLING = {
    "agencies": {"group", "machines", "old_machines", "has_it_officer", "public", "lan", "parent", "antivirus"},
    "systems": {"level", "product", "version", "operator", "owner", "hosts", "log_sources"},
    "mailboxes": {"address"},
    "networks": {"cidr", "ports"},
    "domains": {"kind"},
}
_ANY_MAIL = {"email", "e mail", "thu dien tu", "dia chi email"}  # an agencies' sheet has such a column too


def field_of(kind: str, heading: str) -> str:
    """The field a heading means for this kind of sheet; empty when none: `Số máy (chiếc)` -> machines."""
    return _LOOKUP[kind].get(_plain(heading), "")


def _plain(heading: str) -> str:
    return _PLAIN.sub(" ", fold(heading.partition("(")[0][:120])).strip()


def kind_of_name(name: str) -> str:
    """What a sheet's or file's name says it holds; empty when nothing."""
    plain = _PLAIN.sub(" ", fold(name[:120]))
    return next((kind for kind, words in _NAMES.items() if any(word in plain for word in words)), "")


def columns_of(kind: str, headings: Sequence[str]) -> dict[str, int]:
    """Field to column; of two columns with one meaning the first counts."""
    found: dict[str, int] = {}
    for index, heading in enumerate(headings):
        field = field_of(kind, heading)
        if field:
            found.setdefault(field, index)
    return found


def best_kind(headings: Sequence[str], wanted: str = "") -> tuple[str, dict[str, int]]:
    """The kind of sheet (or the wanted one) that these headings fit, with its columns; ("", {}) when none."""
    best: tuple[int, str, dict[str, int]] = (0, "", {})
    for kind in [wanted] if wanted else KINDS:
        columns = columns_of(kind, headings)
        if not all(field in columns for field in REQUIRED[kind]):
            continue
        telling = [
            field for field in _TELLING[kind] & set(columns) if _plain(headings[columns[field]]) not in _ANY_MAIL
        ]
        score = len(columns) + 3 * len(telling)
        if score > best[0]:
            best = (score, kind, columns)
    return best[1], best[2]
