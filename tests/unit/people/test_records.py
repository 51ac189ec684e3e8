"""Trainings, inspections by level, contracts: what the periodic report counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atttcli.errors import Conflict, NotFound, Refused, UsageError
from atttcli.inventory.contracts import Contract, add_contract, end_contract
from atttcli.inventory.inspections import (
    Inspection,
    Shortcoming,
    close_finding,
    hold_inspection,
    inspections_due,
    open_findings,
    parse_findings,
)
from atttcli.people.records import withdraw
from atttcli.people.trainings import Training, hold_training
from atttcli.profile import load_profile
from tests.support.casework import SetClock, make_app


@pytest.fixture
def app(tmp_path, monkeypatch):
    monkeypatch.setenv("ATTTCLI_HOME", str(tmp_path / "home"))
    app = make_app(tmp_path, SetClock())
    yield app
    app.close()


def inspect(app, system="lgsp", held="2026-06-10", **more):
    values = {"agency": "tt-cntt", "level": 3, "inspector": "Sở TTTT", "result": "partly"} | more
    return hold_inspection(app.journal, Inspection(system=system, held=held, **values))


def test_inspections_fall_due_by_the_level(app):
    law = load_profile("vn-2017")
    before = {one.system: one for one in inspections_due(app.store, app.organisation, law)}
    assert before["lgsp"].last == before["lgsp"].due == ""
    inspect(app, held="2024-02-29")
    inspect(app, held="2023-01-31")
    after = {one.system: one for one in inspections_due(app.store, app.organisation, law)}
    assert (after["lgsp"].last, after["lgsp"].due) == ("2024-02-29", "2025-02-28"), "level 3 is yearly (NĐ 85 art. 20)"
    assert "NĐ 85/2016" in after["lgsp"].basis


def test_a_withdrawn_inspection_no_longer_counts(app):
    number = inspect(app, findings=(Shortcoming("không có bản sao lưu", "high", "2026-07-31"),))
    assert [one["text"] for one in open_findings(app.store)] == ["không có bản sao lưu"]
    with pytest.raises(Refused):
        withdraw(app.journal, "inspection", number, " ")
    withdraw(app.journal, "inspection", number, "nhầm")
    assert open_findings(app.store) == []
    due = {one.system: one for one in inspections_due(app.store, app.organisation, load_profile("vn-2017"))}
    assert due["lgsp"].last == ""
    with pytest.raises(NotFound):
        withdraw(app.journal, "inspection", number, "nhầm")


def test_a_finding_is_closed_once_and_with_what_was_seen(app):
    number = inspect(app, findings=parse_findings(["high: thiếu sao lưu (2026-07-31)", "chưa có quy chế"]))
    with pytest.raises(Refused) as refused:
        close_finding(app.journal, number, 1, "fixed", "")
    assert refused.value.guard == "note"
    close_finding(app.journal, number, 1, "fixed", "đã có")
    with pytest.raises(Conflict):
        close_finding(app.journal, number, 1, "accepted", "thôi")
    with pytest.raises(NotFound):
        close_finding(app.journal, number, 3, "fixed", "x")
    assert [one["place"] for one in open_findings(app.store)] == [2]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("high: không sao lưu (2026-07-31)", Shortcoming("không sao lưu", "high", "2026-07-31")),
        ("không sao lưu", Shortcoming("không sao lưu")),
        ("ghi chú: xem (phụ lục 1)", Shortcoming("ghi chú: xem (phụ lục 1)")),
        ("low: x", Shortcoming("x", "low")),
    ],
)
def test_findings_as_typed(text, wanted):
    assert parse_findings([text]) == (wanted,)


@given(st.text(max_size=60))
def test_any_text_is_a_finding(text):
    (found,) = parse_findings([text])
    assert found.severity in {"low", "medium", "high"}


@pytest.mark.parametrize(
    "wrong",
    [{"title": " "}, {"kind": "party"}, {"days": 0}, {"attendees": -1}, {"held": "hôm qua"}, {"held": "1026-01-01"}],
)
def test_trainings_that_are_none(app, wrong):
    with pytest.raises(UsageError):
        hold_training(app.journal, Training(**({"title": "Tập huấn", "held": "2026-05-12"} | wrong)))
    assert app.store.value("SELECT count(*) FROM training") == 0


def test_contracts_end_early_once(app):
    with pytest.raises(UsageError):
        add_contract(app.journal, Contract(title="x", provider="y", valid_from="2026-02-01", valid_until="2026-01-01"))
    number = add_contract(
        app.journal, Contract(title="Giám sát", provider="A", valid_from="2026-01-01", valid_until="2026-12-31")
    )
    end_contract(app.journal, number, "2026-06-30", "hết kinh phí")
    with pytest.raises(Conflict):
        end_contract(app.journal, number, "2026-07-30", "nữa")


def test_rebuild_gives_the_same_records(app):
    hold_training(app.journal, Training(title="Tập huấn", held="2026-05-12", attendees=60, agencies=("so-y-te",)))
    close_finding(app.journal, inspect(app, findings=parse_findings(["high: a"])), 1, "accepted", "chủ quản chịu")
    add_contract(app.journal, Contract(title="G", provider="A", valid_from="2026-01-01", valid_until="2026-12-31"))
    tables = ("training", "inspection", "inspection_finding", "contract")
    before = {table: [tuple(row) for row in app.store.rows(f"SELECT * FROM {table}")] for table in tables}
    assert all(before.values())
    app.journal.rebuild()
    assert {table: [tuple(row) for row in app.store.rows(f"SELECT * FROM {table}")] for table in tables} == before


def test_a_finding_of_a_withdrawn_inspection_is_no_longer_closed(app):
    number = inspect(app, findings=(Shortcoming("không có bản sao lưu ngoài"),))
    withdraw(app.journal, "inspection", number, "nhập nhầm hệ thống")
    with pytest.raises(NotFound):
        close_finding(app.journal, number, 1, "fixed", "đã có")
