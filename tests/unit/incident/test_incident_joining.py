from __future__ import annotations

import json
from dataclasses import replace

import pytest

from atttcli.clock import DAY
from atttcli.errors import NotFound, Refused, UsageError
from atttcli.evidence import vault as evidence
from atttcli.incident import casework, joining
from atttcli.incident.casework import NewIncident
from atttcli.incident.facts import facts_of, incident_row
from atttcli.incident.joining import Part
from atttcli.incident.lifecycle import check_move
from atttcli.incident.timeline import timeline
from atttcli.incident.undo import undo
from atttcli.playbook import runs
from tests.support.casework import START, add_alert, dump, journal_of, make_app, vault_of

VOLATILE = ("number_counter", "touch", "transition")


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


def links(store):
    """Every row that says what belongs to which incident, and the incidents without the time of the last change."""
    found = dump(store, without=VOLATILE)
    found["incident"] = [
        tuple(value for name, value in zip(row.keys(), row, strict=True) if name != "updated")
        for row in store.rows("SELECT * FROM incident ORDER BY number")
    ]
    return found


@pytest.fixture
def pair(app, journal, tmp_path):
    """Two incidents with alerts, a task and an exhibit each; the first one's notice went out."""
    first = open_one(journal, add_alert(app.store, 1, agency="so-y-te"), detected=START - DAY)
    second = open_one(journal, add_alert(app.store, 2, agency="vp-ubnd"), title="Botnet")
    for number, name in ((first, "a"), (second, "b")):
        runs.add_task(journal, number, f"task {name}")
        (tmp_path / name).write_text(name)
        evidence.add(journal, vault_of(app), number, tmp_path / name)
    casework.set_fields(journal, first, {"flags": {"beyond_capacity": START}, "machines": ["PC-1"]})
    casework.meet_deadline(journal, first, "A1", START, "05/BC")
    return first, second


def test_everything_follows_the_merge(app, journal, pair):
    first, second = pair
    joining.merge(journal, first, second, "cùng một vụ")
    row = incident_row(journal, second)
    assert json.loads(row["agencies"]) == ["vp-ubnd", "so-y-te"]
    assert row["detected"] == START - DAY
    for table in ("incident_alert", "task", "evidence"):
        assert app.store.value(f"SELECT count(*) FROM {table} WHERE incident = ?", second) == 2
        assert app.store.value(f"SELECT count(*) FROM {table} WHERE incident = ?", first) == 0
    assert app.store.value("SELECT incident FROM alert_state WHERE alert = 'CB-2026-0001'") == second
    clocks = app.store.rows("SELECT code, met, paper FROM deadline WHERE incident = ? ORDER BY code", second)
    assert [(c["code"], c["paper"]) for c in clocks] == [("A1", "05/BC"), ("A3", "")]
    assert app.store.value("SELECT count(*) FROM deadline WHERE incident = ?", first) == 0
    assert "incident.noted" not in [e.verb for e in timeline(journal, second)]
    assert first in [e.object for e in timeline(journal, second)]


def test_what_was_merged_takes_nothing_more_and_says_where_to_go(app, journal, pair):
    first, second = pair
    joining.merge(journal, first, second, "cùng một vụ")
    for do in (
        lambda: casework.set_fields(journal, first, {"owner": "x"}),
        lambda: casework.move(journal, vault_of(app), first, "triage"),
        lambda: casework.meet_deadline(journal, first, "A1", START, "x"),
        lambda: joining.merge(journal, first, second, "again"),
    ):
        with pytest.raises(Refused) as caught:
            do()
        assert second in caught.value.hint or "unmerge" in caught.value.hint


def test_unmerging_is_the_identity(app, journal, pair):
    first, second = pair
    before = links(app.store)
    joining.merge(journal, first, second, "cùng một vụ")
    assert links(app.store) != before
    assert joining.unmerge(journal, first, "hai vụ khác nhau") == second
    after = links(app.store)
    for table in before:
        if table != "search_doc":
            assert after[table] == before[table], table


def test_what_came_after_the_merge_stays_unless_it_is_named(app, journal, pair):
    first, second = pair
    joining.merge(journal, first, second, "cùng một vụ")
    stays, named = runs.add_task(journal, second, "stays"), runs.add_task(journal, second, "named")
    casework.link_alerts(journal, second, [add_alert(app.store, 3, agency="so-tc"), add_alert(app.store, 4)])
    joining.unmerge(journal, first, "hai vụ", Part(tasks=(named,), alerts=("CB-2026-0004",)))
    where = dict(app.store.rows("SELECT number, incident FROM task"))
    assert (where[stays], where[named]) == (second, first)
    assert dict(app.store.rows("SELECT alert, incident FROM incident_alert")) == {
        "CB-2026-0001": first, "CB-2026-0002": second, "CB-2026-0003": second, "CB-2026-0004": first,
    }  # fmt: skip
    assert json.loads(incident_row(journal, second)["agencies"]) == ["vp-ubnd", "so-tc"]


def test_three_in_a_chain_come_apart_in_order(app, journal, pair):
    first, second = pair
    third = open_one(journal)
    before = links(app.store)
    joining.merge(journal, first, second, "r")
    joining.merge(journal, second, third, "r")
    assert app.store.value("SELECT count(*) FROM task WHERE incident = ?", third) == 2
    with pytest.raises(Refused) as caught:
        joining.unmerge(journal, first, "r")
    assert second in caught.value.hint
    joining.unmerge(journal, second, "r")
    joining.unmerge(journal, first, "r")
    after = links(app.store)
    assert {t: after[t] for t in after if t != "search_doc"} == {t: before[t] for t in before if t != "search_doc"}


def test_merge_and_split_are_taken_back_like_any_entry_and_rebuild_agrees(app, journal, pair):
    first, second = pair
    for do in (
        lambda: joining.merge(journal, first, second, "r"),
        lambda: joining.split(journal, first, "Phần sau", Part(agencies=("so-y-te",)), "khác"),
    ):
        before = dump(app.store, without=("number_counter",))
        do()
        made = dump(app.store)
        journal.rebuild()
        assert dump(app.store) == made
        undo(journal)
        assert dump(app.store, without=("number_counter",)) == before


@pytest.mark.parametrize("reason", ["", " "])
def test_joining_needs_reasons(journal, pair, reason):
    first, second = pair
    for do in (
        lambda: joining.merge(journal, first, second, reason),
        lambda: joining.split(journal, first, "x", Part(agencies=("so-y-te",)), reason),
    ):
        with pytest.raises(Refused) as caught:
            do()
        assert caught.value.guard == "reason"
    with pytest.raises(UsageError):
        joining.merge(journal, first, first, "r")


def test_an_exercise_is_never_merged_with_a_real_incident(journal, pair):
    drill = open_one(journal, exercise=True)
    with pytest.raises(Refused) as caught:
        joining.merge(journal, drill, pair[0], "r")
    assert caught.value.guard == "exercise"


def test_splitting_by_agency_takes_its_alerts_and_leaves_the_rest(app, journal):
    alerts = [add_alert(app.store, 1, agency="so-y-te"), add_alert(app.store, 2, agency="vp-ubnd")]
    number = open_one(journal, *alerts, category="madoc", severity="M2", owner="lan")
    task = runs.add_task(journal, number, "hỏi")
    new = joining.split(journal, number, "Sở Y tế", Part(agencies=("so-y-te",), tasks=(task,)), "hai nguyên nhân")
    row, rest = incident_row(journal, new), incident_row(journal, number)
    assert (json.loads(row["agencies"]), json.loads(rest["agencies"])) == (["so-y-te"], ["vp-ubnd"])
    assert (row["category"], row["severity"], row["status"]) == ("madoc", "M2", "reported")
    assert dict(app.store.rows("SELECT alert, incident FROM incident_alert")) == {alerts[0]: new, alerts[1]: number}
    assert app.store.value("SELECT incident FROM task WHERE number = ?", task) == new
    assert json.loads(row["gates"]) == ["closed"]
    with pytest.raises(NotFound):
        joining.split(journal, number, "x", Part(agencies=("so-y-te",)), "r")
    with pytest.raises(UsageError):
        joining.split(journal, number, "x", Part(), "r")


def letter(journal, number, incident):
    body = {
        "number": number,
        "title": "Cảnh báo",
        "incident": incident,
        "body": {},
        "recipients": [{"agency": "so-y-te"}],
    }
    journal.append("advisory.drafted", number, body)
    journal.append("advisory.issued", number, {"deliveries": 1})


def test_letters_follow_and_an_open_one_stands_in_the_way_of_closing(app, journal, pair):
    first, second = pair
    letter(journal, "CV-2026-0001", first)
    joining.merge(journal, first, second, "r")
    assert (
        app.store.value("SELECT incident FROM advisory") == app.store.value("SELECT incident FROM delivery") == second
    )
    journal.append("delivery.sent", "CV-2026-0001", {"agencies": ["so-y-te"], "how": "edoc", "proof": "", "at": START})
    facts = facts_of(journal, incident_row(journal, second))
    assert facts.open_deliveries == ("CV-2026-0001 so-y-te",)
    joining.unmerge(journal, first, "r")
    assert app.store.value("SELECT incident FROM delivery") == first
    done = {"category": "madoc", "severity": "M3", "owner": "lan", "resolution": "x", "cause": "y"}
    ready = replace(facts_of(journal, incident_row(journal, first)), status="post_incident", open_tasks=(), **done)
    with pytest.raises(Refused) as caught:
        check_move(ready, "closed")
    assert caught.value.guard == "deliveries"
    assert "atttcli advisory verify CV-2026-0001 so-y-te" in caught.value.hint
    check_move(replace(ready, open_deliveries=()), "closed")
