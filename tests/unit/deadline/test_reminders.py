"""Reminded, then told upwards, once; and a re-planned clock begins anew."""

from __future__ import annotations

import multiprocessing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atttcli.clock import DAY, HOUR
from atttcli.deadline.reminders import STAGES, Watched, fallen_due, grace, lead_time, reached
from atttcli.deadline.shift import draw_up, hand_over, last, take
from atttcli.deadline.tick import pending, tick
from atttcli.errors import Conflict, NotFound
from atttcli.incident.casework import NewIncident, open_incident, set_fields
from atttcli.journal.journal import Journal
from atttcli.playbook.runs import add_task
from atttcli.store.connection import Store
from tests.support.casework import SetClock, make_app


@pytest.fixture
def app(tmp_path, monkeypatch):
    monkeypatch.setenv("ATTTCLI_HOME", str(tmp_path / "home"))
    app = make_app(tmp_path, SetClock())
    yield app
    app.close()


def clock(due, since=0):
    return Watched("task", "NV-2026-0001", "due", "x", due, since, "lan", "lead", "")


@given(st.integers(0, 400 * DAY), st.integers(0, 400 * DAY))
def test_stages_come_in_order_and_a_reminder_comes_before_the_end(since, span):
    one = clock(since + span, since)
    assert HOUR <= lead_time(one) <= 2 * DAY
    assert 0 < grace(one) <= DAY
    found = list(reached(one, one.due + 3 * DAY))
    assert tuple(stage.stage for stage in found) == STAGES
    assert [stage.at for stage in found] == sorted(stage.at for stage in found)
    assert [stage.to for stage in found] == ["lan", "lan", "lead"]


@given(st.lists(st.integers(-3 * DAY, 3 * DAY), max_size=8).map(sorted))
def test_whatever_the_ticks_nothing_is_told_twice(offsets):
    one, told, heard = clock(10 * DAY), set(), []
    for offset in offsets:
        for reminder in fallen_due([one], one.due + offset, told):
            heard.append(reminder.stage)
            told.add((one.object, one.code, reminder.stage, one.due))
    assert len(heard) == len(set(heard))
    assert heard == sorted(heard, key=STAGES.index)


def test_after_a_long_weekend_only_the_newest_is_told():
    assert [one.stage for one in fallen_due([clock(10 * DAY)], 30 * DAY, ())] == ["escalated"]


def open_one(app, **more):
    new = NewIncident(
        title="Máy bị mã hóa", category="mahoa", severity="M3", owner="lan", detected=app.clock.at, **more
    )
    return open_incident(app.journal, "bac-kan", "vn-2026", new)


def test_a_tick_records_once_and_next_records_nothing(app):
    number = open_one(app)
    app.clock.at += 71 * HOUR
    before = app.store.value("SELECT count(*) FROM journal")
    assert [one.watched.object for one in pending(app.store, "", app.clock.at)] == [number]
    assert app.store.value("SELECT count(*) FROM journal") == before
    assert [one.stage for one in tick(app.journal, "")] == ["soon"]
    assert tick(app.journal, "") == []
    app.clock.at += 2 * HOUR
    assert [(one.stage, one.to) for one in tick(app.journal, "")] == [("overdue", "lan")]
    app.clock.at += 2 * DAY
    assert [(one.stage, one.to) for one in tick(app.journal, "")] == [("escalated", "lead")]
    assert tick(app.journal, "") == []


def test_a_replanned_clock_begins_anew(app):
    number = open_one(app)
    app.clock.at += 71 * HOUR
    assert len(tick(app.journal, "")) == 1
    set_fields(app.journal, number, {"detected": app.clock.at})
    assert tick(app.journal, "") == []
    app.clock.at += 71 * HOUR
    assert [one.stage for one in tick(app.journal, "")] == ["soon"]


def test_tasks_are_watched_until_they_end(app):
    number = add_task(app.journal, open_one(app), "Gọi lại", assignee="minh", due=app.clock.at + 8 * HOUR)
    app.clock.at += 7 * HOUR
    (one,) = tick(app.journal, "")
    assert (one.watched.object, one.stage, one.to) == (number, "soon", "minh")


def _tick_many(path, start, results):
    with Store(path) as store:
        start.wait()
        results.put(sum(len(tick(Journal(store, "cron", SetClock()), "")) for _ in range(5)))


def test_two_ticks_at_once_record_nothing_twice(app):
    for _ in range(3):
        add_task(app.journal, open_one(app), "x", due=app.clock.at - DAY)
    context = multiprocessing.get_context("spawn")
    results, start = context.Queue(), context.Event()
    workers = [context.Process(target=_tick_many, args=(app.store.path, start, results)) for _ in range(3)]
    for worker in workers:
        worker.start()
    start.set()
    told = sum(results.get(timeout=60) for _ in workers)
    for worker in workers:
        worker.join(30)
    assert (
        told
        == app.store.value("SELECT count(*) FROM reminder")
        == app.store.value("SELECT count(*) FROM journal WHERE verb = 'tick.reminded'")
    )
    assert told == 3


def test_a_shift_is_handed_over_and_taken_once(app):
    number = open_one(app)
    with pytest.raises(NotFound):
        take(app.journal)
    made = draw_up(app.store, "vn-2026", leaving="lan", coming="minh", note="gọi lại xã", now=app.clock.at)
    assert [one.number for one in made.incidents] == [number]
    paper = hand_over(app.journal, made)
    assert take(app.journal) == paper
    with pytest.raises(Conflict):
        take(app.journal)
    kept = last(app.store)
    assert (kept["coming"], kept["taken_by"], kept["body"]["note"]) == ("minh", app.journal.actor, "gọi lại xã")
    again = draw_up(app.store, "vn-2026", leaving="minh", coming="lan", note="", now=app.clock.at)
    assert again.counts == {"shift.taken": 1}, "a shift counts from the last hand-over"


def test_rebuild_gives_the_same_clocks(app):
    open_one(app)
    app.clock.at += 80 * HOUR
    tick(app.journal, "vn-2026")
    hand_over(app.journal, draw_up(app.store, "vn-2026", leaving="a", coming="b", note="", now=app.clock.at))
    tables = ("reminder", "period_met", "shift")
    before = {name: [tuple(row) for row in app.store.rows(f"SELECT * FROM {name}")] for name in tables}
    app.journal.rebuild()
    assert {name: [tuple(row) for row in app.store.rows(f"SELECT * FROM {name}")] for name in tables} == before


def test_papers_of_the_calendar_are_owed_while_the_organisation_stands(tmp_path, monkeypatch):
    from atttcli.cli.context import App
    from atttcli.cli.workspace import make_workspace
    from atttcli.deadline.watch import calendar
    from atttcli.inventory import load_organisation

    monkeypatch.setenv("ATTTCLI_HOME", str(tmp_path / "home"))
    found = {}
    for name, profile in (("bac-kan", "vn-2017"), ("thai-nguyen", "vn-2026")):
        clock = SetClock()
        make_workspace(tmp_path / name, load_organisation(name), profile, "vi", clock, "lan")
        app = App(workspace=str(tmp_path / name), clock=clock)
        found[name] = {(one.object, one.code) for one in calendar(app.store, profile, clock.at)}
        app.close()
    assert found["bac-kan"] == set(), "merged into Thái Nguyên on 1 July 2025"
    assert ("B6", "2026-12-20") in found["thai-nguyen"]
