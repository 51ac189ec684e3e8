"""Accounts of the mail system: read from its export, kept as decisions of people (whose mailbox it is), compared, asked."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from atttcli.clock import VIETNAM, to_micros
from atttcli.errors import InputError, NotFound, Where
from atttcli.limits import MIB
from atttcli.mailwatch.seen import MAX_NAME
from atttcli.source import ReadProblem
from atttcli.text.fold import fold

if TYPE_CHECKING:
    from atttcli.journal.journal import Journal
    from atttcli.store.connection import Store

MAX_BYTES: Final = 256 * MIB
MAX_ACCOUNTS: Final = 200_000
_CHUNK: Final = 500  # accounts in one entry of the journal
_ADDRESS: Final = re.compile(r"[^\s@<>\"';,:|\\\x00-\x1f\x7f]{1,64}@[A-Za-z0-9.-]{1,189}\Z")
_NAME: Final = re.compile(r"# name (\S{3,254})\s*\Z")
_ATTRIBUTE: Final = re.compile(r"(zimbra\w{2,60}|mail|ou|company): (.{0,4000})")
_ZMACCTS: Final = re.compile(
    r"\s*(?P<address>[^\s@]{1,64}@\S{1,190})\s+(?P<status>[a-z]{4,20})\s+(?P<created>\d\d/\d\d/\d\d \d\d:\d\d)\s+"
    r"(?P<last>\d\d/\d\d/\d\d \d\d:\d\d|never)\s*\Z"
)
_COLUMNS: Final = {
    "address": "hop thu|dia chi hop thu|dia chi thu|dia chi email|email|thu dien tu|tai khoan|mailbox|address|account|e mail|"
    "primarysmtpaddress|userprincipalname|mail",
    "agency": "don vi|ma don vi|co quan|ten don vi|ten co quan|agency|agency code|organisation|department|company|office",
    "status": "trang thai|tinh trang|status|state|enabled",
    "last_login": "dang nhap lan cuoi|lan dang nhap cuoi|dang nhap cuoi|last login|last logon|lastlogontime|lastlogin|lastlogon",
}  # fmt: skip
_FIELDS: Final = {word: field for field, words in _COLUMNS.items() for word in words.split("|")}
_STATUS: Final = {
    "hoat dong": "active", "dang hoat dong": "active", "true": "active", "enabled": "active", "khoa": "locked", "da khoa": "locked",
    "tam khoa": "locked", "false": "locked", "disabled": "locked", "dong": "closed", "da dong": "closed", "nghi huu": "closed",
}  # fmt: skip
SHUT: Final = frozenset(("locked", "closed", "lockout", "maintenance", "pending"))


@dataclass(frozen=True, slots=True)
class MailAccount:
    """A mailbox: whose (code of an agency, or empty), its state, when it was last opened (microseconds; None: unknown)."""

    address: str
    agency: str = ""
    status: str = ""
    last_login: int | None = None


@dataclass(slots=True)
class Imported:
    """What an import came to: `read` = new + changed + same; `problems` are rows that are none."""

    read: int = 0
    new: int = 0
    changed: int = 0
    same: int = 0
    unknown_agency: int = 0
    entries: int = 0


def read_accounts(
    name: str, data: bytes, agency_of: Callable[[str], str] = lambda text: ""
) -> Iterator[MailAccount | ReadProblem]:
    """Accounts of an export in whatever form; `agency_of` gives a code for what a cell says. InputError when it is no export."""
    if len(data) > MAX_BYTES:
        raise InputError(f"larger than {MAX_BYTES // MIB} MiB", where=Where(name))
    head = data[:65_536]
    if re.search(rb"(?m)^# name \S+@", head):
        found: Iterator[MailAccount | ReadProblem] = _zmprov(data)
    elif re.search(rb"(?mi)^\s*account\s+status\s+created\s+last logon", head):
        found = _zmaccts(data)
    else:
        found = _sheet(name, data, agency_of)
    count = 0
    for one in islice(found, MAX_ACCOUNTS + 1):
        count += 1
        if count > MAX_ACCOUNTS:
            raise InputError(f"more than {MAX_ACCOUNTS} accounts", where=Where(name))
        yield one
    if not count:
        raise InputError(
            "no account in it", hint="zmprov -l gaa -v, zmaccts, or a table with `Hộp thư`", where=Where(name)
        )


def _lines(data: bytes) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(io.BytesIO(data), 1):
        yield number, line[:8192].decode("utf-8", "replace").rstrip("\r\n")


def _zmprov(data: bytes) -> Iterator[MailAccount | ReadProblem]:
    held: MailAccount | None = None
    for number, line in _lines(data):
        if (named := _NAME.match(line)) is not None:
            if held is not None:
                yield held
            address = named[1].lower()
            held = MailAccount(address) if _ADDRESS.match(address) else None
            if held is None:
                yield ReadProblem(number, "no mailbox's address", excerpt=line[:200])
        elif held is not None and (found := _ATTRIBUTE.match(line)) is not None:
            if found[1] == "zimbraAccountStatus":
                held = replace(held, status=_status(found[2]))
            elif found[1] == "zimbraLastLogonTimestamp":
                held = replace(held, last_login=_generalized(found[2]))
    if held is not None:
        yield held


def _zmaccts(data: bytes) -> Iterator[MailAccount | ReadProblem]:
    for number, line in _lines(data):
        found = _ZMACCTS.match(line)
        if found is not None and _ADDRESS.match(found["address"]):
            yield MailAccount(found["address"].lower(), "", _status(found["status"]), _american(found["last"]))
        elif found is not None or ("@" in line and "/" in line):
            yield ReadProblem(number, "no line of zmaccts", excerpt=line[:200])


def _sheet(name: str, data: bytes, agency_of: Callable[[str], str]) -> Iterator[MailAccount | ReadProblem]:
    from atttcli.inventory.sheets import sheets_of

    for sheet in sheets_of(name, data):
        columns: dict[str, int] = {}
        for number, cells in sheet.rows:
            if "address" not in columns:
                columns = {}
                for index, cell in enumerate(cells):
                    field = _FIELDS.get(" ".join(re.split(r"[^a-z0-9]+", fold(cell[:80]))).strip())
                    if field:
                        columns.setdefault(field, index)
                continue
            row = {field: cells[index] for field, index in columns.items() if index < len(cells)}
            address = row.get("address", "").strip().strip("<>").lower()
            if not _ADDRESS.match(address) or len(address) > MAX_NAME:
                yield ReadProblem(number, "no mailbox's address", excerpt=address[:200])
                continue
            said = row.get("agency", "").strip()
            agency = agency_of(said) if said else ""
            if said and not agency:
                yield ReadProblem(number, "no agency of this organisation", excerpt=said[:200])
            yield MailAccount(address, agency, _status(row.get("status", "")), _moment(row.get("last_login", "")))


def _status(text: str) -> str:
    word = fold(text.strip()[:40])
    return _STATUS.get(word, word if word.isascii() and word.isalpha() else "")


def _generalized(text: str) -> int | None:
    return _parsed(text.strip().split(".")[0].rstrip("Z"), "%Y%m%d%H%M%S", UTC)


def _american(text: str) -> int | None:
    return _parsed(text, "%m/%d/%y %H:%M", VIETNAM)


def _moment(text: str) -> int | None:
    from atttcli.clock import parse_moment

    try:
        return parse_moment(text) if text.strip() else None
    except (ValueError, OverflowError):
        return None


def _parsed(text: str, pattern: str, zone: Any) -> int | None:
    try:
        return to_micros(datetime.strptime(text, pattern).replace(tzinfo=zone))
    except (ValueError, OverflowError):
        return None


def import_accounts(journal: Journal, given: list[MailAccount], source: str, digest: str) -> Imported:
    """Keep what is new or different; the same export again changes nothing. What the export leaves empty stays as it was."""
    known = {one.address: one for one in accounts(journal.store)}
    done = Imported()
    fresh: list[MailAccount] = []
    for one in {one.address: one for one in given}.values():
        done.read += 1
        before = known.get(one.address)
        after = one if before is None else _over(before, one)
        if after == before:
            done.same += 1
            continue
        done.new, done.changed = done.new + (before is None), done.changed + (before is not None)
        fresh.append(after)
    with journal.transaction():
        for start in range(0, len(fresh), _CHUNK):
            body = {
                "source": source,
                "digest": digest,
                "accounts": [asdict(one) for one in fresh[start : start + _CHUNK]],
            }
            journal.append("mail.accounts.imported", source[:100] or "accounts", body)
            done.entries += 1
    return done


def _over(before: MailAccount, one: MailAccount) -> MailAccount:
    last = max((time for time in (before.last_login, one.last_login) if time is not None), default=None)
    return MailAccount(one.address, one.agency or before.agency, one.status or before.status, last)


def accounts(store: Store, agency: str = "", text: str = "") -> list[MailAccount]:
    """Accounts by address; of one agency, with a text in the address."""
    rows = store.rows(
        "SELECT address, agency, status, last_login FROM mail_account WHERE (?1 = '' OR agency = ?1)"
        " AND (?2 = '' OR instr(address, ?2)) ORDER BY address",
        agency, text.lower(),
    )  # fmt: skip
    return [MailAccount(*tuple(row)) for row in rows]


def account(store: Store, address: str) -> MailAccount:
    """One account; NotFound."""
    row = store.row(
        "SELECT address, agency, status, last_login FROM mail_account WHERE address = ?", address.strip().lower()
    )
    if row is None:
        raise NotFound(f"no account {address[:80]!r} was imported", hint="atttcli mail accounts list")
    return MailAccount(*tuple(row))
