"""Random days of casework by two people: whatever they do, links are single, guards hold, a merge that is parted leaves no
trace, taking back equals a fold without the entry, and a rebuild gives the very rows."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule

from atttcli.cli.context import App
from atttcli.errors import AtttError, Conflict, NotFound, Refused, UsageError
from atttcli.incident import casework, joining
from atttcli.incident.casework import NewIncident
from atttcli.incident.joining import Part
from atttcli.incident.lifecycle import EDGES
from atttcli.incident.undo import undo
from atttcli.journal.head import read_head
from atttcli.journal.verify import verify_journal
from atttcli.model.incident import STATUSES
from atttcli.model.task import Answer
from atttcli.playbook import runs
from tests.support.casework import START, SetClock, add_alert, dump, journal_of, make_app, vault_of

_ALERTS = 8
_MEMORY = Path("/dev/shm")  # hundreds of commits a second: no disk is needed to find a wrong row
_AGENCIES = ("so-y-te", "vp-ubnd", "so-tc")


@pytest.fixture(scope="module", autouse=True)
def template(tmp_path_factory):
    """One workspace, made once and copied for every example, with the home that holds its head."""
    folder = tmp_path_factory.mktemp("template")
    before = os.environ.get("ATTTCLI_HOME")
    os.environ["ATTTCLI_HOME"] = str(folder / "home")
    app = make_app(folder)
    for seq in range(1, _ALERTS + 1):
        add_alert(app.store, seq, agency=_AGENCIES[seq % 3], first_seen=START - seq, severity=seq % 5)
    app.close()
    Casework.template = folder
    yield
    if before is not None:
        os.environ["ATTTCLI_HOME"] = before


@contextmanager
def allowed():
    """What people may be told: no, with a reason; anything else is a fault."""
    try:
        yield
    except Refused as refusal:
        assert refusal.guard
        assert refusal.hint
    except (Conflict, NotFound, UsageError) as error:
        assert error.message


def rows(store, *without):
    """Every projected row; the organisation is large and nobody here changes it."""
    return dump(store, without=("organisation", *without))


class Casework(RuleBasedStateMachine):
    """Lan and Minh at work."""

    template: Path
    incidents = Bundle("incidents")
    who = st.sampled_from(("lan", "minh"))
    reasons = st.sampled_from(("", "lý do", "lý do khác"))
    alerts = st.lists(st.integers(1, _ALERTS).map(lambda n: f"CB-2026-{n:04d}"), max_size=3, unique=True)

    @initialize()
    def start(self):
        self.folder = Path(tempfile.mkdtemp(dir=_MEMORY if _MEMORY.is_dir() else None))
        shutil.copytree(self.template, self.folder / "t")
        os.environ["ATTTCLI_HOME"] = str(self.folder / "t" / "home")
        self.app = App(workspace=str(self.folder / "t" / "ws"), lang="en", clock=SetClock())
        self.app.store.connection.execute("PRAGMA synchronous=OFF")
        self.journals = {name: journal_of(self.app, name) for name in ("lan", "minh")}

    def teardown(self):
        if not hasattr(self, "app"):
            return
        store = self.app.store
        before = rows(store)
        assert list(verify_journal(store.connection, read_head(store.meta("id")))) == []
        self.journals["lan"].rebuild()
        assert rows(store) == before
        self.app.close()
        shutil.rmtree(self.folder)

    @rule(target=incidents, who=who, alerts=alerts, severity=st.sampled_from(("", "M1", "M3")), exercise=st.booleans())
    def open(self, who, alerts, severity, exercise):
        new = NewIncident("Vụ", severity=severity, exercise=exercise and not alerts, detected=START)
        with allowed():
            return casework.open_incident(self.journals[who], "bac-kan", "vn-2017", new, alerts)
        return multiple()

    @rule(
        number=incidents,
        who=who,
        fields=st.fixed_dictionaries(
            {},
            optional={
                "category": st.sampled_from(("madoc", "mahoa", "x")), "severity": st.sampled_from(("M1", "M2", "M4")),
                "owner": st.sampled_from(("lan", "")), "machines": st.lists(st.sampled_from("abc"), unique=True),
                "detected": st.integers(START - 10, START), "flags": st.sampled_from(({}, {"beyond_capacity": START})),
                "resolution": st.just("đã gỡ"), "cause": st.sampled_from(("mật khẩu", "not determined")),
            },
        ),
    )  # fmt: skip
    def set(self, number, who, fields):
        with allowed():
            casework.set_fields(self.journals[who], number, fields)

    @rule(number=incidents, who=who, to=st.sampled_from(STATUSES), reason=reasons)
    def move(self, number, who, to, reason):
        was = self.status(number)
        with allowed():
            casework.move(self.journals[who], vault_of(self.app), number, to, reason)
            assert to in EDGES[was]

    @rule(number=incidents, who=who)
    def push(self, number, who):
        """As far as it goes, so that random days come to their ends."""
        ready = {"category": "madoc", "owner": "lan", "resolution": "đã gỡ", "cause": "mật khẩu"}
        with allowed():
            casework.set_fields(self.journals[who], number, ready | {"severity": "M2"})
            casework.approve(self.journals[who], number, "closed", "Giám đốc", "12/QĐ")
            for to in ("triage", "analysis", "containment", "eradication", "recovery", "post_incident", "closed"):
                if to in EDGES.get(self.status(number), ()):
                    casework.move(self.journals[who], vault_of(self.app), number, to)

    @rule(number=incidents, who=who, paper=st.sampled_from(("", "12/QĐ")), approver=st.sampled_from(("", "Giám đốc")))
    def approve(self, number, who, paper, approver):
        with allowed():
            casework.approve(self.journals[who], number, "", approver, paper)

    @rule(number=incidents, who=who, reason=reasons)
    def reopen(self, number, who, reason):
        with allowed():
            casework.reopen(self.journals[who], number, reason)

    @rule(number=incidents, who=who, alerts=alerts, away=st.booleans())
    def link(self, number, who, alerts, away):
        with allowed():
            if away:
                casework.unlink_alerts(self.journals[who], number, alerts, "máy khác")
            else:
                casework.link_alerts(self.journals[who], number, alerts)

    @rule(number=incidents, who=who)
    def note(self, number, who):
        with allowed():
            casework.add_note(self.journals[who], number, "đã gọi")

    @rule(number=incidents, who=who)
    def task(self, number, who):
        with allowed():
            runs.add_task(self.journals[who], number, "việc")

    @rule(who=who, data=st.data())
    def finish(self, who, data):
        tasks = [row[0] for row in self.app.store.rows("SELECT number FROM task WHERE state = 'open'")]
        if tasks:
            with allowed():
                runs.finish_task(self.journals[who], data.draw(st.sampled_from(tasks)), Answer(note="xong"))

    @rule(number=incidents, who=who, code=st.sampled_from(("A1", "A3", "A4")))
    def met(self, number, who, code):
        with allowed():
            casework.meet_deadline(self.journals[who], number, code, START + 5, "1/BC")

    @rule(number=incidents, into=incidents, who=who)
    def merge(self, number, into, who):
        with allowed():
            joining.merge(self.journals[who], number, into, "cùng một vụ")

    @rule(number=incidents, who=who)
    def unmerge(self, number, who):
        with allowed():
            joining.unmerge(self.journals[who], number, "hai vụ")

    @rule(number=incidents, into=incidents, who=who)
    def merge_and_part(self, number, into, who):
        """Both ways at once: nothing but the journal and the times of change may tell."""
        before = self.links()
        try:
            joining.merge(self.journals[who], number, into, "cùng một vụ")
        except AtttError:
            assert self.links() == before
            return
        joining.unmerge(self.journals[who], number, "hai vụ")
        assert self.links() == before

    @rule(target=incidents, number=incidents, who=who, alerts=alerts, agency=st.sampled_from(("", *_AGENCIES)))
    def split(self, number, who, alerts, agency):
        part = Part(alerts=tuple(alerts), agencies=(agency,) if agency else ())
        with allowed():
            return joining.split(self.journals[who], number, "Phần", part, "khác")
        return multiple()

    @rule(who=who)
    def undo(self, who):
        with allowed():
            undo(self.journals[who])
            after = rows(self.app.store)
            self.journals[who].rebuild()
            assert rows(self.app.store) == after

    @invariant()
    def every_alert_has_one_incident(self):
        if hasattr(self, "app"):
            rows = self.app.store.rows("SELECT alert, incident FROM incident_alert")
            assert len(rows) == len({row["alert"] for row in rows})
            linked = self.app.store.rows("SELECT alert, incident FROM alert_state WHERE state = 'linked'")
            assert sorted(map(tuple, rows)) == sorted(map(tuple, linked))

    @invariant()
    def nothing_hangs_on_what_was_merged(self):
        if hasattr(self, "app"):
            for row in self.app.store.rows("SELECT number, merged_into FROM incident WHERE status = 'merged'"):
                assert joining.hanging(self.app.store, row["number"]) == {}
                assert row["merged_into"]
            assert not self.app.store.value(
                "SELECT 1 FROM deadline JOIN incident ON number = incident WHERE status = 'merged'"
            )

    @invariant()
    def guards_hold(self):
        if hasattr(self, "app"):
            for row in self.app.store.rows(
                "SELECT * FROM incident WHERE status NOT IN ('reported','triage','rejected','merged')"
            ):
                assert row["category"]
                assert row["severity"]
            for row in self.app.store.rows("SELECT * FROM incident WHERE status = 'closed'"):
                assert row["resolution"]
                assert row["cause"]
                if "closed" in json.loads(row["gates"]):
                    assert self.app.store.value("SELECT 1 FROM approval WHERE incident = ?", row["number"])

    @invariant()
    def the_desk_counts_what_waits(self):
        if hasattr(self, "app"):
            counted = self.app.store.rows(
                "SELECT agency, rule_id, severity, waiting FROM alert_desk WHERE waiting != 0 ORDER BY 1, 2, 3"
            )
            really = self.app.store.rows(
                "SELECT a.agency, a.rule_id, a.severity, count(*) FROM alert a LEFT JOIN alert_state s ON s.alert = a.number"
                " WHERE a.muted = 0 AND coalesce(s.state, 'open') = 'open' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
            )
            assert list(map(tuple, counted)) == list(map(tuple, really))

    def status(self, number):
        return self.app.store.value("SELECT status FROM incident WHERE number = ?", number) or ""

    def links(self):
        found = rows(self.app.store, "number_counter", "touch", "transition", "search_doc")
        found["incident"] = [
            tuple(value for name, value in zip(row.keys(), row, strict=True) if name != "updated")
            for row in self.app.store.rows("SELECT * FROM incident ORDER BY number")
        ]
        return found


Casework.TestCase.settings = settings(
    max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestCasework = Casework.TestCase
