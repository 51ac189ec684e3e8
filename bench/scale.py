"""A workspace as large as a province's ever gets, written through the tool's own verbs; then what people wait for is measured.

    python bench/scale.py [--incidents 10000] [--alerts 500000] [--advisories 200] [--keep DIR]

Goals: `next`, `status`, `advisory board` <= 0.5 s CPU; `db rebuild` and `db verify` linear; `undo` independent of the size.
Rows stand in `docs/measured.md`.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

from atttcli.cli.workspace import make_workspace
from atttcli.clock import DAY, Clock
from atttcli.incident.casework import NewIncident, open_incident
from atttcli.inventory import load_organisation
from atttcli.journal.journal import Journal
from atttcli.playbook.load import find_playbook
from atttcli.playbook.runs import add_task, start_run
from atttcli.store.connection import Store
from atttcli.store.facts.alerts import AlertRow, add_alerts

ROOT = Path(__file__).resolve().parent.parent
YEAR_BACK = 365 * DAY
BATCH = 2000
MOVES = ("triage", "analysis", "containment", "eradication", "recovery", "post_incident", "closed")
GOAL_SECONDS = 0.5


class Workspace:
    """Bulk writing: many entries in one transaction, the clock a year back and going on with every entry."""

    def __init__(self, root: Path, agencies: list[str]) -> None:
        self.root, self.agencies = root, agencies
        self.store = Store(root / "workspace.db")
        self.chance = random.Random(20261123)
        self.clock = Backwards()
        self.journal = Journal(self.store, "bench", self.clock)

    def alerts(self, count: int) -> None:
        """Alerts of 400 rules over all agencies; every tenth is seen twice."""
        rows = (self._alert(number) for number in range(count))
        while batch := list(islice(rows, BATCH)):
            with self.store.transaction() as db:
                add_alerts(db, batch, 2026, self.clock.now())

    def _alert(self, number: int) -> AlertRow:
        chance = self.chance
        rule = chance.randrange(400)
        return AlertRow(
            fingerprint=f"{number:032x}", kind="network", rule_id=f"bench/{rule}", title=f"Kết nối máy chủ điều khiển {rule}",
            severity=chance.choice((1, 2, 2, 3, 3, 4)), category="madoc", key="", victim=f"192.0.2.{number % 256}",
            agency=chance.choice(self.agencies), system="", sender="", time=self.clock.start + chance.randrange(YEAR_BACK),
            sha256=f"{number % 5000:064x}", path="chụp.pcap", line=None, offset=number, pack="bench", tags='["botnet"]',
            observables="[]", why="[]", detail="{}", muted=False, occurrence=str(number),
        )  # fmt: skip

    def incidents(self, count: int, alerts: int) -> None:
        """Each with three alerts and a task; nine of ten ended; every tenth with a playbook run."""
        playbook = find_playbook("tt20-art11-ordinary")
        each = min(3, alerts // max(count, 1))
        for start in range(0, count, 200):
            with self.journal.transaction():
                for number in range(start, min(start + 200, count)):
                    linked = [f"CB-2026-{number * each + at + 1:04d}" for at in range(each)]
                    self._incident(number, linked, playbook if number % 10 == 0 else None)

    def _incident(self, number: int, alerts: list[str], playbook: object) -> None:
        new = NewIncident(f"Sự cố số {number}", category="madoc", severity="M3", owner="lan")
        code = open_incident(self.journal, "bac-kan", "vn-2017", new, alerts)
        task = add_task(self.journal, code, "Gọi lại cơ quan")
        if playbook is not None:
            start_run(self.journal, playbook, code)  # type: ignore[arg-type]
        self.journal.append("incident.noted", code, {"text": "đã gọi cơ quan, chờ trả lời"})
        if number % 10 == 9:
            return
        self._settle(code, task)
        before = "reported"
        for to in MOVES:
            fields = {"resolution": "handled", "cause": "malware"} if to == "closed" else {}
            self.journal.append("incident.moved", code, {"from": before, "to": to, "reason": "", "fields": fields})
            before = to

    def _settle(self, code: str, task: str) -> None:
        """Tasks done and papers sent, before an incident ends."""
        self.journal.append("task.closed", task, {"incident": code, "outcome": "done", "note": "xong"})
        for row in self.store.rows("SELECT code FROM deadline WHERE incident = ? AND met IS NULL", code):
            body = {"deadline": row[0], "at": self.clock.now(), "paper": "12/BC"}
            self.journal.append("deadline.met", code, body)

    def close(self) -> None:
        """Fold the log back."""
        self.store.close()


class Backwards(Clock):
    """A year ago, an entry every few minutes."""

    def __init__(self) -> None:
        self.start = super().now() - YEAR_BACK
        self._at = self.start

    def now(self) -> int:
        self._at += 200_000_000
        return min(self._at, super().now())


def build(root: Path, incidents: int, alerts: int, advisories: int) -> None:
    """The whole workspace."""
    place = load_organisation("bac-kan")
    make_workspace(root, place, "vn-2017", "vi", Clock(), "bench")
    large = Workspace(root, [agency.code for agency in place.agencies])
    for what, doing in (
        (f"{alerts} alerts", lambda: large.alerts(alerts)),
        (f"{incidents} incidents", lambda: large.incidents(incidents, alerts)),
        (f"{advisories} advisories", lambda: write_advisories(large, advisories)),
    ):
        before = time.process_time()
        doing()
        print(f"  {what} written: {time.process_time() - before:.1f} s CPU", flush=True)
    entries = large.store.value("SELECT count(*) FROM journal")
    large.close()
    size = (root / "workspace.db").stat().st_size
    print(f"  {entries} journal entries, {len(place.agencies)} agencies, database {size / 1e6:.0f} MB", flush=True)


def write_advisories(large: Workspace, count: int) -> None:
    """Advisories to every agency, with answers of most of them."""
    for number in range(count):
        with large.journal.transaction():
            write_advisory(large, number)


def write_advisory(large: Workspace, number: int) -> None:
    """One advisory to every agency, through the verbs of the journal; four of five have ended."""
    journal, agencies, ended = large.journal, large.agencies, number % 5 != 0
    code = journal.next_number("CV")
    rows = [{"address": f"192.0.2.{number % 256}", "malware": "Mirai"}]
    journal.append(
        "advisory.drafted",
        code,
        {
            "number": code, "title": f"Cảnh báo {number}", "template": "malware", "category": "madoc", "incident": "",
            "organ": "", "each": False, "due": large.clock.now() + 10 * DAY, "body": {"text": "Kính gửi"}, "source": {},
            "target": {}, "recipients": [{"agency": agency, "total": 1, "rows": rows} for agency in agencies],
        },
    )  # fmt: skip
    journal.append("advisory.approved", code, {"by": "lan", "paper": ""})
    journal.append("advisory.issued", code, {"deliveries": len(agencies)})
    journal.append("advisory.signed", code, {"signer": "lan", "at": large.clock.now()})
    journal.append("advisory.numbered", code, {"document": f"{number}/STTTT", "dated": "2025-12-01", "documents": {}})
    journal.append(
        "delivery.sent", code, {"agencies": agencies, "how": "document", "proof": "", "at": large.clock.now()}
    )
    some = agencies if ended else [agency for agency in agencies if large.chance.random() < 0.6]
    answers = [{"agency": agency, "state": "fixed", "total": 1, "handled": 1, "at": None} for agency in some]
    for at in range(0, len(answers), 10):
        journal.append("delivery.answered", code, {"answers": answers[at : at + 10]})
    if ended:
        journal.append("delivery.verified", code, {"agencies": agencies, "note": "", "evidence": []})
        journal.append("advisory.closed", code, {"reason": ""})


def cpu(*words: str) -> tuple[float, float]:
    """CPU seconds and peak MB of one command of its own; it must not fail."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", "from atttcli.cli.main import run; run()", *words]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment, text=True)
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1) or "Traceback" in said:
        print(f"{' '.join(words)}: exit {process.returncode}: {said[-300:]}", flush=True)
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


COMMANDS = (
    ("next",), ("status",), ("status", "--line"), ("advisory", "board"), ("incident", "list"), ("alert", "list", "--limit", "200"),
    ("alert", "list", "--group", "--limit", "200"), ("alert", "list", "--json"), ("alert", "triage", "--json"),
    ("incident", "show", "SC-2025-0010"), ("undo",), ("db", "verify"), ("db", "rebuild"),
)  # fmt: skip


def main() -> int:
    options = argparse.ArgumentParser()
    options.add_argument("--incidents", type=int, default=10_000)
    options.add_argument("--alerts", type=int, default=500_000)
    options.add_argument("--advisories", type=int, default=200)
    options.add_argument("--keep", type=Path)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        base = given.keep or Path(folder)
        os.environ["ATTTCLI_HOME"] = str(base / "home")
        os.environ["ATTTCLI_ACTOR"] = "bench"
        root = base / "ws"
        if not root.exists():
            build(root, given.incidents, given.alerts, given.advisories)
        late = 0
        os.environ["ATTTCLI_WORKSPACE"] = str(root)
        for words in COMMANDS:
            spent, peak = cpu(*words)
            quick = words[0] in ("next", "status", "advisory")
            late += quick and spent > GOAL_SECONDS
            goal = f" (goal {GOAL_SECONDS})" if quick else ""
            print(f"{' '.join(words):<28} {spent:6.2f} s CPU{goal}  {peak:5.0f} MB", flush=True)
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
