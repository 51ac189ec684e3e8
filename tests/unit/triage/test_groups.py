"""Alerts and groups out of the store: the order people know, a page at a time, memory that does not follow their number."""

from __future__ import annotations

import json
import random
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from atttcli.cli import alert_list, render
from atttcli.model.severity import Severity
from atttcli.store.connection import Store
from atttcli.store.facts.alerts import AlertRow, add_alerts, alert_rows
from atttcli.triage.groups import Group, Wanted, alerts, group_named, groups, how_many, members, numbers
from tests.support.ingest_case import attt, new_workspace, rows

STATES = ("open", "linked", "closed", "muted", "all")


def row(number: int, chance: random.Random) -> AlertRow:
    """Few agencies, rules, severities and times, so that ties are many."""
    return AlertRow(
        fingerprint=f"{number:032x}", kind="network", rule_id=chance.choice(("a/1", "pack:a", "b%_")), title="t",
        severity=chance.randrange(5), category="madoc", key="", victim=chance.choice(("", "198.51.100.1")),
        agency=chance.choice(("", "so-nv", "so-gd")), system="", sender="", time=chance.choice((None, 5, 6)),
        sha256="ab", path="x", line=None, offset=number, pack="", tags="[]", observables="[]", why="[]",
        detail=json.dumps({"filler": "x" * 500}), muted=chance.random() < 0.2, occurrence=str(number),
    )  # fmt: skip


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    chance = random.Random(7)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ATTTCLI_HOME", str(tmp_path_factory.mktemp("groups-home")))
        made = new_workspace(tmp_path_factory.mktemp("groups") / "ws")
        with Store(made / "workspace.db") as store, store.transaction() as db:
            given = [row(number, chance) for number in range(3000)]
            add_alerts(db, given + [r for r in given if chance.random() < 0.1], 2026, 1)
            for (number,) in db.execute("SELECT number FROM alert").fetchall():
                state = chance.choice(("", "", "", "open", "linked", "closed"))
                if state:
                    sql = "INSERT INTO alert_state (alert, state, actor, at) VALUES (?,?,'lan',1)"
                    db.execute(sql, (number, state))
    return made


@pytest.fixture
def store(workspace: Path) -> Iterator[Store]:
    with Store(workspace / "workspace.db") as opened:
        yield opened


def expected(store: Store, wanted: Wanted) -> list[dict[str, Any]]:
    """The same by looking at every alert."""
    of_state = {
        "open": lambda a: a["state"] == "open" and not a["muted"], "muted": lambda a: a["state"] == "open" and a["muted"],
        "linked": lambda a: a["state"] == "linked", "closed": lambda a: a["state"] == "closed", "all": lambda a: True,
        "waiting": lambda a: a["state"] == "open",
    }  # fmt: skip
    return [
        a
        for a in alert_rows(store)
        if of_state[wanted.state](a)
        and a["severity"] >= wanted.severity
        and (not wanted.agency or a["agency"] == wanted.agency.strip("-") or a["agency"] == wanted.agency)
        and (not wanted.rule or wanted.rule in (a["rule_id"], a["rule_id"].rpartition(":")[2]))
        and (not wanted.victim or a["victim"])
    ]


WANTED = [
    *(Wanted(state=state) for state in (*STATES, "waiting")),
    Wanted("so-nv"), Wanted("-"), Wanted(severity=Severity.HIGH), Wanted(rule="a"), Wanted(rule="pack:a"),
    Wanted(rule="b%_"), Wanted(rule="%"), Wanted("-", state="waiting", victim=True),
    Wanted("so-gd", Severity.LOW, "all", "a/1"),
]  # fmt: skip


@pytest.mark.parametrize("wanted", WANTED, ids=repr)
def test_the_store_chooses_and_orders_as_looking_at_every_alert_does(store: Store, wanted: Wanted) -> None:
    right = expected(store, wanted)
    assert list(alerts(store, wanted)) == right
    assert list(alerts(store, wanted, 7)) == right[:7]
    assert how_many(store, wanted) == len(right)


@pytest.mark.parametrize("wanted", WANTED, ids=repr)
def test_groups_are_what_their_alerts_are(store: Store, wanted: Wanted) -> None:
    by_name: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for one in expected(store, wanted):
        by_name.setdefault((one["agency"], one["rule_id"]), []).append(one)
    right = []
    for (agency, rule), held in by_name.items():
        last = max((a["last_seen"] for a in held if a["last_seen"] is not None), default=None)
        worst, times = Severity(max(a["severity"] for a in held)), sum(a["count"] for a in held)
        right.append(Group(agency, rule, worst, len(held), times, last, max(a["id"] for a in held)))
    right.sort(key=lambda group: (-group.severity, -group.count, group.name))
    found = groups(store, wanted)
    assert found == right
    for group in found:
        held = by_name[group.agency, group.rule_id]
        assert numbers(store, group, wanted) == [a["number"] for a in held]
        assert list(members(store, group, wanted, 3)) == held[:3]
        if not wanted.agency and not wanted.rule:
            assert group_named(store, group.name, wanted) == group


def test_what_came_after_a_group_was_seen_is_not_decided_with_it(workspace: Path, store: Store) -> None:
    group = groups(store, Wanted())[0]
    before = numbers(store, group)
    with store.transaction() as db:
        new = row(9000, random.Random(1))
        fields = {name: getattr(new, name) for name in AlertRow.__slots__}
        fields |= {"agency": group.agency, "rule_id": group.rule_id, "severity": 4, "muted": False}
        add_alerts(db, [AlertRow(**fields)], 2026, 1)
        assert numbers(store, group) == before
        assert len(numbers(store, groups(store, Wanted())[0])) == len(before) + 1
        db.execute("DELETE FROM sighting WHERE occurrence = '9000'")
        db.execute("DELETE FROM alert WHERE fingerprint = ?", (new.fingerprint,))


def test_a_page_is_held_and_not_all(store: Store) -> None:
    tracemalloc.start()
    count = sum(1 for _ in alerts(store, Wanted(state="all")))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 3000
    assert peak < 3_000_000  # all of them are three times as much


def lines(workspace: Path, *words: str) -> list[str]:
    return attt(workspace, *words).output.splitlines()


def test_a_terminal_gets_a_page_and_is_told_how_many_more(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alert_list, "SCREEN", 5)
    all_of_them = lines(workspace, "alert", "list", "--state", "all")
    assert len(all_of_them) == 3001
    assert len(attt(workspace, "alert", "list", "--json", "--state", "all").stdout.splitlines()) == 3000
    monkeypatch.setattr(render, "is_terminal", lambda: True)
    page = lines(workspace, "alert", "list", "--state", "all")
    assert page[:6] == all_of_them[:6]
    assert len(page) == 7
    assert "2995" in page[6]
    assert page[6].endswith("--limit 3000")
    assert len(attt(workspace, "alert", "list", "--json", "--state", "all").stdout.splitlines()) == 3000
    told = lines(workspace, "alert", "list", "--state", "all", "--group")
    assert len(told) == 9  # with the two commands that come next
    assert told[-1].endswith("--limit 9")
    assert len(lines(workspace, "alert", "list", "--state", "all", "--limit", "3000")) == 3001
    assert any(": --limit" in line for line in lines(workspace, "alert", "unresolved"))


def test_what_was_left_off_never_stands_among_the_rows_of_a_pipe(workspace: Path) -> None:
    result = attt(workspace, "alert", "list", "--limit", "3", "--state", "linked")
    assert len(result.stdout.splitlines()) == 4
    assert ": --limit" in result.stderr
    assert attt(workspace, "alert", "list", "--limit", "0").exit_code == 2


def test_every_number_is_the_same_whichever_way_it_is_asked(workspace: Path) -> None:
    listed = [json.loads(line) for line in lines(workspace, "alert", "list", "--group", "--json", "--state", "all")]
    assert sum(len(one["alerts"]) for one in listed) == rows(workspace, "SELECT count(*) FROM alert")[0][0]
