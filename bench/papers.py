"""CPU seconds and memory of papers beside the budgets of DESIGN section 7: 20 pages, 146 letters, a year of 10,000 incidents.

.venv/bin/python bench/papers.py

Each case in its own process, from before the first import of ours. The year is counted from a workspace made for it.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

MIB = 1024
TWENTY = 110  # incidents: with the annexes 20 pages
YEAR = 10_000
# case: (kind, format, CPU seconds, MiB); None: no budget was set
CASES: dict[str, tuple[str, str, float | None, int | None]] = {
    "20 pages counted, html": ("counted", "html", None, None),
    "20 pages, html": ("pages", "html", 0.2, None),
    "20 pages, docx": ("pages", "docx", 1.0, 60),
    "20 pages, pdf": ("pages", "pdf", 2.0, 120),
    "146 letters, docx": ("letters", "docx", 3.0, None),
    "146 letters, pdf": ("letters", "pdf", None, None),
    "year of 10,000, html": ("year", "html", 5.0, None),
    "year of 10,000, docx": ("year", "docx", 5.0, None),
    "year of 10,000, pdf": ("year", "pdf", 5.0, None),
    "year of 10,000, xlsx": ("year", "xlsx", 5.0, None),
}


def make(root: Path, incidents: int) -> None:
    """A workspace of 2026 of Bắc Kạn: incidents with their alerts, a letter to all 146 agencies, half of them answered."""
    from atttcli.cli.workspace import make_workspace
    from atttcli.clock import DAY, FixedClock, parse_moment
    from atttcli.inventory import load_organisation
    from atttcli.journal.journal import Journal
    from atttcli.profile import load_profile
    from atttcli.store.connection import Store

    first, place = parse_moment("2026-01-01 08:00"), load_organisation("bac-kan")
    clock = FixedClock(first)
    workspace = make_workspace(root, place, "vn-2017", "vi", clock, actor="truc.ban")
    kinds = [one.code for one in load_profile("vn-2017").incident_types]
    codes = [one.code for one in place.agencies]
    with Store(workspace.database) as store:
        journal = Journal(store, "truc.ban", clock)
        with journal.transaction():
            for at in range(1, incidents + 1):
                clock.at = first + at * 360 * DAY // incidents
                _incident(journal, at, kinds[at % len(kinds)], codes[at % len(codes)])
            _letter(journal, codes)
        rows = [
            (f"CB-2026-{at:06d}", f"f{at}", at % 5, codes[at % len(codes)], first + at * 180 * DAY // incidents)
            for at in range(incidents * 2)
        ]
        with store.transaction() as db:
            db.executemany(
                "INSERT INTO alert (number, fingerprint, kind, rule_id, title, severity, agency, count, created)"
                " VALUES (?, ?, 'network', 'r', 'Kết nối C2', ?, ?, 1, ?)",
                rows,
            )


def _incident(journal: Any, at: int, kind: str, agency: str) -> None:
    number, now = f"SC-2026-{at:05d}", journal.clock.now()
    fields = {"handled_by": ["self"], "damage": at * 1_000, "occurred": now - 3_600_000_000}
    body = {
        "number": number, "title": f"Máy tính bị nhiễm mã độc, trường hợp {at}", "profile": "vn-2017", "organisation": "bac-kan",
        "opened": now, "category": kind, "severity": "M3", "owner": "truc.ban", "detected": now, "fields": fields,
        "agencies": [agency],
    }  # fmt: skip
    journal.append("incident.opened", number, body)
    if at % 2:
        journal.append("incident.moved", number, {"to": "closed", "fields": {}})


def _letter(journal: Any, codes: list[str]) -> None:
    body = {
        "language": "vi", "subject": "Cảnh báo mã độc", "opening": ["Sở cảnh báo."], "actions": ["Rà quét.", "Báo cáo."],
        "closing": "Liên hệ Đội ứng cứu.", "annex": "", "markers": [{"type": "ipv4-addr", "value": "198.51.100.7", "role": "c2"}],
    }  # fmt: skip
    recipients = [
        {"agency": code, "total": 3, "rows": [{"address": f"203.0.113.{at % 250}", "malware": "Andromeda"}]}
        for at, code in enumerate(codes)
    ]
    number = "CV-2026-0001"
    draft = {
        "title": "Cảnh báo mã độc",
        "body": body,
        "recipients": recipients,
        "each": True,
        "source": {},
        "target": {},
    }
    journal.append("advisory.drafted", number, {"number": number, **draft})
    for verb in ("approved", "issued"):
        journal.append(f"advisory.{verb}", number, {})
    journal.append("advisory.signed", number, {"signer": ""})
    journal.append("advisory.numbered", number, {"document": "45/STTTT-CNTT", "dated": "2026-06-10", "documents": {}})
    journal.append("delivery.sent", number, {"agencies": codes, "at": journal.clock.now()})
    answers = [{"agency": code, "state": "fixed", "handled": 3, "total": 3} for code in codes[::2]]
    journal.append("delivery.answered", number, {"agencies": codes[::2], "answers": answers})


def measure(kind: str, name: str, root: Path) -> None:
    """In the child: CPU from before the first import of ours to the bytes, and how large this process grew."""
    before = time.process_time()
    count, size = {"letters": letters, "pages": of_model}.get(kind, one_paper)(root, name)
    spent = time.process_time() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MIB
    print(json.dumps({"cpu": spent, "peak": peak, "papers": count, "size": size}))


def one_paper(root: Path, name: str) -> tuple[int, int]:
    """The periodic report of the year: counted, composed, rendered."""
    from atttcli.cli.context import App
    from atttcli.clock import FixedClock, parse_moment
    from atttcli.journal.journal import Journal
    from atttcli.profile import load_profile
    from atttcli.reports.paper_formats import render_paper
    from atttcli.reports.papers.catalog import build_paper, find_kind
    from atttcli.reports.papers.desk import Ask, Desk
    from atttcli.reports.papers.period import parse_period

    clock = FixedClock(parse_moment("2027-01-02 08:00"))
    app = App(str(root), "vi", clock)
    desk = Desk(Journal(app.store, "truc.ban", clock), app.inventory, load_profile("vn-2017"), clock.now())
    data = render_paper(build_paper(find_kind("period"), desk, Ask(period=parse_period("2026"))), name)
    app.close()
    if name == "json":
        (root / "model.json").write_bytes(data)
    return 1, len(data)


def of_model(root: Path, name: str) -> tuple[int, int]:
    """From a kept model, as `report build` does."""
    from atttcli.reports.paper import paper_from_json
    from atttcli.reports.paper_formats import render_paper

    return 1, len(render_paper(paper_from_json((root / "model.json").read_bytes()), name))


def letters(root: Path, name: str) -> tuple[int, int]:
    """A letter of its own to each agency."""
    from atttcli.advisory.letters import LetterDesk
    from atttcli.cli.context import App
    from atttcli.reports.letter import render_letter

    app = App(str(root), "vi")
    sizes = [
        len(render_letter(one, name))
        for one in LetterDesk(app.store, app.inventory, "vn-2017", 1 << 50).warnings("CV-2026-0001")
    ]
    app.close()
    return len(sizes), sum(sizes)


def main() -> int:
    failed = 0
    print(f"{'case':24}{'CPU s':>8}{'budget':>8}{'MiB':>6}{'budget':>8}{'papers':>8}{'bytes':>10}")
    with tempfile.TemporaryDirectory() as folder:
        roots = {"pages": Path(folder) / "pages", "year": Path(folder) / "year"}
        make(roots["pages"], TWENTY)
        make(roots["year"], YEAR)
        one_paper(roots["pages"], "json")
        for case, (kind, name, seconds, memory) in CASES.items():
            root = roots["year" if kind == "year" else "pages"]
            ran = subprocess.run([sys.executable, __file__, kind, name, str(root)], capture_output=True, check=True)
            found = json.loads(ran.stdout)
            late = (seconds is not None and found["cpu"] > seconds) or (memory is not None and found["peak"] > memory)
            failed += late
            limits = f"{found['cpu']:8.2f}{seconds or '-':>8}{found['peak']:6.0f}{memory or '-':>8}"
            print(f"{case:24}{limits}{found['papers']:8}{found['size']:10}{'  OVER' if late else ''}")
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) > 1:
        measure(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
    else:
        sys.exit(main())
