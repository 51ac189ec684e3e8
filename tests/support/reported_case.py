"""A workspace with one incident that went its whole way, written through the journal: what a report is built from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from atttcli.cli.workspace import make_workspace
from atttcli.clock import HOUR, MINUTE, FixedClock, parse_moment
from atttcli.inventory import load_organisation
from atttcli.journal.journal import Journal
from atttcli.store.connection import Store
from atttcli.store.workspace import Workspace

NUMBER = "SC-2021-0001"
MORNING = parse_moment("2021-05-13 07:45")
SHELL_SHA256 = "5f" * 32
PACK = "ab" * 32
C2 = "http://capnhat.c2.example/gate.php"


def _alert(number: str, **values: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "number": number, "fingerprint": number, "kind": "network", "rule_id": "9910001", "title": "C2 check-in",
        "severity": 4, "agency": "x-vi-huong", "system": "", "first_seen": MORNING - 24 * HOUR,
        "last_seen": MORNING - 23 * HOUR, "count": 15, "source_path": "/data/in/03-xa-vi-huong.pcap", "pack": PACK,
        "observables": [["ipv4-addr", "198.51.100.230", "c2"], ["url", C2, "c2"], ["ipv4-addr", "10.23.13.15", "victim"]],
        "tags": ["c2"], "why": [], "detail": {}, "created": MORNING,
    }  # fmt: skip
    return row | values


ALERTS = [
    _alert("CB-2021-0001"),
    _alert(
        "CB-2021-0002", kind="yara", rule_id="webshell_aspx_request_to_code", title="Web shell <b>aspx</b>", severity=4,
        agency="vp-ubnd", system="cong-ttdt", count=1, source_path="/data/in/07.zip!thong-bao.aspx",
        observables=[["sha256", SHELL_SHA256, "malware"], ["ipv4-addr", "203.0.113.17", "target"]],
    ),
]  # fmt: skip


def _store_alert(store: Store, row: dict[str, Any]) -> None:
    plain = {key: json.dumps(value) if isinstance(value, (list, dict)) else value for key, value in row.items()}
    with store.transaction() as db:
        db.execute(
            f"INSERT INTO alert ({','.join(plain)}) VALUES ({','.join('?' * len(plain))})", tuple(plain.values())
        )


def build_case(root: Path, *, closed: bool = True) -> Workspace:
    """The workspace. With `closed` False the incident stands open with one task waiting."""
    clock = FixedClock(MORNING, step=MINUTE)
    workspace = make_workspace(root, load_organisation("bac-kan"), "vn-2017", "vi", clock, actor="truc.ban")
    with Store(workspace.database) as store:
        journal = Journal(store, "truc.ban", clock)
        for row in ALERTS:
            _store_alert(store, row)
        _open(journal)
        _work(journal, last=closed)
        if closed:
            journal.append(
                "incident.moved",
                NUMBER,
                {"to": "closed", "fields": {"resolution": "Đã làm sạch máy.", "cause": "Thư giả mạo có tệp kèm."}},
            )
    return workspace


def _open(journal: Journal) -> None:
    clock = {"code": "A1", "name": "Thông báo sự cố", "name_en": "incident notice", "basis": "TT 20/2017 Điều 9(2)(a)"}
    journal.append(
        "incident.opened",
        NUMBER,
        {
            "number": NUMBER, "title": "Máy tính xã Vi Hương bị điều khiển", "profile": "vn-2017",
            "organisation": "bac-kan", "alerts": ALERTS, "detected": MORNING, "agencies": ["x-vi-huong", "vp-ubnd"],
            "deadlines": [{**clock, "due": MORNING + 120 * HOUR}], "systems": ["cong-ttdt"],
        },
    )  # fmt: skip
    facts = {"category": "madoc", "severity": "M2", "class": "thong_thuong", "owner": "truc.ban"}
    journal.append("incident.set", NUMBER, {"fields": {**facts, "detected_by": "Danh sách của Trung tâm quốc gia"}})
    journal.append("incident.noted", NUMBER, {"text": "Đã gọi lại Trực ban."})


def _work(journal: Journal, *, last: bool) -> None:
    step = {
        "number": "NV-2021-0001", "incident": NUMBER, "run": "run-1", "step": "action--1", "code": "1a",
        "title": "Tiếp nhận, xác minh sự cố", "title_en": "Take in and verify", "lead": "van_hanh",
        "lead_name": "Đơn vị vận hành", "assignee": "truc.ban",
    }  # fmt: skip
    document = {"type": "playbook"}
    run = {
        "incident": NUMBER,
        "name": "Ứng cứu sự cố thông thường",
        "playbook": "thong-thuong",
        "modified": "2021-01-01",
        "digest": "cd" * 32,
    }
    journal.append("run.started", "run-1", {**run, "document": document, "tokens": {}, "tasks": [step]})
    exhibit = {"incident": NUMBER, "sha256": SHELL_SHA256, "name": "thong-bao.aspx", "size": 421, "source": "/x/07.zip"}
    journal.append("evidence.added", "CC-2021-0001", {**exhibit, "number": "CC-2021-0001"})
    more = {**step, "number": "NV-2021-0002", "code": "2", "title": "Ngăn chặn", "title_en": "Contain"}
    answer = {"task": "NV-2021-0001", "outcome": "done", "note": "Đã xác minh.", "evidence": ["CC-2021-0001"]}
    journal.append("run.answered", "run-1", {**answer, "tokens": {}, "finished": False, "tasks": [more]})
    if last:
        journal.append("deadline.met", NUMBER, {"deadline": "A1", "paper": "45/TB-STTTT", "at": MORNING + HOUR})
        answer = {"task": "NV-2021-0002", "outcome": "done", "note": "Đã ngắt mạng.", "answer": "yes"}
        journal.append("run.answered", "run-1", {**answer, "tokens": {}, "finished": True})
