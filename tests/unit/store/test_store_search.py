from __future__ import annotations

import pytest

from atttcli.errors import UsageError
from atttcli.evidence import vault as evidence
from atttcli.incident import casework
from atttcli.incident.casework import NewIncident
from atttcli.incident.undo import undo
from atttcli.journal.erase import erase, find_entry
from atttcli.playbook import runs
from atttcli.store.facts.alerts import AlertRow, add_alerts
from atttcli.store.search import around, search
from tests.support.casework import START, add_alert, journal_of, make_app, vault_of


@pytest.fixture
def app(tmp_path, monkeypatch):
    monkeypatch.setenv("ATTTCLI_HOME", str(tmp_path / "home"))
    app = make_app(tmp_path)
    yield app
    app.close()


@pytest.fixture
def journal(app):
    return journal_of(app)


@pytest.fixture
def case(app, journal, tmp_path):
    number = casework.open_incident(journal, "bac-kan", "vn-2017", NewIncident("Máy chủ bị mã hóa dữ liệu"))
    casework.add_note(journal, number, "Đã gọi lại Sở Y tế, mật khẩu bị lộ")
    runs.add_task(journal, number, "Đổi mật khẩu hộp thư")
    (tmp_path / "nhật ký.log").write_text("x")
    evidence.add(journal, vault_of(app), number, tmp_path / "nhật ký.log")
    return number


def found(app, text, **values):
    return [(hit.kind, hit.object) for hit in search(app.store, text, **values)]


@pytest.mark.parametrize("text", ["mã hóa", "ma hoa", "MÃ HOÁ", "ma\u0303 ho\u0301a", "hoa ma", "mã hó", "du lieu"])
def test_with_and_without_diacritics_in_any_order_and_by_prefix(app, case, text):
    assert ("incident", case) in found(app, text)


def test_everything_that_people_wrote_is_found(app, case):
    assert found(app, "đã gọi lại")[0] == ("note", case)
    assert {kind for kind, _object in found(app, "mat khau")} == {"note", "task"}
    assert found(app, "nhat ky") == [("evidence", "CC-2026-0001")]
    assert found(app, "mat khau", kinds=("task",)) == [("task", "NV-2026-0001")]
    assert found(app, case)[0][0] == "incident"
    assert found(app, "không có") == []


def test_the_very_diacritics_come_first(app, journal):
    other = casework.open_incident(journal, "bac-kan", "vn-2017", NewIncident("Ma trận quyền hạn"))
    meant = casework.open_incident(journal, "bac-kan", "vn-2017", NewIncident("Mã trần"))
    assert [number for _kind, number in found(app, "mã trần")] == [meant, other]
    assert [hit.exact for hit in search(app.store, "mã trần")] == [True, False]


def test_alerts_are_found_by_title_however_they_came(app, journal):
    first = add_alert(app.store, 1, title="Đăng nhập lạ")  # put there by other means: not in the index
    assert found(app, "dang nhap") == [("alert", first)]
    assert found(app, "dang nhap", kinds=("note",)) == []


def test_what_changes_is_found_by_its_new_words_and_no_more_by_the_old(app, journal, case):
    casework.set_fields(journal, case, {"title": "Lừa đảo", "vector": "thư điện tử"})
    assert ("incident", case) not in found(app, "ma hoa")
    assert found(app, "thu dien tu") == [("incident", case)]
    undo(journal)
    assert ("incident", case) in found(app, "ma hoa")
    assert found(app, "thu dien tu") == []
    journal.rebuild()
    assert ("incident", case) in found(app, "ma hoa")


def test_what_is_erased_is_found_no_more(app, journal, case):
    entry = next(e for e in journal.entries(case, ("incident.noted",)))
    erase(journal, find_entry(journal, str(entry.seq)), "theo yêu cầu")
    assert found(app, "da goi lai") == []
    raw = b"".join(path.read_bytes() for path in app.workspace.database.parent.glob("workspace.db*"))
    assert "mật khẩu bị lộ".encode() not in raw
    assert b"mat khau bi lo" not in raw


@pytest.mark.parametrize("text", ['"', "*", "()", " ", "-", "(*", "^"])
def test_there_is_no_query_language_to_trip_over(app, case, text):
    with pytest.raises(UsageError):
        search(app.store, text)
    assert search(app.store, text + " ma hoa")


@pytest.mark.parametrize("text", ['ma" OR "x', "ma* AND b", "title:ma", "a" * 5000, "{ma}", "NEAR(ma", "\x00ma"])
def test_odd_queries_only_find_less(app, case, text):
    assert isinstance(search(app.store, text), list)


def test_the_excerpt_stands_around_the_word():
    text = "đầu " * 60 + "MẬT KHẨU" + " cuối" * 60
    assert "MẬT KHẨU" in around(text, "mat khau")
    assert len(around(text, "mat khau")) < 160
    assert around("ngắn", "không") == "ngắn"


def test_an_alert_that_is_ingested_is_in_the_index(app, journal):
    row = AlertRow(
        fingerprint="f9", kind="network", rule_id="r", title="Quét cổng từ xa", severity=3, category="", key="",
        victim="", agency="", system="", sender="", time=START, sha256="", path="", line=None, offset=None, pack="",
        tags="[]", observables="[]", why="[]", detail="{}", muted=False, occurrence="o",
    )  # fmt: skip
    with app.store.transaction() as db:
        add_alerts(db, [row], 2026, START)
    assert app.store.value("SELECT count(*) FROM alert_text WHERE alert_text MATCH 'quet'") == 1
    assert len(found(app, "quet cong")) == 1


def test_advisories_are_found_by_title_and_body(app, journal, case):
    body = {"number": "CV-2026-0001", "title": "Cảnh báo lỗ hổng Zimbra", "body": {"ask": "cập nhật bản vá"}}
    journal.append("advisory.drafted", "CV-2026-0001", body)
    assert found(app, "lo hong") == [("advisory", "CV-2026-0001")]
    assert found(app, "cap nhat") == [("advisory", "CV-2026-0001")]
