"""Papers that went out: the register."""

from __future__ import annotations

import json
import sqlite3
from typing import Any


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _issued(db: sqlite3.Connection, entry: Any) -> None:
    """`sha256` (format to digest) is what first versions of the entry said; what else stands there came later.

    `kept`: format to digest of the bytes in the vault; `signed`: digest of the signed file; `model`: of the report model.
    """
    body = entry.payload
    number = str(body.get("document") or body.get("paper") or "")
    if not number:
        return
    head = body.get("head") or {}
    values = {
        "seq": entry.seq,
        "number": number,
        "dated": str(body.get("date") or ""),
        "code": str(body.get("code") or "incident"),
        "title": str(body.get("title") or ""),
        "subject": str(body.get("subject") or entry.object),
        "language": str(body.get("language") or "vi"),
        "recipients": _dumps(body.get("recipients") or []),
        "files": _dumps(
            {
                "sha256": body.get("sha256") or {},
                "kept": sorted(body.get("kept") or ()),
                "signed_name": str(body.get("signed_name") or ""),
            }
        ),
        "signed": str(body.get("signed") or ""),
        "model": str(body.get("model") or ""),
        "head_count": int(head.get("count") or 0),
        "head_hash": str(head.get("hash") or ""),
        "at": entry.time,
        "actor": entry.actor,
    }
    db.execute(
        f"INSERT OR REPLACE INTO paper ({','.join(values)}) VALUES ({','.join('?' * len(values))})",
        tuple(values.values()),
    )


HANDLERS = {"report.issued": _issued}
