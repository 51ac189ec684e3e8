"""`fleet` from outside: from a register to what is owed, with a kit's bundles in between."""

from __future__ import annotations

import os

import pytest

from atttcli.clock import DAY
from tests.support.cli_run import on_terminal, tell
from tests.support.kit_place import place

HOSTILE = "\x1b]0;owned\x07\x1b[2J[link=file:///etc/passwd]x"


@pytest.fixture
def site(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ATTTCLI_ACTOR", "lan")
    yield from place(tmp_path)


def test_a_kits_bundles_stand_on_the_board(site, capsys):
    (site.folder / "m.csv").write_text("host,agency\nPC-KETOAN-01,x-vi-huong\nPC-2,x-vi-huong\nPC-3,nowhere\n", "utf-8")
    told = tell(capsys, "-w", "ws", "fleet", "host", "add", "--file", "m.csv", "--json")
    assert (told.code, [one["host"] for one in told.checked("fleet-host-changed")]) == (2, ["PC-KETOAN-01", "PC-2"])
    assert "m.csv:4: no agency 'nowhere'" in told.err
    first, second, third = (site.kit.bundle() for _ in range(3))
    site.take(first)
    site.take(third)
    told = tell(capsys, "-w", "ws", "fleet", "board", "--json")
    lines = told.checked("fleet-board")
    total = lines[-1]
    assert (told.code, total["machines"], total["open"], total["never"], total["overdue"]) == (1, 2, 1, 1, 0)
    assert [one["missing"] for one in lines if one["kind"] == "gap"] == [[2]]
    (agency,) = [one for one in lines if one["kind"] == "agency"]
    assert (agency["kits_out"], agency["bundles_missing"], agency["unsigned"]) == (1, 1, 0)
    shown = tell(capsys, "-w", "ws", "fleet", "board", "--agency", "x-vi-huong").out
    assert "bundle 2 of kit K-2026-0001 and machine PC-KETOAN-01 never came" in shown
    assert "0 of 2 machines clean, 0 handled, 1 with findings that wait, 1 never scanned." in shown
    for row in site.alerts():
        tell(capsys, "-w", "ws", "alert", "close", row["number"], "--verdict", "handled", "--reason", "đã gỡ")
    site.take(second)
    lines = tell(capsys, "-w", "ws", "fleet", "board", "--json").checked("fleet-board")
    assert (lines[-1]["handled"], [one for one in lines if one["kind"] == "gap"]) == (1, [])


def test_what_is_owed_stands_in_next(site, capsys):
    tell(capsys, "-w", "ws", "fleet", "host", "add", "PC-1", "PC-2", "--agency", "x-vi-huong", "--profile", "light")
    assert "overdue" not in tell(capsys, "-w", "ws", "next").out
    before = site.clock.at
    with site.app.store.transaction() as db:
        db.execute("UPDATE fleet_host SET added = added - ?", (100 * DAY,))
    said = tell(capsys, "-w", "ws", "next").out
    assert "2 machines overdue for a scan" in said
    assert "atttcli fleet board --overdue" in said
    told = tell(capsys, "-w", "ws", "fleet", "board", "--overdue")
    assert (told.code, told.out.count("OVERDUE")) == (1, 2)
    assert before == site.clock.at
    assert tell(capsys, "-w", "ws", "fleet", "interval", "3650").code == 0
    assert tell(capsys, "-w", "ws", "fleet", "board").code == 0


def test_refusals_say_what_to_do(site, capsys):
    assert "--agency CODE" in tell(capsys, "-w", "ws", "fleet", "host", "add", "PC-1").err
    assert tell(capsys, "-w", "ws", "fleet", "host", "add", "PC-1", "--agency", "nowhere").code == 3
    refused = tell(capsys, "-w", "ws", "fleet", "host", "retire", "PC-1", "--agency", "x-vi-huong")
    assert (refused.code, "--reason" in refused.err) == (4, True)
    empty = tell(capsys, "-w", "ws", "fleet", "board")
    assert (empty.code, "fleet host add" in empty.out) == (0, True)


def test_only_who_may_changes_the_register(site, capsys):
    tell(capsys, "-w", "ws", "user", "add", "lan", "--role", "admin", "--login", "somebody-else")  # so we are a viewer
    refused = tell(capsys, "-w", "ws", "fleet", "host", "add", "A", "--agency", "x-vi-huong")
    assert (refused.code, "fleet.hosts_added" in refused.err) == (4, True)
    assert tell(capsys, "-w", "ws", "fleet", "board").code == 0


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo terminal")
def test_a_machines_words_stay_words(site):
    site.kit.host = site.kit.host._replace(name=HOSTILE)
    site.take(site.kit.bundle())
    for words in (("board",), ("board", "--agency", "x-vi-huong")):
        _code, said = on_terminal("-w", "ws", "fleet", *words)
        assert said
        for raw in (b"\x1b]0;", b"\x1b[2J", b"\x07"):
            assert raw not in said
