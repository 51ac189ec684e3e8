"""A drill and what is real: nothing of the one gets into the other, and whatever a drill shows says that it is one."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from atttcli.cli.context import App
from atttcli.cli.main import cli, report_error
from atttcli.errors import AtttError
from atttcli.store.connection import Store
from tests.support.casework import SetClock
from tests.support.drill_desk import handed_over

MINUTE = 60_000_000
CODE = "DT-2026-0001"
MARKS = ("DIỄN TẬP - KHÔNG PHẢI SỰ CỐ THẬT", "EXERCISE - NOT A REAL INCIDENT")


class Desk:
    def __init__(self, folder: Path) -> None:
        self.root = folder / "ws"
        self.clock = SetClock()

    def ran(self, *words: str, root: Path | None = None) -> tuple[Result, int]:
        app = App(str(root or self.root), clock=self.clock)
        ran = CliRunner().invoke(cli, ["--lang", "en", *words], obj=app)
        app.close()
        return ran, report_error(ran.exception) if isinstance(ran.exception, AtttError) else ran.exit_code

    def __call__(self, *words: str, code: int = 0, root: Path | None = None) -> str:
        ran, ended = self.ran(*words, root=root)
        assert ended == code, (words, ran.output, ran.exception)
        return ran.stdout

    def do(self, *words: str, code: int = 0) -> str:
        return self("drill", "do", CODE, *words, code=code)

    @property
    def drill(self) -> Path:
        return self.root / "drills" / CODE

    def tables(self) -> dict[str, list[tuple[Any, ...]]]:
        with Store(self.root / "workspace.db") as store:
            names = [row[0] for row in store.rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
            kept = [name for name in names if not name.startswith(("sqlite_", "search_"))]
            return {name: [tuple(row) for row in store.rows(f"SELECT * FROM {name}")] for name in kept}

    def files(self) -> dict[str, str]:
        """Every file of the real workspace but its database and its drills."""
        return {
            path.relative_to(self.root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(self.root.rglob("*"))
            if path.is_file()
            and "drills" not in path.relative_to(self.root).parts
            and not path.name.startswith("workspace.db")
        }


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("ATTTCLI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ATTTCLI_ACTOR", "lan")
    found = Desk(tmp_path)
    found("init", str(found.root), "--organisation", "bac-kan")
    found("incident", "open", "--title", "Sự cố thật", "--category", "mahoa", "--severity", "M3")
    found("drill", "new", "--from", "ransomware-commune", "--seed", "7")
    return found


def begun(desk: Desk) -> Desk:
    desk("drill", "run", "last", "--once")
    desk("drill", "jump", "last", "20m")
    return desk


def test_a_whole_drill_leaves_the_real_workspace_as_it_was_but_for_one_entry(desk: Desk) -> None:
    tables, files = desk.tables(), desk.files()
    begun(desk)
    alert = json.loads(desk("drill", "status", "last", "--json").splitlines()[0])["injects"][1]["alerts"][0]
    desk.do("incident", "open", "--from-alert", alert, "--category", "mahoa", "--severity", "M3")
    desk.do("incident", "set", "1", "--summary", "mã độc")
    desk.do("incident", "note", "1", "đã gọi xã")
    desk.do("evidence", "add", str(handed_over(desk.drill, "HUONG_DAN.txt")), "--incident", "1")
    desk.do("report", "incident", "1", "--format", "docx", "--format", "md")
    desk.do("undo", code=0)
    for words in (("note", "last", "+", "tốt"), ("answer", "last", "E3", "--choice", "rut-mang"), ("score", "last"),
                  ("status", "last"), ("plan", "last"), ("pause", "last", "--reason", "nghỉ"), ("resume", "last")):  # fmt: skip
        desk("drill", *words)
    assert desk.tables() == tables
    assert desk.files() == files
    desk("drill", "end", "last")
    desk("drill", "report", "last")
    desk("drill", "clean", "last", "--yes")
    after = desk.tables()
    added = {
        name: [row for row in rows if row not in tables[name]] for name, rows in after.items() if rows != tables[name]
    }
    assert {name: len(rows) for name, rows in added.items() if name not in ("touch", "number_counter")} == {
        "journal": 1, "journal_payload": 1, "drill": 1,
    }  # fmt: skip
    assert all(set(rows) <= set(after[name]) for name, rows in tables.items())
    assert desk.files() == files


@pytest.mark.parametrize("way", ["path", "environment", "link", "link above", "copy", "backup", "renamed"])
def test_a_drills_workspace_is_taken_for_the_real_one_by_no_way(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    begun(desk)
    root = desk.drill
    if way == "link":
        root = tmp_path / "that"
        root.symlink_to(desk.drill)
    elif way == "link above":
        (tmp_path / "cac-don-vi").symlink_to(desk.root / "drills")
        root = tmp_path / "cac-don-vi" / CODE
    elif way == "copy":
        root = Path(shutil.copytree(desk.drill, tmp_path / "that"))
    elif way == "backup":
        desk.do("db", "backup", str(tmp_path / "sao.zip"))
        root = tmp_path / "that"
        desk("db", "restore", str(tmp_path / "sao.zip"), str(root))
    elif way == "renamed":
        (desk.drill / "scenario.yaml").rename(tmp_path / "scenario.yaml")
    if way == "environment":
        monkeypatch.setenv("ATTTCLI_WORKSPACE", str(root))
        app = App(clock=desk.clock)
        ran = CliRunner().invoke(cli, ["incident", "list"], obj=app)
        app.close()
        assert isinstance(ran.exception, AtttError)
        assert "exercise" in ran.exception.message
        return
    for words in (("status",), ("incident", "open", "--title", "x"), ("report", "incident", "1"), ("drill", "list"),
                  ("search", "Máy"), ("db", "rebuild")):  # fmt: skip
        desk(*words, code=4, root=root)


def test_a_players_command_reaches_no_other_workspace(desk: Desk) -> None:
    before = desk.tables()
    begun(desk)
    desk.do("-w", str(desk.root), "incident", "list", code=4)
    desk.do("--workspace", str(desk.root), "incident", "list", code=4)
    for words in (("incident", "open", "--title", "x", "--workspace", str(desk.root)),
                  ("drill", "end", "last"), ("action", "list"), ("init", "x"), ("demo", "x")):  # fmt: skip
        _ran, ended = desk.ran("drill", "do", CODE, *words)
        assert ended != 0, words
    assert "Sự cố thật" not in desk.do("incident", "list")
    assert "Sự cố thật" not in desk.do("search", "Sự cố")
    assert "Sự cố thật" not in desk.do("log")
    assert desk.tables() == before


def test_the_real_workspace_finds_nothing_of_a_drill(desk: Desk) -> None:
    begun(desk)
    desk.do("incident", "open", "--title", "Chuyện diễn tập")
    desk.do("incident", "note", "1", "nghìn trùng xa cách")
    assert "diễn tập" not in desk("incident", "list").lower()
    assert "nghìn trùng" not in desk("search", "nghìn trùng")
    assert "Chuyện" not in desk("log")
    assert "Sự cố thật" in desk("undo"), "undo takes back the last real decision, not one of the drill"


@pytest.mark.parametrize("how", ["folder", "file", "archive", "copied"])
def test_artefacts_taken_into_the_real_workspace_void_the_result(desk: Desk, tmp_path: Path, how: str) -> None:
    begun(desk)
    source = handed_over(desk.drill, "HUONG_DAN.txt").parent
    if how == "file":
        source = source / "HUONG_DAN.txt"
    elif how == "archive":
        source = Path(shutil.make_archive(str(tmp_path / "goi"), "zip", source))
    elif how == "copied":
        source = Path(shutil.copytree(source, desk.root / "inbox" / "tu-dau-day"))
    desk("ingest", str(source), code=1)
    told = desk("drill", "end", "last")
    assert "VOID" in told
    with Store(desk.root / "workspace.db") as store:
        assert store.value("SELECT valid FROM drill") == 0
        titles = [row[0] for row in store.rows("SELECT title FROM alert")]
    assert titles
    assert "VOID" in desk("drill", "status", "last") + desk("drill", "score", "last")


def test_an_exhibit_of_a_drill_in_the_real_vault_voids_the_result(desk: Desk) -> None:
    begun(desk)
    desk("evidence", "add", str(handed_over(desk.drill, "HUONG_DAN.txt")), "--incident", "1")
    assert "VOID" in desk("drill", "end", "last")


def test_a_real_incident_is_opened_at_any_moment_of_a_drill(desk: Desk) -> None:
    def real() -> None:
        desk("incident", "open", "--title", "Có thật")
        with Store(desk.root / "workspace.db") as store:
            number, exercise = store.rows("SELECT number, exercise FROM incident ORDER BY number DESC LIMIT 1")[0]
        assert exercise == 0
        assert number in desk("incident", "list")

    real()
    begun(desk)
    real()
    assert "EXERCISE STOPPED" in desk("drill", "pause", "last", "--reason", "real-incident")
    real()
    desk("drill", "run", "last", "--once")
    desk("drill", "end", "last")
    real()
    paper = desk("report", "incident", "1", "--format", "md", "-o", "-")
    assert not any(mark in paper for mark in MARKS)


def test_what_is_found_after_the_end_corrects_the_summary_and_nothing_else_does(desk: Desk) -> None:
    begun(desk)
    desk("drill", "end", "last")
    for _again in range(2):
        desk("drill", "survey", "last", "--useful", "5", "--real", "4", "--clear", "4")
        desk("drill", "end", "last")
    held = "SELECT count(*) FROM journal WHERE verb = 'drill.held'"
    with Store(desk.root / "workspace.db") as store:
        assert store.value(held) == 1
    desk.clock.at += MINUTE
    desk("drill", "answer", "last", "E3", "--choice", "rut-mang", code=4)
    desk("drill", "score", "last", "--rule", "E3=1", "--reason", "nói đúng, người ghi bỏ sót")
    desk("drill", "end", "last")
    with Store(desk.root / "workspace.db") as store:
        assert store.value(held) == 2
        total = store.value("SELECT total FROM drill")
    assert total == json.loads(desk("drill", "score", "last", "--json"))["total"] > 0
    assert desk.ran("undo")[1] == 4, "a result that was given is not taken back"
