"""Playbooks from outside: the commands that people type, and their exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from atttcli.cli.context import App
from atttcli.cli.main import cli
from atttcli.errors import AtttError, Conflict, InputError, NotFound, Refused, UsageError
from tests.support.casework import SetClock, make_app
from tests.support.playbook_books import write_books

CORPUS = Path(__file__).parents[3] / "shared" / "data" / "cacao" / "cases"
needs_corpus = pytest.mark.skipif(not CORPUS.is_dir(), reason="no shared/data/cacao")


class Desk:
    """A terminal; `code` is the exit code of the last command."""

    def __init__(self, root, clock):
        self.root, self.clock, self.code = root, clock, 0

    def __call__(self, *words, lang="en"):
        app = App(workspace=str(self.root), lang=lang, clock=self.clock)
        result = CliRunner().invoke(cli, ["--lang", lang, *map(str, words)], obj=app)
        app.close()
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        self.code = result.exit_code
        return result.stdout

    def lines(self, *words):
        return [json.loads(line) for line in self(*words, "--json").splitlines()]


@pytest.fixture
def desk(tmp_path, monkeypatch):
    monkeypatch.setenv("ATTTCLI_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    clock = SetClock()
    make_app(tmp_path, clock).close()
    write_books(tmp_path)
    found = Desk(tmp_path / "ws", clock)
    found("incident", "open", "--title", "Thử", "--owner", "lan")
    return found


@needs_corpus
@pytest.mark.reference
def test_lint_says_by_its_exit_code_whether_a_file_is_valid(desk):
    for path in sorted(CORPUS.glob("*/*.json")):
        out = desk("playbook", "lint", path)
        assert desk.code == (0 if path.parent.name == "valid" else 2), path.name
        assert path.parent.name == "valid" or str(path) in out
        desk("playbook", "lint", "--lenient", path)
        assert desk.code == (2 if path.parent.name == "invalid" else 0), path.name


@needs_corpus
@pytest.mark.reference
def test_every_file_of_the_corpus_goes_through_yaml_and_back_on_the_command_line(desk, tmp_path):
    for path in sorted(CORPUS.glob("*/*.json")):
        yaml = tmp_path / f"{path.stem}.yaml"
        desk("playbook", "export", path, "--yaml", "-o", yaml)
        assert json.loads(desk("playbook", "export", yaml)) == json.loads(path.read_text(encoding="utf-8"))


@needs_corpus
@pytest.mark.reference
def test_what_is_valid_is_imported_without_loss_and_what_is_not_is_refused_with_the_reason(desk):
    for path in sorted(CORPUS.glob("*/*.json")):
        name = path.stem.lower().replace("_", "-").replace(".", "-")[:50]
        if path.parent.name == "valid":
            desk("playbook", "import", path, "--name", name)
            assert json.loads(desk("playbook", "export", name)) == json.loads(path.read_text(encoding="utf-8"))
            continue
        with pytest.raises(InputError) as caught:
            desk("playbook", "import", path, "--name", name)
        assert caught.value.where.path == str(path)
        if path.parent.name == "lenient":
            desk("playbook", "import", path, "--name", name, "--lenient")
            assert json.loads(desk("playbook", "export", name)) == json.loads(path.read_text(encoding="utf-8"))
            with pytest.raises(InputError, match="cannot be run"):
                desk("playbook", "run", "start", name, "--incident", "1")


def test_a_new_playbook_is_written_checked_drawn_imported_and_walked(desk, tmp_path):
    desk("playbook", "new", "Rò rỉ", "--title", "Rò rỉ dữ liệu", "-o", "ro-ri.yaml")
    with pytest.raises(Conflict):
        desk("playbook", "new", "Rò rỉ", "-o", "ro-ri.yaml")
    assert desk("playbook", "lint", "ro-ri.yaml").strip() == ""
    assert desk.code == 0
    assert "Giữ nguyên hiện trường" in desk("playbook", "graph", "ro-ri.yaml", lang="vi")
    assert desk("playbook", "graph", "ro-ri.yaml", "--mermaid").startswith("flowchart TD\n")
    desk("playbook", "import", "ro-ri.yaml")
    listed = {line["name"]: line for line in desk.lines("playbook", "list")}
    assert listed["ro-ri"]["origin"] == "imported"
    assert listed["tt20-art11-ordinary"]["origin"] == "shipped"
    walked = [(line["code"], line["round"]) for line in desk.lines("playbook", "run", "start", "ro-ri", "--dry-run")]
    assert walked == [("1", 1), ("2", 1), ("3", 1)]
    back = desk.lines("playbook", "run", "start", "ro-ri", "--dry-run", "--set", "stable=no")
    assert [(line["code"], line["round"]) for line in back] == [("1", 1), ("2", 1), ("3", 1), ("2", 2), ("3", 2)]
    assert desk.lines("playbook", "run", "list") == []  # nothing was written
    desk("playbook", "remove", "ro-ri", "--reason", "thử xong")
    with pytest.raises(NotFound):
        desk("playbook", "show", "ro-ri")


def test_a_run_with_a_child_is_walked_by_hand_to_its_end(desk):
    for name in ("con", "cha"):
        desk("playbook", "import", f"{name}.yaml")
    desk("playbook", "run", "start", "cha", "--incident", "1")
    for _ in range(30):
        waiting = [task for task in desk.lines("task", "list", "--incident", "1") if task["kind"] == "task"]
        if not waiting:
            break
        task = waiting[0]
        if task["status"] == "await_user_input":
            desk("task", "approve", task["number"], "--approved-by", "Phó Giám đốc", "--paper", "15/QĐ")
        else:
            desk("task", "done", task["number"], "--note", "xong", *(["--answer", "yes"] if task["asks"] else []))
    runs = {run["name"]: run["state"] for run in desk.lines("playbook", "run", "list")}
    assert runs == {"cha": "finished", "con": "finished"}
    shown = desk("playbook", "run", "show", "SC-2026-0001")
    assert "__found__=True" in shown
    assert shown.index("Ghi lại") > shown.index("Tìm trên các máy")
    status = json.loads(desk("playbook", "run", "export", "SC-2026-0001"))
    assert status["status"] == "successfully_executed"
    assert [child["status"] for child in status["children"]] == ["successfully_executed"]


def test_next_names_the_command_that_each_task_wants(desk):
    desk("playbook", "import", "con.yaml")
    desk("playbook", "run", "start", "con", "--incident", "1", "--set", "hosts=3")
    desk("task", "add", "Quét lại", "--incident", "1", "--approval", "lead", "--agency", "x-vi-huong")
    desk("task", "add", "Sau đó", "--incident", "1", "--after", "2")
    desk("task", "done", "2", "--note", "xong")
    commands = {
        item["object"]: item["command"] for item in desk.lines("next", "--limit", "0") if item["kind"] == "task"
    }
    assert commands == {
        "NV-2026-0001": 'atttcli task done NV-2026-0001 --note "…" --answer yes|no',
        "NV-2026-0002": "atttcli task approve NV-2026-0002",
    }
    desk("playbook", "run", "pause", "SC-2026-0001", "--reason", "chờ")
    commands = {
        item["object"]: item["command"] for item in desk.lines("next", "--limit", "0") if item["kind"] == "task"
    }
    assert commands["NV-2026-0001"].startswith("atttcli playbook run resume ")


def test_a_task_shows_the_commands_for_its_papers(desk, tmp_path):
    text = (tmp_path / "con.yaml").read_text(encoding="utf-8")
    words = "lead: van_hanh, advisory: defacement, reports: mau_03, evidence: [nhật ký], ask: Có gì, out_args"
    (tmp_path / "x.yaml").write_text(text.replace("lead: van_hanh, out_args", words, 1), encoding="utf-8")
    desk("playbook", "import", "x.yaml")
    desk("playbook", "run", "start", "x", "--incident", "1", "--set", "hosts=3")
    shown = desk("task", "show", "1", lang="vi")
    assert "→ atttcli advisory draft --template defacement --from-incident SC-2026-0001" in shown
    assert "→ atttcli incident form SC-2026-0001 --form mau_03" in shown
    assert "nhật ký" in shown
    assert "Có gì" in shown
    with pytest.raises(Refused) as caught:
        desk("task", "done", "1", "--answer", "yes")
    assert caught.value.guard == "evidence"


def test_a_command_is_shown_and_runs_only_trusted_and_told(desk):
    desk("playbook", "import", "lenh.yaml")
    desk("playbook", "run", "start", "lenh", "--incident", "1")
    shown = desk("task", "run", "1")
    assert "its playbook is not trusted" in shown
    assert "atttcli playbook trust" in shown
    with pytest.raises(Refused):
        desk("task", "run", "1", "--yes")
    desk("playbook", "trust", "lenh", "--reason", "đã đọc")
    assert [line["ran"] for line in desk.lines("task", "run", "1")] == [False, False]
    ran = desk.lines("task", "run", "1", "--command", "0", "--yes", "--done")
    assert (ran[0]["exit_code"], ran[0]["evidence"]) == (0, "CC-2026-0001")
    assert ran[1]["state"] == "done"


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("task", "done", "1", "--set", "nothing"), UsageError),
        (("task", "add", "x", "--incident", "1", "--agency", "nobody"), AtttError),
        (("playbook", "import", "nothing.yaml"), InputError),
        (("playbook", "export", "nothing"), NotFound),
        (("playbook", "run", "show", "deadbeef"), NotFound),
        (("playbook", "run", "start", "tt20", "--incident", "1", "--set", "stranger=1"), UsageError),
        (("playbook", "trust", "nothing"), NotFound),
    ],
)
def test_what_cannot_be_is_refused_with_words(desk, words, error):
    desk("task", "add", "x", "--incident", "1")
    with pytest.raises(error) as caught:
        desk(*words)
    assert caught.value.message


def test_names_of_a_playbook_are_inert_on_the_screen(desk, tmp_path):
    text = (tmp_path / "con.yaml").read_text(encoding="utf-8")
    (tmp_path / "evil.yaml").write_text(text.replace('name: "con"', r'name: "\e[31mđỏ\u202e"'), encoding="utf-8")
    desk("playbook", "import", "evil.yaml")
    for words in (("list",), ("show", "evil"), ("graph", "evil"), ("graph", "evil", "--mermaid")):
        out = desk("playbook", *words)
        assert "\x1b" not in out
        assert "\u202e" not in out


def test_imported_playbooks_are_in_the_backup(desk, tmp_path):
    desk("playbook", "import", "con.yaml")
    desk("db", "backup", tmp_path / "kept.zip")
    desk("db", "restore", tmp_path / "kept.zip", tmp_path / "again")
    again = Desk(tmp_path / "again", desk.clock)
    assert json.loads(again("playbook", "export", "con")) == json.loads(desk("playbook", "export", "con"))
