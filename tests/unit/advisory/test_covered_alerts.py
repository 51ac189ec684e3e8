"""Alerts that an advisory passes on: marked when the deliveries are issued, waiting again when it is withdrawn."""

from __future__ import annotations

from pathlib import Path

import pytest

from atttcli.advisory import desk
from atttcli.advisory.draft import Wish, make_plan
from atttcli.cli.context import App
from atttcli.errors import Refused
from atttcli.incident.casework import NewIncident, link_alerts, open_incident, unlink_alerts
from atttcli.incident.undo import undo
from atttcli.store.facts.alerts import alert_rows
from atttcli.triage.decide import close_alerts, reopen_alert
from tests.support.advisory_case import listed_app
from tests.support.casework import dump


@pytest.fixture
def app(tmp_path: Path) -> App:
    return listed_app(tmp_path)


def drafted(app: App) -> str:
    plan = make_plan(app.store, app.inventory, "vn-2017", Wish(list="last"), app.clock.now())
    return desk.draft(app.journal, plan)


def issued(app: App) -> str:
    number = drafted(app)
    desk.approve(app.journal, number)
    desk.issue(app.journal, number)
    return number


def waiting(app: App) -> list[str]:
    return [alert["victim"] for alert in alert_rows(app.store, "coalesce(s.state, 'open') = 'open'")]


def counted(app: App) -> int:
    return int(app.store.value("SELECT coalesce(sum(waiting), 0) FROM alert_desk"))


def alert_of(app: App, victim: str) -> dict[str, object]:
    (found,) = alert_rows(app.store, "a.victim = ?", victim)
    return found


def test_alerts_leave_the_untriaged_list_when_their_advisory_is_issued(app: App) -> None:
    number = drafted(app)
    assert len(waiting(app)) == 4, "a draft decides nothing"
    assert alert_of(app, "203.0.113.101")["advisory"] == ""
    desk.approve(app.journal, number)
    desk.issue(app.journal, number)
    assert waiting(app) == ["198.51.100.200"], "nobody was told of the address that nobody owns"
    assert counted(app) == 1
    assert alert_of(app, "203.0.113.101")["advisory"] == number
    before = dump(app.store)
    app.journal.rebuild()
    assert dump(app.store) == before


def test_they_wait_again_when_it_is_withdrawn_or_taken_back(app: App) -> None:
    number = issued(app)
    undo(app.journal)
    assert (len(waiting(app)), counted(app)) == (4, 4)
    desk.issue(app.journal, number)
    desk.withdraw(app.journal, number, "nhầm danh sách")
    assert (len(waiting(app)), counted(app)) == (4, 4)
    assert alert_of(app, "203.0.113.101")["advisory"] == ""


def test_of_two_advisories_the_other_still_covers_them(app: App) -> None:
    first, second = issued(app), issued(app)
    desk.withdraw(app.journal, second, "trùng")
    assert alert_of(app, "203.0.113.101")["advisory"] == first
    assert waiting(app) == ["198.51.100.200"]


def test_what_was_closed_or_belongs_to_an_incident_stays_so(app: App) -> None:
    alerts = {victim: str(alert_of(app, victim)["number"]) for victim in ("203.0.113.249", "203.0.113.101")}
    incident = open_incident(app.journal, "bac-kan", "vn-2017", NewIncident("x"), [alerts["203.0.113.249"]])
    number = drafted(app)
    close_alerts(app.journal, [alerts["203.0.113.101"]], "handled", "đã xử lý")
    desk.approve(app.journal, number)
    desk.issue(app.journal, number)
    assert alert_of(app, "203.0.113.101")["state"] == "closed"
    assert alert_of(app, "203.0.113.249")["incident"] == incident
    desk.withdraw(app.journal, number, "nhầm")
    assert alert_of(app, "203.0.113.101")["state"] == "closed"
    assert alert_of(app, "203.0.113.249")["incident"] == incident


def test_an_alert_that_leaves_its_incident_is_still_covered(app: App) -> None:
    number = issued(app)
    alert = str(alert_of(app, "203.0.113.249")["number"])
    incident = open_incident(app.journal, "bac-kan", "vn-2017", NewIncident("x"))
    link_alerts(app.journal, incident, [alert])
    unlink_alerts(app.journal, incident, [alert], "nhầm")
    found = alert_of(app, "203.0.113.249")
    assert (found["state"], found["incident"], found["advisory"]) == ("linked", "", number)


def test_a_covered_alert_can_be_closed_or_taken_up_again(app: App) -> None:
    issued(app)
    alert = str(alert_of(app, "203.0.113.101")["number"])
    reopen_alert(app.journal, alert, "vẫn kết nối")
    assert "203.0.113.101" in waiting(app)
    with pytest.raises(Refused):
        reopen_alert(app.journal, alert, "lần nữa")
    other = str(alert_of(app, "203.0.113.249")["number"])
    assert close_alerts(app.journal, [other], "handled", "đã xử lý") == 1
    assert alert_of(app, "203.0.113.249")["state"] == "closed"
