from __future__ import annotations

import json

import pytest

from atttcli.clock import parse_moment
from atttcli.errors import UsageError
from atttcli.incident import casework
from atttcli.incident.assigning import assignments
from atttcli.incident.casework import NewIncident
from atttcli.incident.facts import incident_row, propose_severity, worse_severity
from atttcli.incident.form import bound_forms, derived_values, form_lines, form_values
from atttcli.model.record import FIELDS, GROUPS, read_record
from atttcli.profile import load_profile
from tests.support.casework import START, journal_of, make_app

LAW = load_profile("vn-2017")
NEW = load_profile("vn-2026")


@pytest.fixture
def app(tmp_path, monkeypatch):
    monkeypatch.setenv("ATTTCLI_HOME", str(tmp_path / "home"))
    app = make_app(tmp_path)
    yield app
    app.close()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("summary= Máy bị mã hóa ", "Máy bị mã hóa"),
        ("summary=", None),
        ("personal_data_subjects=1.200", 1200),
        ("occurred=22/11/2026 23:00", parse_moment("22/11/2026 23:00")),
        ("still_on=có", "yes"),
        ("still_on=không rõ", "unknown"),
        ("tlp=AMBER+STRICT", "amber+strict"),
        ("attack=t1486, T1059.001", ["T1486", "T1059.001"]),
        ("attack+=T1566", ["T1003", "T1566"]),
        ("attack-=T1003", None),
        ("public_addresses=203.0.113.7,2001:db8:0::7", ["203.0.113.7", "2001:db8::7"]),
        ("veris_action=malware,hacking", ["malware", "hacking"]),
        ("damage=50 000 000", 50_000_000),
        ("title=Mới", "Mới"),
    ],
)
def test_a_field_takes_what_its_type_allows(text, value):
    name = text.split("=")[0].rstrip("+-")
    assert assignments([text], {"attack": ["T1003"]}, LAW, START) == {name: value}


@pytest.mark.parametrize(
    "text",
    [
        "summary", "no_such=1", "attack=T99", "attack=T1059.1", "tlp=white", "personal_data_subjects=-1",
        "personal_data_subjects=many", "occurred=mai", "public_addresses=300.1.1.1", "veris_action=magic", "tlp+=red",
        "title=", "still_on=maybe", "level=9", "summary=" + "x" * 9000, "machines=" + ",".join(map(str, range(3000))),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(text):
    with pytest.raises(UsageError):
        assignments([text], {}, LAW, START)


def test_flags_are_fields_and_personal_data_states_its_flag():
    known = {"flags": {"control_lost": 1}}
    assert assignments(["beyond_capacity=yes", "control_lost=no"], known, LAW, 7) == {"flags": {"beyond_capacity": 7}}
    assert assignments(["personal_data=yes"], {}, LAW, 7) == {"personal_data": "yes", "flags": {"personal_data": 7}}
    assert assignments(["control_lost=yes"], known, LAW, 7) == {}


def test_personal_data_starts_a_second_clock_beside_the_first(app):
    journal = journal_of(app)
    number = casework.open_incident(journal, "bac-kan", "vn-2026", NewIncident("Lộ dữ liệu", detected=START))
    codes = "SELECT code, due FROM deadline WHERE incident = ? ORDER BY code"
    assert [r["code"] for r in app.store.rows(codes, number)] == ["B3"]
    casework.set_fields(journal, number, assignments(["personal_data=yes"], {}, NEW, START))
    clocks = {r["code"]: r["due"] for r in app.store.rows(codes, number)}
    assert clocks["B3"] == clocks["B5"] == START + 72 * 3600 * 10**6
    fields = json.loads(incident_row(journal, number)["fields"])
    casework.set_fields(journal, number, assignments(["personal_data=no"], fields, NEW, START))
    assert [r["code"] for r in app.store.rows(codes, number)] == ["B3"]


def test_the_record_is_read_back_typed():
    record = read_record({"machines": ["PC-1"], "personal_data": True, "occurred": 5, "unheard_of": 1})
    assert record.impact.machines == ("PC-1",)
    assert record.impact.personal_data == "yes"
    assert record.discovery.occurred == 5
    assert record.outcome.tlp == ""
    assert len(FIELDS) == sum(len(kind.__dataclass_fields__) for kind in GROUPS.values())


@pytest.mark.parametrize(
    ("flags", "subjects", "hours", "code"),
    [
        ((), 0, 0, ""),
        (("national_security", "control_lost"), 0, 0, "M1"),
        (("control_lost",), 0, 0, "M2"),
        ((), 1000, 0, "M2"),
        ((), 999, 3.9, ""),
        ((), 0, 4, "M2"),
    ],
)
def test_in_doubt_the_higher_severity_is_proposed(flags, subjects, hours, code):
    assert propose_severity(LAW, flags, subjects, hours) == code


def test_a_severity_milder_than_the_facts_is_noticed(app):
    journal = journal_of(app)
    number = casework.open_incident(journal, "bac-kan", "vn-2017", NewIncident("x", severity="M3"))
    assert worse_severity(incident_row(journal, number)) == ""
    casework.set_fields(journal, number, {"flags": {"control_lost": START}})
    assert worse_severity(incident_row(journal, number)) == "M2"
    casework.set_fields(journal, number, {"severity": "M1"})
    assert worse_severity(incident_row(journal, number)) == ""


@pytest.mark.parametrize("law", [LAW, NEW], ids=["vn-2017", "vn-2026"])
def test_every_bound_line_of_every_form_names_a_field_that_exists(law):
    known = {
        *FIELDS,
        "number",
        "title",
        "category",
        "severity",
        "class",
        "owner",
        "detected",
        "flags",
        "cause",
        "resolution",
    }
    derived = {"evidence", "initial_report", "initial_report_day"}
    forms = bound_forms(law)
    assert forms
    for form in forms:
        for line in form_lines(form, {}, {}):
            assert set(line.fields) <= known | derived, line
        for section in form.sections:
            labels = section.fields if section.mode == "fields" and section.fields else (section.title,)
            assert len(section.record) in (0, len(labels)), section


def test_the_form_says_what_is_filled_missing_and_taken_from_the_inventory(app):
    journal = journal_of(app)
    number = casework.open_incident(
        journal, "bac-kan", "vn-2017", NewIncident("Mã độc", systems=("thu-cong-vu",), detected=START)
    )
    fields = ["reporter_name=Sở Y tế", "public_addresses=203.0.113.7,10.1.2.3", "found_how=ids,log"]
    casework.set_fields(journal, number, assignments(fields, {}, LAW, START))
    row = incident_row(journal, number)
    form = LAW.form("mau_03")
    lines = {
        (line.section, line.label): line
        for line in form_lines(form, form_values(row), derived_values(app.store, row, app.inventory))
    }
    by_field = {field: line for line in lines.values() for field in line.fields}
    assert by_field["reporter_name"].value == "Sở Y tế"
    assert by_field["reporter_phone"].missing
    assert by_field["reporter_phone"].required
    assert by_field["operator"].derived
    assert by_field["operator"].value
    assert "10.1.2.3" not in by_field["public_addresses"].value
    assert "203.0.113.7" in by_field["public_addresses"].value
    assert by_field["found_how"].value == "Qua hệ thống phát hiện xâm nhập, Kiểm tra dữ liệu lưu lại (Log File)"
    assert by_field["handled"].value == "Chưa được xử lý"


def test_the_coordinators_class_goes_before_the_table(app):
    journal = journal_of(app)
    number = casework.open_incident(journal, "bac-kan", "vn-2026", NewIncident("x", detected=START))
    assert incident_row(journal, number)["class"] == "thong_thuong"
    casework.set_fields(journal, number, {"official_class": "nghiem_trong", "official_by": "A05"})
    assert incident_row(journal, number)["class"] == "nghiem_trong"
    codes = [r[0] for r in app.store.rows("SELECT code FROM deadline WHERE incident = ? ORDER BY code", number)]
    assert codes == ["B2", "B3"]
    with pytest.raises(UsageError):
        casework.set_fields(journal, number, {"official_class": "rất nặng"})
    casework.set_fields(journal, number, {"official_class": None})
    assert incident_row(journal, number)["class"] == "thong_thuong"
