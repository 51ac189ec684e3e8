"""Alerts looked at anew after the register or the mutes changed: all that must be, nothing twice, in short transactions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from atttcli.inventory import Inventory
from atttcli.model.inventory import Network
from atttcli.store.connection import Store
from atttcli.triage import desk
from tests.support.ingest_case import attt, ingest_json, new_workspace, rows


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    made = new_workspace(tmp_path / "ws")
    path = tmp_path / "list.csv"
    lines = [f"198.51.100.{number},Mirai,12/03/2026 08:00" for number in range(40)]
    path.write_text("\n".join(["IP,Mã độc,Thời gian", *lines, ""]), encoding="utf-8")
    ingest_json(made, path)
    return made


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    seen: list[int] = []
    usual = desk.codes_of_row

    def counted(row: dict[str, Any], inventory: Inventory) -> tuple[str, str]:
        seen.append(row["id"])
        return usual(row, inventory)

    monkeypatch.setattr(desk, "codes_of_row", counted)
    yield seen


def test_unowned_alerts_are_looked_up_again_only_when_the_register_changed(
    workspace: Path, tmp_path: Path, looked_at: list[int]
) -> None:
    (tmp_path / "more.csv").write_text("IP,Mã độc,Thời gian\n192.0.2.251,Mirai,13/03/2026 08:00\n", encoding="utf-8")
    ingest_json(workspace, tmp_path / "more.csv")
    assert looked_at == []
    answer = attt(workspace, "agency", "learn-ip", "198.51.100.0/28", "so-nv")
    assert answer.exit_code == 0, answer.output
    assert len(looked_at) == 41
    assert rows(workspace, "SELECT count(*) FROM alert WHERE agency = 'so-nv'") == [(16,)]
    looked_at.clear()
    ingest_json(workspace, tmp_path / "more.csv")
    assert looked_at == []


def test_every_page_is_looked_at(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "_PAGE", 7)
    with Store(workspace / "workspace.db") as store:
        from atttcli.inventory import load_organisation

        place = load_organisation("bac-kan")
        inventory = Inventory(place, [Network("198.51.100.16/28", place.agencies[0].code)])
        assert desk.assign_again(store, inventory) == 16
        assert desk.assign_again(store, inventory) == 0
        assert desk.assign_again(store, Inventory(place)) == 0  # what is assigned stays assigned


@pytest.mark.parametrize(
    ("words", "count"),
    [(["--address", "198.51.100.0/29"], 8), (["--agency", "so-nv"], 0), (["--host", "198.51.100.9"], 1), ([], 40)],
)
def test_a_mute_reaches_what_it_covers_and_lets_go_of_it(
    workspace: Path, words: list[str], count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "_PAGE", 3)
    rule = "list.infected.mirai"
    assert attt(workspace, "alert", "mute", rule, *words, "--reason", "thử").exit_code == 0
    assert rows(workspace, "SELECT count(*) FROM alert WHERE muted = 1") == [(count,)]
    (identity,) = rows(workspace, "SELECT id FROM mute")[0]
    assert attt(workspace, "alert", "unmute", identity).exit_code == 0
    assert rows(workspace, "SELECT count(*) FROM alert WHERE muted = 1") == [(0,)]
