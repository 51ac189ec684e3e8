"""A duty officer at random: commands of casework on a workspace, the same for kills, power cuts and writers side by side.

`Duty.step` does one command as the tool does it; what it refuses (a guard, a task that is closed already) is no fault.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from atttcli.clock import Clock
from atttcli.errors import Conflict, NotFound, Refused, UsageError
from atttcli.evidence.vault import Vault, add
from atttcli.incident.casework import NewIncident, add_note, link_alerts, open_incident, set_fields
from atttcli.incident.undo import undo
from atttcli.journal.journal import Journal
from atttcli.model.playbook import Playbook
from atttcli.model.task import Answer
from atttcli.playbook.load import find_playbook
from atttcli.playbook.runs import add_task, finish_task, start_run
from atttcli.store.connection import Store
from atttcli.triage.decide import close_alerts, mute

REFUSALS = (Refused, Conflict, NotFound, UsageError)
_CATEGORIES = ("madoc", "giamao", "mahoa", "truycap", "")


class Duty:
    """One person at one open workspace. `scratch` is a folder for files to be collected."""

    def __init__(self, store: Store, vault: Path, scratch: Path, chance: random.Random) -> None:
        self.store, self.vault, self.scratch, self.chance = store, Vault(vault), scratch, chance
        self.journal = Journal(store, "lan", Clock())
        self._playbook: Playbook | None = None

    def step(self) -> bool:
        """One command; False when the tool refused it."""
        doings: list[Callable[[], None]] = [
            self.open, self.note, self.set, self.collect, self.run, self.finish, self.finish, self.task, self.triage,
            self.learn, self.alert, self.undo,
        ]  # fmt: skip
        try:
            self.chance.choice(doings)()
        except REFUSALS:
            return False
        return True

    def _one(self, sql: str) -> str:
        rows = self.store.rows(sql)
        if not rows:
            raise NotFound("nothing of the kind")
        return str(self.chance.choice(rows)[0])

    def _incident(self) -> str:
        return self._one("SELECT number FROM incident WHERE status NOT IN ('closed', 'rejected')")

    def open(self) -> None:
        free = self.store.rows(
            "SELECT number FROM alert WHERE number NOT IN (SELECT alert FROM incident_alert) LIMIT 3"
        )
        new = NewIncident(f"sự cố {self.chance.random()}", category=self.chance.choice(_CATEGORIES))
        open_incident(self.journal, "bac-kan", "vn-2017", new, [row[0] for row in free])

    def note(self) -> None:
        add_note(self.journal, self._incident(), "ghi chú " * self.chance.choice((1, 3, 200)))

    def set(self) -> None:
        set_fields(self.journal, self._incident(), {"severity": self.chance.choice(("M1", "M2", "M3"))})

    def collect(self) -> None:
        path = self.scratch / "found.bin"
        path.write_bytes(self.chance.randbytes(self.chance.choice((1, 5000, 90_000))))
        add(self.journal, self.vault, self._incident(), path, source="máy 1")

    def run(self) -> None:
        self._playbook = self._playbook or find_playbook("tt20-art11-ordinary")
        start_run(self.journal, self._playbook, self._incident())

    def finish(self) -> None:
        number = self._one("SELECT number FROM task WHERE state = 'open'")
        task = self.store.row("SELECT * FROM task WHERE number = ?", number)
        assert task is not None
        evidence: tuple[str, ...] = ()
        if task["needs_evidence"]:
            incident = str(task["incident"])
            rows = self.store.rows("SELECT number FROM evidence WHERE incident = ? AND withdrawn IS NULL", incident)
            evidence = tuple(str(row[0]) for row in rows[:1])
        yes = self.chance.random() < 0.7 if task["asks"] else None
        finish_task(self.journal, number, Answer("done", yes, "xong", evidence))

    def task(self) -> None:
        add_task(self.journal, self._incident(), "gọi lại")

    def alert(self) -> None:
        with self.store.transaction() as db:
            seq = int(db.execute("SELECT coalesce(max(id), 0) FROM alert").fetchone()[0]) + 1
            db.execute(
                "INSERT INTO alert (number, fingerprint, kind, rule_id, title, severity, count, created)"
                " VALUES (?, ?, 'network', 'r1', 'C2', 3, 1, 1)",
                (f"CB-2026-{seq:04d}", f"f{seq}"),
            )
        if self.chance.random() < 0.3:
            link_alerts(self.journal, self._incident(), [f"CB-2026-{seq:04d}"])

    def triage(self) -> None:
        if self.chance.random() < 0.5:
            mute(self.journal, reason="thử", until="30d", rule_id=f"r{self.chance.random()}")
        else:
            number = self._one("SELECT number FROM alert WHERE number NOT IN (SELECT alert FROM alert_state)")
            close_alerts(self.journal, [number], "benign", "thử")

    def learn(self) -> None:
        body = {"cidr": f"192.0.2.{self.chance.randrange(256)}/32", "note": "x" * self.chance.choice((1, 3000))}
        self.journal.append("network.learned", f"a-{self.chance.random()}", body)

    def undo(self) -> None:
        undo(self.journal)
