from __future__ import annotations

import pytest

from atttcli.clock import DAY, HOUR
from atttcli.errors import UsageError
from atttcli.incident import casework, joining
from atttcli.incident.casework import NewIncident
from atttcli.incident.metrics import Times, is_drill, summarise, times
from tests.support.casework import START, SetClock, add_alert, journal_of, make_app, vault_of

STEPS = ("triage", "analysis", "containment", "eradication", "recovery", "post_incident")


@pytest.fixture
def app(tmp_path, monkeypatch):
    monkeypatch.setenv("ATTTCLI_HOME", str(tmp_path / "home"))
    app = make_app(tmp_path, SetClock())
    yield app
    app.close()


@pytest.fixture
def journal(app):
    return journal_of(app)


def walk(app, journal, steps=STEPS, **values):
    """An incident that takes one hour a step."""
    new = NewIncident(**{"title": "x", "category": "madoc", "severity": "M3", "owner": "lan"} | values)
    number = casework.open_incident(journal, "bac-kan", "vn-2017", new)
    go(app, journal, number, steps)
    return number


def go(app, journal, number, steps):
    for to in steps:
        app.clock.at += HOUR
        casework.move(journal, vault_of(app), number, to, "lý do")


def hours(value):
    return None if value is None else round(value / HOUR, 3)


def measured(app):
    return {one.number: tuple(hours(v) for v in (one.mttd, one.mtta, one.mttc, one.mttr)) for one in times(app.store)}


def test_each_time_is_counted_from_the_transitions(app, journal):
    number = walk(app, journal, detected=START - HOUR, fields={"occurred": START - 3 * HOUR})
    assert measured(app) == {number: (2.0, 1.0, 5.0, 7.0)}


def test_the_first_sighting_stands_in_for_the_time_of_the_deed(app, journal):
    alert = add_alert(app.store, 1, first_seen=START - DAY)
    casework.open_incident(journal, "bac-kan", "vn-2017", NewIncident("", detected=START), [alert])
    assert [hours(one.mttd) for one in times(app.store)] == [24.0]


def test_what_is_not_reached_or_not_known_is_not_counted(app, journal):
    number = walk(app, journal, ("triage", "analysis", "containment"), detected=None)
    assert measured(app) == {number: (None, 1.0, None, None)}


def test_going_back_takes_the_earlier_end_away_and_the_last_one_counts(app, journal):
    number = walk(app, journal, ("triage", "analysis", "containment", "eradication", "containment"), detected=START)
    assert measured(app)[number] == (None, 1.0, None, None)
    go(app, journal, number, ("eradication", "recovery", "post_incident", "recovery"))
    assert measured(app)[number] == (None, 1.0, 6.0, None)
    go(app, journal, number, ("post_incident",))
    assert measured(app)[number] == (None, 1.0, 6.0, 10.0)


def test_exercises_rejected_and_merged_incidents_are_never_counted(app, journal):
    real = walk(app, journal)
    walk(app, journal, exercise=True)
    walk(app, journal, ("triage", "rejected"))
    joining.merge(journal, walk(app, journal), real, "cùng một vụ")
    assert list(measured(app)) == [real]


def test_a_merge_that_was_taken_apart_leaves_the_times_alone(app, journal):
    first, second = walk(app, journal), walk(app, journal)
    before = measured(app)
    joining.merge(journal, first, second, "r")
    joining.unmerge(journal, first, "r")
    assert measured(app) == before


def test_periods_and_groups(app, journal):
    walk(app, journal, agencies=("so-y-te", "vp-ubnd"))
    app.clock.at = START + 40 * DAY
    walk(app, journal, category="mahoa")
    assert len(list(times(app.store, START + DAY))) == 1
    assert len(list(times(app.store, None, START + DAY))) == 1
    every = list(times(app.store))
    assert [(s.group, s.incidents) for s in summarise(every, "agency")] == [("", 1), ("so-y-te", 1), ("vp-ubnd", 1)]
    assert [s.group for s in summarise(every, "type")] == ["madoc", "mahoa"]
    assert [s.group for s in summarise(every, "month")] == ["2026-03", "2026-04"]
    assert [(s.group, s.incidents) for s in summarise(every)] == [("all", 2)]
    with pytest.raises(UsageError):
        summarise(every, "owner")


@pytest.mark.parametrize(
    ("values", "median", "p90"),
    [([], None, None), ([5], 5, 5), ([1, 3], 2, 3), (range(1, 11), 5, 9), (range(1, 12), 6, 10)],
)
def test_median_and_p90_by_nearest_rank(values, median, p90):
    ones = [Times(str(v), (), "", "", mttr=v) for v in values] or [Times("x", (), "", "")]
    found = summarise(ones)[0].measures["mttr"]
    assert (found.median, found.p90, found.count) == (median, p90, len(list(values)))


def test_the_workspace_of_a_drill_is_known_by_its_folder(tmp_path):
    assert is_drill(tmp_path / "drills" / "DT-2026-0001")
    assert not is_drill(tmp_path / "ws")
