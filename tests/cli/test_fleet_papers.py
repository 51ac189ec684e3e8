"""What scans of machines say in periodic papers and of the answers to an advisory."""

from __future__ import annotations

import json

import pytest

from atttcli.clock import DAY, HOUR, from_micros
from atttcli.fleet.hosts import Expected, add_hosts
from atttcli.journal.journal import Journal
from atttcli.profile import load_profile
from atttcli.reports.paper_formats import render_paper
from atttcli.reports.papers.catalog import build_paper, find_kind
from atttcli.reports.papers.desk import Ask, Desk
from atttcli.reports.papers.period import parse_period
from atttcli.store.facts.fleet import FleetScan, record_scan
from tests.support.casework import SetClock, add_alert, make_app
from tests.support.cli_run import tell

XA, SO = "x-vi-huong", "so-tc"


@pytest.fixture
def app(tmp_path):
    made = make_app(tmp_path, SetClock())
    yield made
    made.close()


def scanned(app, host, at, *, agency=XA, findings=0, complete=True):
    one = FleetScan(source="kit", host=host, agency=agency, started=at - HOUR, finished=at, account={"found": 9},
                    complete=complete, findings=findings, bundle=f"{host}{at}")  # fmt: skip
    with app.store.transaction() as db:
        record_scan(db, one)


def paper_of(app, name, period, now):
    desk = Desk(Journal(app.store, "lan", app.clock), app.inventory, load_profile("vn-2017"), now)
    return build_paper(find_kind(name), desk, Ask(period=period))


def figures(paper):
    told = [one for one in paper.figures if one.key.startswith("machines_")]
    return {one.key: (one.value, one.of, one.previous, one.previous_of) for one in told}


@pytest.fixture
def two_months(app):
    """41 machines, of which February saw 10 and March 40: 36 clean, 1 with holes, 3 with findings of which 1 is handled."""
    start = parse_period("2026-02").start
    add_hosts(Journal(app.store, "lan", app.clock), [Expected(XA, f"PC-{n}") for n in range(41)])
    with app.store.transaction() as db:  # the journal's time never goes back
        db.execute("UPDATE fleet_host SET added = ?", (start,))
    for n in range(10):
        scanned(app, f"PC-{n}", start + DAY, findings=int(n == 0))
    march = parse_period("2026-03").start
    for n in range(40):
        scanned(app, f"PC-{n}", march + DAY, findings=int(n < 3), complete=n != 3)
    for n in range(2):
        add_alert(app.store, n + 1, kind="yara", victim=f"PC-{n}", agency=XA)
    scanned(app, "guest", march + DAY)
    scanned(app, "PC-40", march + 40 * DAY)  # after the period
    return march


def test_the_periodic_report_tells_machines_beside_last_periods(app, two_months):
    now = two_months + 45 * DAY
    paper = paper_of(app, "period", parse_period("2026-03"), now)
    assert figures(paper) == {
        "machines_scanned": (40, 41, 10, 41), "machines_clean": (36, 41, 9, 41),
        "machines_found": (3, 41, 1, 41), "machines_handled": (1, 41, 0, 41),
    }  # fmt: skip
    (clean,) = [one for one in paper.figures if one.key == "machines_clean"]
    assert (clean.counted, f"{XA}/PC-4" in clean.objects, bool(clean.entries)) == (36, True, True)
    text = render_paper(paper, "txt").decode()
    assert "Đã quét 40/41 máy: 36 máy sạch, 1 máy chưa quét trọn vẹn, 3 máy có phát hiện (đã xử lý 1)." in " ".join(
        text.split()
    )
    assert "Quét máy trạm" in text


def test_the_weekly_report_tells_them_in_a_line(app, two_months):
    week = parse_period(from_micros(two_months + 2 * DAY).strftime("%G-W%V"))
    text = " ".join(render_paper(paper_of(app, "week", week, two_months + 9 * DAY), "txt").decode().split())
    assert "Quét máy: Đã quét 40/41 máy" in text


def test_a_workspace_without_machines_says_nothing_of_them(app):
    for name, period in (("period", "2026-01"), ("week", "2026-W05")):
        paper = paper_of(app, name, parse_period(period), app.clock.at)
        assert figures(paper) == {}
        assert "Quét máy" not in render_paper(paper, "txt").decode()


def test_report_why_explains_a_figure_of_machines(app, two_months, capsys, monkeypatch):
    monkeypatch.setenv("ATTTCLI_ACTOR", "lan")
    root = app.workspace.root
    told = tell(capsys, "-w", root, "report", "period", "--of", "2026-03", "--format", "txt", "--draft")
    assert told.code == 0, told.err
    why = tell(capsys, "-w", root, "report", "why", "period", "machines_scanned", "--json")
    (one,) = why.checked("report-figure")
    assert f"{XA}/PC-39" in json.dumps(one)


def test_an_answer_is_verified_by_scans_since_the_letter(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ATTTCLI_ACTOR", "lan")

    def ran(*words, code=0):
        told = tell(capsys, "-w", "ws", *words)
        assert told.code == code, told.err
        return told

    ran_init = tell(capsys, "init", "ws", "--organisation", "bac-kan")
    assert ran_init.code == 0
    ran("fleet", "host", "add", "PC-1", "PC-2", "--agency", XA)
    ran("advisory", "draft", "Quét máy", "--template", "general", "--to", XA, "--due", "5d")
    for words in (("approve", "1"), ("issue", "1"), ("sign", "1", "--signer", "Giám đốc"), ("number", "1", "45")):
        ran("advisory", *words)
    from atttcli.cli.context import App

    app = App("ws", "en")
    scanned(app, "PC-1", app.clock.now() - DAY)  # before the letter
    ran("advisory", "sent", "1", "--how", "email", "--proof", "thư 12")
    ran("advisory", "reply", "1", XA, "2/2", "--by", "văn phòng")
    (row,) = ran("advisory", "board", "1", "--json").checked("advisory-delivery")
    assert row["scans"] == {"machines": 2, "clean": 0, "handled": 0, "open": 0, "holes": 0, "never": 2}
    refused = ran("advisory", "verify", "1", XA, "--by-scan", code=4)
    assert "2 not scanned since the letter" in refused.err
    scanned(app, "PC-1", app.clock.now() + HOUR)
    scanned(app, "PC-2", app.clock.now() + HOUR, findings=1)
    add_alert(app.store, 1, kind="yara", victim="PC-2", agency=XA)
    assert "1 with findings that wait" in ran("advisory", "verify", "1", XA, "--by-scan", code=4).err
    ran("alert", "close", "CB-2026-0001", "--verdict", "handled", "--reason", "đã gỡ")
    assert "1 of 2 machines clean, 1 handled" in ran("advisory", "board", "1").out
    ran("advisory", "verify", "1", XA, "--by-scan")
    (row,) = ran("advisory", "board", "1", "--json").checked("advisory-delivery")
    assert row["state"] == "verified"
    assert "scans: 1 of 2 machines clean, 1 handled" in ran("log", "--limit", "0", "--json").out
    app.close()
