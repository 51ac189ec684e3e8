"""The board of machines: what is expected, what was scanned, what came of it, and what is owed."""

from __future__ import annotations

import time

import pytest

from atttcli.clock import DAY, HOUR
from atttcli.errors import Conflict, InputError, NotFound, Refused, UsageError
from atttcli.fleet.board import CLEAN, HANDLED, HOLES, NEVER, OPEN, board, is_behind, overdue_count, version_key
from atttcli.fleet.hosts import Expected, Intervals, add_hosts, expected_hosts, read_hosts, retire_hosts, set_interval
from atttcli.incident.undo import undo
from atttcli.journal.journal import Journal
from atttcli.store.facts.fleet import BundleRow, FleetScan, add_bundle, record_scan
from tests.support.casework import START, SetClock, add_alert, dump, make_app

XA, SO = "x-vi-huong", "so-tc"


@pytest.fixture
def app(tmp_path):
    made = make_app(tmp_path, SetClock())
    yield made
    made.close()


@pytest.fixture
def journal(app):
    return Journal(app.store, "lan", app.clock)


def scanned(app, host, *, at=START, agency=XA, findings=0, complete=True, source="kit", machine="", **given):
    one = FleetScan(
        source=source, host=host, agency=agency, machine=machine, started=at - HOUR, finished=at, account={"found": 9},
        complete=complete, findings=findings, **({"kit": "K-2026-0001"} if source == "kit" else {}) | given,
    )  # fmt: skip
    with app.store.transaction() as db:
        record_scan(db, one)


def states(found):
    return {one.key: one.state for one in found.machines}


def test_a_machine_has_the_state_of_its_last_scan(app, journal):
    add_hosts(journal, [Expected(XA, name) for name in ("A", "B", "C", "D", "E")])
    scanned(app, "a")  # the same machine, however its name is written
    scanned(app, "B", complete=False)
    for host in "CD":
        scanned(app, host, findings=2)
        add_alert(app.store, ord(host), kind="yara", victim=host, agency=XA)
    journal.append("alert.closed", "CB-2026-0068", {"alerts": ["CB-2026-0068"], "verdict": "malicious", "reason": "x"})
    found = board(app.store, START)
    wanted = {f"{XA}/A": CLEAN, f"{XA}/B": HOLES, f"{XA}/C": OPEN, f"{XA}/D": HANDLED, f"{XA}/E": NEVER}
    assert states(found) == wanted
    assert [one.waiting for one in found.machines if one.name == "C"] == [("CB-2026-0067",)]
    coverage = found.coverage()
    assert (coverage.total, coverage.scanned, len(coverage.of(CLEAN)), len(coverage.of(HANDLED))) == (5, 4, 1, 1)
    scanned(app, "C", at=START + DAY)
    assert states(board(app.store, START))[f"{XA}/C"] == CLEAN


def test_what_is_linked_waits_until_its_incident_ends(app, journal):
    scanned(app, "PC", findings=1)
    number = add_alert(app.store, 1, kind="indicator", victim="PC", agency=XA)
    with app.store.transaction() as db:
        db.execute("INSERT INTO incident (number, title, status, profile, organisation, opened, updated)"
                   " VALUES ('SC-2026-0001', 't', 'analysis', 'vn-2017', 'bac-kan', 1, 1)")  # fmt: skip
        db.execute("INSERT INTO alert_state (alert, state, incident, actor, at) VALUES (?, 'linked', 'SC-2026-0001', 'lan', 1)",
                   (number,))  # fmt: skip
    assert states(board(app.store, START)) == {f"{XA}/PC": OPEN}
    with app.store.transaction() as db:
        db.execute("UPDATE incident SET status = 'closed'")
    assert states(board(app.store, START)) == {f"{XA}/PC": HANDLED}


def test_machines_that_call_themselves_alike_are_told_apart(app):
    scanned(app, "PC-01", agency=XA, machine="aa", findings=1)
    scanned(app, "PC-01", agency=XA, machine="bb")
    scanned(app, "PC-01", agency=SO, machine="cc")
    add_alert(app.store, 1, kind="yara", victim="PC-01", agency=XA, detail=f'{{"kit_machine": "{XA}/aa"}}')
    found = board(app.store, START)
    assert sorted((one.agency, one.scan.machine, one.state) for one in found.machines) == [
        (SO, "cc", CLEAN), (XA, "aa", OPEN), (XA, "bb", CLEAN),
    ]  # fmt: skip


def test_only_the_register_counts_where_there_is_one(app, journal):
    add_hosts(journal, [Expected(XA, "A")])
    scanned(app, "A")
    scanned(app, "guest")
    scanned(app, "S", agency=SO)
    found = board(app.store, START)
    coverage = found.coverage()
    assert ([one.key for one in coverage.machines], coverage.others) == ([f"{SO}/S", f"{XA}/A"], 1)
    assert found.coverage([SO]).total == 1


def test_a_scan_of_no_agency_is_of_the_one_that_has_such_a_machine(app, journal):
    add_hosts(journal, [Expected(XA, "PC-9"), Expected(XA, "PC-8"), Expected(SO, "PC-8")])
    scanned(app, "pc-9", agency="", source="local", run=1)
    scanned(app, "pc-8", agency="", source="local", run=2)
    assert states(board(app.store, START)) == {
        "-/pc-8": CLEAN, f"{SO}/PC-8": NEVER, f"{XA}/PC-8": NEVER, f"{XA}/PC-9": CLEAN,
    }  # fmt: skip


def test_overdue_goes_by_profile_and_agency(app, journal):
    add_hosts(journal, [Expected(XA, "L", "light"), Expected(XA, "N"), Expected(SO, "F", "full")])
    scanned(app, "guest", at=START)  # in no register: nobody owes its scan

    def late(days):
        now = START + days * DAY + HOUR
        names = {one.name for one in board(app.store, now).overdue}
        assert overdue_count(app.store, now) == len(names)
        return names

    assert [late(days) for days in (6, 7, 30, 90)] == [set(), {"L"}, {"L", "N"}, {"L", "N", "F"}]
    scanned(app, "L", at=START + 5 * DAY)
    assert late(8) == set()
    set_interval(journal, 2, XA, "light")
    set_interval(journal, 20, XA)
    set_interval(journal, 3)
    assert late(8) == {"L", "F"}
    assert late(21) == {"L", "N", "F", "guest"}
    with pytest.raises(Conflict):
        set_interval(journal, 3)


def test_the_register_keeps_since_when_and_forgets_the_retired(app, journal):
    assert [one.name for one in add_hosts(journal, [Expected(XA, "A"), Expected(XA, "B")])] == ["A", "B"]
    assert add_hosts(journal, [Expected(XA, "A")]) == []
    app.clock.at += DAY
    assert [one.name for one in add_hosts(journal, [Expected(XA, "a", "full")])] == ["a"]
    assert [one["added"] < START + DAY for one in expected_hosts(app.store)] == [True, True]
    scanned(app, "B", at=START)
    assert retire_hosts(journal, XA, ["b"], "thanh lý") == ["B"]
    assert states(board(app.store, START)) == {f"{XA}/a": NEVER}
    scanned(app, "B", at=app.clock.at + DAY)  # it lives
    assert f"{XA}/B" in states(board(app.store, START))
    with pytest.raises(NotFound):
        retire_hosts(journal, XA, ["b"], "x")
    with pytest.raises(Refused):
        retire_hosts(journal, XA, ["a"], " ")


def test_the_register_comes_out_of_the_journal_and_can_be_taken_back(app, journal):
    add_hosts(journal, [Expected(XA, "A"), Expected(SO, "B", "light", "tầng 2")])
    set_interval(journal, 14, XA, "light")
    before = dump(app.store)
    journal.rebuild()
    assert dump(app.store) == before
    retire_hosts(journal, XA, ["A"], "nhầm")
    undo(journal)
    assert dump(app.store, without=("touch",))["fleet_host"] == before["fleet_host"]


def test_a_span_has_its_own_last_scans_and_its_own_register(app, journal):
    add_hosts(journal, [Expected(XA, "A")])
    scanned(app, "A", at=START + DAY, findings=1)
    scanned(app, "A", at=START + 40 * DAY)
    first, second = (START, START + 30 * DAY), (START + 30 * DAY, START + 60 * DAY)
    assert states(board(app.store, START, since=first[0], until=first[1])) == {f"{XA}/A": HANDLED}
    assert states(board(app.store, START, since=second[0], until=second[1])) == {f"{XA}/A": CLEAN}
    assert states(board(app.store, START, since=START - DAY, until=START)) == {}


def test_old_rules_gaps_and_what_nobody_signed(app):
    scanned(app, "A", rules_version="2026.9", bundle="b1")
    scanned(app, "B", rules_version="2026.11", source="collector")
    for turn, digest in ((1, "b1"), (4, "b4"), (2_000_000_000, "b9")):
        row = BundleRow(
            digest=digest, kit="K-2026-0001", machine="aa", sequence=turn, previous="", agency=XA, host="A", signed=True,
            made=1, imported=1, actor="lan", tlp="AMBER", flags=("clock",),
        )  # fmt: skip
        with app.store.transaction() as db:
            add_bundle(db, row)
    found = board(app.store, START)
    by_name = {one.name: one.scan for one in found.machines}
    assert (found.newest, by_name["A"].behind, by_name["B"].behind) == ("2026.11", True, False)
    assert (by_name["A"].signed, by_name["B"].signed, by_name["A"].flags) == (True, False, ("clock",))
    (gap,) = found.gaps
    assert gap["missing"][:4] == [2, 3, 5, 6]
    assert len(gap["missing"]) == 20  # a turn is the sender's word: two milliards are not counted through


def test_versions_are_ordered_by_their_numbers():
    texts = ["", "v2", "2026.9", "2026.11", "2026.11.1"]
    assert sorted(set(texts), key=version_key) == texts
    assert version_key("9" * 64)  # long ones from outside


@pytest.mark.parametrize(
    ("version", "newest", "behind"),
    [
        ("", "3", False), ("3", "", False), ("2", "3", True), ("3", "3", False), ("10", "9", False),
        ("202611231812", "3", True), ("3", "202611231812", False), ("202611231812", "202611240000", True),
    ],
)  # fmt: skip
def test_rules_of_before_the_first_pack_are_old(version, newest, behind):
    assert is_behind(version, newest) is behind


def test_a_sheet_of_machines_says_what_is_wrong_with_its_rows(app, tmp_path):
    path = tmp_path / "m.csv"
    path.write_text(
        "Danh sách máy\nTên máy;Đơn vị;Ghi chú\nPC-1;x-vi-huong;tầng 2\n;;\nPC-2;không-có;\n\x07;so-tc;\n", "utf-8"
    )
    found, wrong = read_hosts(path, app.inventory)
    assert found == [Expected(XA, "PC-1", "normal", "tầng 2")]
    assert [where.line for where, _why in wrong] == [5, 6]
    path.write_text("host,profile\nPC-1,weekly\nPC-2,light\n", "utf-8")
    found, wrong = read_hosts(path, app.inventory, SO)
    assert ([one.name for one in found], len(wrong)) == (["PC-2"], 1)
    path.write_text("a,b\n1,2\n", "utf-8")
    with pytest.raises(InputError):
        read_hosts(path, app.inventory, SO)
    with pytest.raises(UsageError):
        add_hosts(Journal(app.store, "lan", app.clock), [Expected(XA, "P" * 300)])


def test_intervals_prefer_the_nearest():
    given = Intervals({("a", "light"): 1, ("a", ""): 2, ("", "light"): 3, ("", ""): 4})
    asked = (("a", "light"), ("a", "full"), ("b", "light"), ("b", "full"))
    assert [given.days(*one) for one in asked] == [1, 2, 3, 4]
    assert Intervals({}).days("a", "full") == 90


def test_a_whole_province_is_quick(app, journal):
    wanted = [Expected(f"a{agency}", f"PC-{n}") for agency in range(146) for n in range(40)]
    add_hosts(journal, wanted)
    with app.store.transaction() as db:
        for week in range(3):
            for at, one in enumerate(wanted):
                record_scan(db, FleetScan(
                    source="kit", host=one.name, agency=one.agency, machine=f"m{at}", started=START, finished=START + week,
                    account={"found": 9, "failed": {}}, complete=True, findings=at % 20 == 0, bundle=f"{week}/{at}",
                ))  # fmt: skip
    began = time.process_time()
    found = board(app.store, START)
    spent = time.process_time() - began
    assert (len(found.machines), len(found.agencies)) == (5840, 146)
    assert spent < 0.5
