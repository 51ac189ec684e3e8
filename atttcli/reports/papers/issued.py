"""Papers that went out, as later papers cite them. The register's rows come out of the journal (`report.issued`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from atttcli.store.connection import Store


@dataclass(frozen=True, slots=True)
class Issued:
    """One paper of the register. `day` as written (`13/05/2021`), `at` when it was recorded."""

    number: str
    day: str
    code: str
    title: str
    subject: str
    at: int

    def cited(self, *, dated: bool = True) -> str:
        """`Báo cáo ban đầu sự cố mạng số 07/BC-STTTT ngày 04 tháng 5 năm 2021`: as running text names a paper."""
        name = (self.title or self.code).capitalize()
        named = f"{name} số {self.number}"
        day, month, year = (*self.day.split("/"), "", "")[:3]
        if not dated or not year:
            return named
        return f"{named} ngày {day} tháng {month if int(month) <= 2 else int(month)} năm {year}"


def issued_papers(store: Store, subject: str = "", code: str = "") -> list[Issued]:
    """Papers about a subject, oldest first; all of them without one."""
    rows = store.rows(
        "SELECT number, dated, code, title, subject, at FROM paper WHERE (?1 = '' OR subject = ?1) AND (?2 = '' OR code = ?2)"
        " ORDER BY seq",
        subject,
        code,
    )
    return [
        Issued(row["number"], _day(row["dated"]), row["code"], row["title"], row["subject"], row["at"]) for row in rows
    ]


def _day(iso: str) -> str:
    year, month, day = (*iso.split("-"), "", "")[:3]
    return f"{day}/{month}/{year}" if day else iso
