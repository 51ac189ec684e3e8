from __future__ import annotations

import json

import pytest

from atttcli.clock import DAY
from atttcli.errors import Conflict, NotFound, Refused, UsageError
from atttcli.evidence import vault as evidence
from atttcli.incident import casework
from atttcli.incident.casework import NewIncident
from atttcli.incident.timeline import timeline
from atttcli.incident.undo import undo
from atttcli.journal.journal import ERASED
from atttcli.model.task import Answer
from atttcli.playbook import runs
from atttcli.playbook.load import find_playbook
from tests.support.casework import START, add_alert, dump, journal_of, make_app, vault_of


@pytest.fixture
def app(tmp_path, monkeypatch):
    monkeypatch.setenv("ATTTCLI_HOME", str(tmp_path / "home"))
    app = make_app(tmp_path)
    yield app
    app.close()


@pytest.fixture
def journal(app):
    return journal_of(app)


def open_one(journal, *alerts, **values):
    return casework.open_incident(journal, "bac-kan", "vn-2017", NewIncident(**({"title": "Mã độc"} | values)), alerts)


def status(journal, number):
    return casework.incident_row(journal, number)["status"]


def to_post_incident(app, journal, number):
    casework.set_fields(journal, number, {"category": "madoc", "severity": "M3", "owner": "lan"})
    for to in ("triage", "analysis", "containment", "eradication", "recovery", "post_incident"):
        casework.move(journal, vault_of(app), number, to)


def test_an_incident_takes_what_it_is_not_told_from_its_alerts(app, journal):
    first = add_alert(app.store, 1, agency="so-y-te", first_seen=START - DAY, title="Botnet")
    second = add_alert(app.store, 2, agency="vp-ubnd")
    number = open_one(journal, first, second, title="")
    row = casework.incident_row(journal, number)
    assert (row["title"], row["category"], row["detected"]) == ("Botnet", "madoc", START - DAY)
    assert json.loads(row["agencies"]) == ["so-y-te", "vp-ubnd"]


def test_the_journal_carries_the_alerts_full_record(app, journal):
    alert = add_alert(app.store, 1, detail='{"dest": "203.0.113.9"}')
    number = open_one(journal, alert)
    with app.store.transaction() as db:
        db.execute("DELETE FROM alert")
    journal.rebuild()
    record = json.loads(app.store.value("SELECT record FROM incident_alert WHERE incident = ?", number))
    assert record["number"] == alert
    assert record["detail"] == {"dest": "203.0.113.9"}
    assert app.store.value("SELECT state FROM alert_state WHERE alert = ?", alert) == "linked"


def test_linking_twice_changes_nothing_and_an_alert_has_one_incident(app, journal):
    alert = add_alert(app.store, 1)
    number, other = open_one(journal), open_one(journal)
    assert casework.link_alerts(journal, number, [alert, alert]) == (alert,)
    assert casework.link_alerts(journal, number, [alert]) == ()
    with pytest.raises(Conflict):
        casework.link_alerts(journal, other, [alert])
    casework.unlink_alerts(journal, number, [alert], "máy khác")
    assert app.store.value("SELECT state FROM alert_state WHERE alert = ?", alert) == "open"
    assert casework.link_alerts(journal, other, [alert]) == (alert,)


@pytest.mark.parametrize("fields", [{"category": "virus"}, {"severity": "cao"}, {"flags": {"no_such": 1}}])
def test_codes_are_those_of_the_profile(journal, fields):
    number = open_one(journal)
    with pytest.raises(UsageError):
        casework.set_fields(journal, number, fields)


def test_the_laws_clock_starts_at_detection_and_moves_with_it(app, journal):
    number = open_one(journal, detected=START - DAY)
    due = "SELECT due FROM deadline WHERE incident = ? AND code = 'A1'"
    assert app.store.value(due, number) == START + 4 * DAY
    casework.set_fields(journal, number, {"detected": START - 2 * DAY})
    assert app.store.value(due, number) == START + 3 * DAY


def test_beyond_capacity_is_due_at_once_and_the_closing_report_follows_the_initial_one(app, journal):
    number = open_one(journal)
    casework.set_fields(journal, number, {"flags": {"beyond_capacity": START}})
    codes = "SELECT code FROM deadline WHERE incident = ? ORDER BY code"
    assert [r[0] for r in app.store.rows(codes, number)] == ["A1", "A3"]
    casework.meet_deadline(journal, number, "A3", START, "05/BC-STTTT")
    to_post_incident(app, journal, number)
    assert "A4" in [r[0] for r in app.store.rows(codes, number)]
    assert app.store.value("SELECT paper FROM deadline WHERE incident = ? AND code = 'A3'", number) == "05/BC-STTTT"


def test_closing_needs_everything_and_reopening_a_reason(app, journal, tmp_path):
    number = open_one(journal)
    to_post_incident(app, journal, number)
    task = runs.add_task(journal, number, "Gọi nhà mạng")
    done = {"resolution": "đã gỡ bỏ", "cause": "mật khẩu yếu"}
    with pytest.raises(Refused, match=task):
        casework.move(journal, vault_of(app), number, "closed", **done)
    runs.finish_task(journal, task, Answer(note="xong"))
    casework.move(journal, vault_of(app), number, "closed", **done)
    row = casework.incident_row(journal, number)
    assert (row["status"], row["cause"], row["closed"] is not None) == ("closed", "mật khẩu yếu", True)
    with pytest.raises(Refused):
        casework.set_fields(journal, number, {"owner": "minh"})
    assert casework.reopen(journal, number, "tái nhiễm") == "analysis"
    assert casework.incident_row(journal, number)["closed"] is None


def test_broken_evidence_stops_the_closing(app, journal, tmp_path):
    number = open_one(journal)
    (tmp_path / "note.txt").write_text("README: files encrypted")
    piece = evidence.add(journal, vault_of(app), number, tmp_path / "note.txt")
    to_post_incident(app, journal, number)
    path = vault_of(app).path(evidence.exhibit(app.store, piece).sha256)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(Refused) as caught:
        casework.move(journal, vault_of(app), number, "closed", resolution="x", cause="y")
    assert caught.value.guard == "evidence"


def walk_run(app, journal, tmp_path, number, stable=(False, True)):
    (tmp_path / "e.bin").write_bytes(b"MZ" * 40)
    piece = evidence.add(journal, vault_of(app), number, tmp_path / "e.bin")
    answers = iter(stable)
    while task := app.store.row("SELECT * FROM task WHERE incident = ? AND state = 'open'", number):
        given = Answer(
            "done", next(answers) if task["asks"] else None, "xong", (piece,) if task["needs_evidence"] else ()
        )
        if not task["required"]:
            given = Answer("skipped", None, "không cần")
        runs.finish_task(journal, task["number"], given)


def test_a_run_goes_on_after_a_restart_and_ends(app, journal, tmp_path):
    number = open_one(journal)
    run = runs.start_run(journal, find_playbook("tt20"), number)
    with pytest.raises(Conflict):
        runs.start_run(journal, find_playbook("tt20"), number)
    app.close()
    app._store = None  # a new process
    again = journal_of(app)
    walk_run(app, again, tmp_path, number)
    tasks = app.store.rows("SELECT code, round, state FROM task WHERE run = ? ORDER BY number", run)
    assert [f"{t['code']}/{t['round']}" for t in tasks][9:] == ["3c/1", "2/2", "3a/2", "3b/2", "3c/2", "4/1"]
    assert [t["state"] for t in tasks if t["code"] == "1d"] == ["skipped"]
    assert app.store.value("SELECT state FROM playbook_run WHERE id = ?", run) == "finished"


def test_an_answer_is_taken_once(app, journal, tmp_path):
    number = open_one(journal)
    task = runs.add_task(journal, number, "x")
    runs.finish_task(journal, task, Answer())
    with pytest.raises(Conflict):
        runs.finish_task(journal, task, Answer())


def test_evidence_of_another_incident_does_not_count(app, journal, tmp_path):
    number, other = open_one(journal), open_one(journal)
    (tmp_path / "e").write_text("x")
    piece = evidence.add(journal, vault_of(app), other, tmp_path / "e")
    task = runs.add_task(journal, number, "x")
    with pytest.raises(NotFound):
        runs.finish_task(journal, task, Answer(evidence=(piece,)))


def test_cancelling_ends_the_open_tasks(app, journal):
    number = open_one(journal)
    run = runs.start_run(journal, find_playbook("tt20"), number)
    with pytest.raises(Refused):
        runs.cancel_run(journal, run, " ")
    runs.cancel_run(journal, run, "quy trình khác")
    assert [r[0] for r in app.store.rows("SELECT state FROM task")] == ["cancelled"]


def test_rebuild_gives_the_same_rows(app, journal, tmp_path):
    number = open_one(journal, add_alert(app.store, 1))
    runs.start_run(journal, find_playbook("tt20"), number)
    walk_run(app, journal, tmp_path, number)
    casework.set_fields(journal, number, {"flags": {"beyond_capacity": START}, "summary": "tóm tắt"})
    casework.meet_deadline(journal, number, "A1", START, "1/BC")
    casework.add_note(journal, number, "ghi chú")
    undo(journal)
    to_post_incident(app, journal, number)
    casework.move(journal, vault_of(app), number, "closed", resolution="x", cause="y")
    before = dump(app.store)
    journal.rebuild()
    assert dump(app.store) == before


def steps(app, journal, tmp_path):
    """Every kind of decision, each as (name, do)."""
    number = open_one(journal, add_alert(app.store, 1))
    loose = add_alert(app.store, 2)
    task = runs.add_task(journal, number, "x")
    (tmp_path / "e").write_text("x")
    yield lambda: open_one(journal, loose)
    yield lambda: casework.link_alerts(journal, number, [loose])
    yield lambda: casework.unlink_alerts(journal, number, ["CB-2026-0001"], "r")
    yield lambda: casework.set_fields(journal, number, {"owner": "minh", "flags": {"beyond_capacity": START}})
    yield lambda: casework.move(journal, vault_of(app), number, "triage")
    yield lambda: casework.add_note(journal, number, "n")
    yield lambda: casework.meet_deadline(journal, number, "A1", START, "1/BC")
    yield lambda: runs.finish_task(journal, task, Answer(note="x"))
    yield lambda: runs.start_run(journal, find_playbook("tt20"), number)
    yield lambda: evidence.add(journal, vault_of(app), number, tmp_path / "e")


def test_undo_brings_back_the_state_before_whatever_was_decided(app, journal, tmp_path):
    count = 0
    for do in steps(app, journal, tmp_path):
        before = dump(app.store, without=("number_counter",))
        do()
        assert journal.store.value("SELECT count(*) FROM journal WHERE verb = 'undone'") == count
        undo(journal)
        count += 1
        assert dump(app.store, without=("number_counter",)) == before
    assert count == 10


def test_undo_goes_back_one_own_entry_after_the_other_and_never_gives_a_number_again(app, journal):
    first = open_one(journal)
    casework.add_note(journal, first, "n")
    assert undo(journal).verb == "incident.noted"
    assert undo(journal).verb == "incident.opened"
    assert open_one(journal) != first
    assert [e.verb for e in timeline(journal, first)] == []


def test_undo_refuses_what_left_the_house_what_others_did_and_what_others_built_on(app, journal, tmp_path):
    minh = journal_of(app, "minh")
    with pytest.raises(NotFound):
        undo(minh)
    number = open_one(journal)
    casework.add_note(minh, number, "đã gọi")
    with pytest.raises(Refused) as caught:
        undo(journal)
    assert caught.value.guard == "built-upon"
    undo(minh)
    assert undo(journal).verb == "incident.opened"  # nobody builds on it any more
    number = open_one(journal)
    journal.append("report.issued", number, {"paper": "1/BC"})
    with pytest.raises(Refused) as caught:
        undo(journal)
    assert caught.value.guard == "left-the-house"


def test_undo_refuses_an_exhibit_that_somebody_used(app, journal, tmp_path):
    number = open_one(journal)
    (tmp_path / "e").write_text("x")
    piece = evidence.add(journal, vault_of(app), number, tmp_path / "e")
    minh = journal_of(app, "minh")
    task = runs.add_task(minh, number, "x")
    runs.finish_task(minh, task, Answer(evidence=(piece,)))
    with pytest.raises(Refused):
        undo(journal)


@pytest.mark.parametrize("verb", ["", "payload.erased", "events.purged", "workspace.restored"])
def test_the_foundation_cannot_be_undone(journal, verb):
    if verb:
        journal.append(ERASED if verb == "payload.erased" else verb, "1", {"seq": 1})
    with pytest.raises(Refused) as caught:
        undo(journal)
    assert caught.value.guard == "foundation"


def test_the_timeline_is_in_order_and_holds_runs_tasks_and_evidence(app, journal, tmp_path):
    number = open_one(journal)
    open_one(journal)
    runs.start_run(journal, find_playbook("tt20"), number)
    walk_run(app, journal, tmp_path, number, (True,))
    found = list(timeline(journal, number))
    assert [e.seq for e in found] == sorted(e.seq for e in found)
    assert [e.verb for e in found][:3] == ["incident.opened", "run.started", "evidence.added"]
    assert len([e for e in found if e.verb == "run.answered"]) == 11


@pytest.mark.parametrize(
    ("text", "error"), [("SC-2026", UsageError), ("SC-1999", NotFound), ("", NotFound), ("%", NotFound)]
)
def test_numbers_by_prefix(journal, text, error):
    open_one(journal)
    open_one(journal)
    with pytest.raises(error):
        casework.find_incident(journal, text)


def test_numbers_by_last_digits_and_any_case(journal):
    first = open_one(journal)
    assert casework.find_incident(journal, "1") == casework.find_incident(journal, first.lower()) == first
