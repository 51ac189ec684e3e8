"""The register of papers that went out: the records office gives the number, we keep the very bytes, later papers cite it.

One entry `report.issued` a paper. What was sent stands in the vault by digest: the model, the papers rendered with number
and date, and the signed file where there is one; `reprint` gives exactly those bytes back.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from msgspec.structs import replace

from atttcli.errors import Conflict, IntegrityError, NotFound, Refused, UsageError
from atttcli.evidence.vault import Vault
from atttcli.reports.paper import Paper, paper_json, settled
from atttcli.text.fold import nfc

if TYPE_CHECKING:
    from atttcli.journal.journal import Journal
    from atttcli.store.connection import Row, Store

SIGNED = "signed"
MODEL = "model"


@dataclass(frozen=True, slots=True)
class Registered:
    """A row of the register. `files`: what is kept, format (or `signed`, `model`) to digest; `day` ISO."""

    seq: int
    number: str
    day: str
    code: str
    title: str
    subject: str
    language: str
    recipients: tuple[str, ...]
    files: Mapping[str, str]
    kept: tuple[str, ...]
    signed_name: str
    head_count: int
    head_hash: str
    at: int
    actor: str


_NUMBER = re.compile(r"0*([1-9]\d{0,5}[a-zđ]?)(?:/([^\W_][\w/-]{0,60}))?")


def canonical(number: str) -> str:
    """A number as a paper shows it (Decree 30, box 3): below 10 with a leading zero, no spaces; UsageError for others."""
    found = _NUMBER.fullmatch("".join(nfc(number).split()))
    if found is None:
        raise UsageError(f"not a number of a paper: {number[:40]!r}", hint="as 56/BC-STTTT, or 56")
    figures = found[1] if len(found[1]) > 1 and found[1][1].isdigit() else f"0{found[1]}"
    return f"{figures}/{found[2]}" if found[2] else figures


def numbered(paper: Paper, number: str, day: str) -> Paper:
    """The paper with the number and day that the records office gave: no draft any more."""
    first, _mark, symbol = canonical(number).partition("/")
    head = replace(paper.header, number=first, symbol=symbol or paper.header.symbol, date=day)
    return settled(replace(paper, header=head, marks=replace(paper.marks, draft=False)))


def issue(
    journal: Journal,
    vault: Vault,
    paper: Paper,
    papers: Mapping[str, bytes],
    *,
    recipients: Sequence[str] = (),
    signed: tuple[str, bytes] | None = None,
) -> Registered:
    """Keep what went out and record it. `paper` is numbered; Conflict when the number was given out already."""
    head = paper.header
    number = f"{head.number}/{head.symbol}" if head.symbol else head.number
    if not head.number or not head.date:
        raise Refused(
            "a paper goes out with a number and a day", guard="number", hint="--number 56/BC-… --date 2026-11-23"
        )
    refuse_second(journal.store, number, head.date)
    held = {**papers, MODEL: paper_json(paper), **({SIGNED: signed[1]} if signed else {})}
    digests = {name: keep(vault, data, f"{number} {name}") for name, data in held.items()}
    body = {
        "document": number,
        "date": head.date,
        "code": paper.code,
        "title": paper.kind,
        "subject": paper.subject,
        "language": head.language,
        "recipients": list(recipients or (*head.addressees, *head.recipients)),
        "sha256": digests,
        "kept": sorted(digests),
        "signed": digests.get(SIGNED, ""),
        "signed_name": signed[0] if signed else "",
        "model": digests[MODEL],
        "templates": [
            {"format": one.format, "name": one.name, "sha256": one.sha256} for one in paper.provenance.templates
        ],
        "head": {"count": paper.chain.count, "hash": paper.chain.hash} if paper.chain else {},
    }
    with journal.transaction():
        refuse_second(journal.store, number, head.date)
        journal.append("report.issued", paper.subject if _is_number(paper.subject) else number, body)
    return find_registered(journal.store, number, head.date[:4])


def keep(vault: Vault, data: bytes, name: str) -> str:
    """Bytes into the vault; their digest."""
    digest, _size = vault.keep(io.BytesIO(data), name)
    return digest


def registered(store: Store, subject: str = "", code: str = "") -> list[Registered]:
    """The register, oldest first; of one subject or kind."""
    rows = store.rows(
        "SELECT * FROM paper WHERE (?1 = '' OR subject = ?1) AND (?2 = '' OR code = ?2 OR code LIKE ?2 || '-%') ORDER BY seq",
        subject,
        code,
    )
    return [_read(row) for row in rows]


def find_registered(store: Store, number: str, year: str = "") -> Registered:
    """By the whole number (`56/BC-STTTT`), or by its figures; of one year where numbers began anew. NotFound, Conflict."""
    rows = [row for row in _numbered_so(store, number) if row["dated"].startswith(year)]
    if len(rows) > 1:
        raise Conflict(
            f"{number[:40]} is not one paper",
            hint="; ".join(f"{row['number']} --year {row['dated'][:4]}" for row in rows[:5]),
        )
    if not rows:
        raise NotFound(f"no paper {number[:40]!r} in the register", hint="atttcli report register")
    return _read(rows[0])


def kept_bytes(vault: Vault, paper: Registered, name: str) -> bytes:
    """The very bytes that went out; IntegrityError when they are no longer those."""
    if name not in paper.kept:
        raise NotFound(
            f"{paper.number} was kept as: {', '.join(paper.kept) or 'nothing'}",
            hint="--format " + (paper.kept or ("…",))[0],
        )
    digest = paper.files[name]
    data = b"".join(vault.read(digest))
    if sha256(data).hexdigest() != digest:
        raise IntegrityError(f"{paper.number} ({name}): the bytes are not those that went out")
    return data


def _numbered_so(store: Store, number: str) -> list[Row]:
    """Rows with this number, however its zero is written; with these figures, where no symbol is given."""
    try:
        wanted = canonical(number)
    except UsageError:
        return []
    rows = store.rows("SELECT * FROM paper ORDER BY seq")
    known = [(_canonical_or_same(row["number"]), row) for row in rows]
    whole = [row for said, row in known if said == wanted]
    return whole or [row for said, row in known if said.startswith(f"{wanted}/")]


def _canonical_or_same(number: str) -> str:
    try:
        return canonical(number)
    except UsageError:
        return number


def refuse_second(store: Store, number: str, day: str) -> None:
    """Conflict when the number was given out already in the same year: numbers begin anew every January."""
    for row in store.rows("SELECT number, dated, subject, title FROM paper WHERE substr(dated, 1, 4) = ?", day[:4]):
        if _canonical_or_same(row["number"]) == _canonical_or_same(number):
            raise Conflict(
                f"{row['number']} went out already in {day[:4]}, for {row['subject'] or row['title']}",
                hint="give the next number of the register: atttcli report register",
            )


def _is_number(subject: str) -> bool:
    return subject.count("-") == 2 and " " not in subject and subject[:2].isupper()


def _read(row: Row) -> Registered:
    files = json.loads(row["files"])
    return Registered(
        seq=row["seq"],
        number=row["number"],
        day=row["dated"],
        code=row["code"],
        title=row["title"],
        subject=row["subject"],
        language=row["language"],
        recipients=tuple(json.loads(row["recipients"])),
        files=files.get("sha256", {}),
        kept=tuple(files.get("kept", ())),
        signed_name=str(files.get("signed_name", "")),
        head_count=row["head_count"],
        head_hash=row["head_hash"],
        at=row["at"],
        actor=row["actor"],
    )
