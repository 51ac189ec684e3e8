"""Casework from outside: the commands that a duty officer types."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from atttcli.cli.context import App
from atttcli.cli.main import cli
from atttcli.clock import DAY, HOUR
from atttcli.errors import AtttError, IntegrityError, NotFound, Refused, UsageError
from tests.support.casework import SetClock, add_alert, dump, make_app

HEAVY = (
    "scapy", "yara", "numpy", "jinja2", "sqlite_utils", "rich", "msgspec", "yaml", "nacl", "openpyxl", "hyperscan",
)  # fmt: skip


class Desk:
    """A duty officer's terminal."""

    def __init__(self, root, clock):
        self.root, self.clock = root, clock

    def __call__(self, *words, lang="en"):
        app = App(workspace=str(self.root), lang=lang, clock=self.clock)
        result = CliRunner().invoke(cli, ["--lang", lang, *words], obj=app)
        app.close()
        if isinstance(result.exception, AtttError):
            raise result.exception
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        self.code = result.exit_code
        return result.stdout

    def json(self, *words):
        lines = [json.loads(line) for line in self(*words, "--json").splitlines()]
        return lines[0] if len(lines) == 1 else lines

    def lines(self, *words):
        return [json.loads(line) for line in self(*words, "--json").splitlines()]


@pytest.fixture
def desk(tmp_path, monkeypatch):
    monkeypatch.setenv("ATTTCLI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ATTTCLI_ACTOR", "lan")
    clock = SetClock()
    app = make_app(tmp_path, clock)
    add_alert(app.store, 1, agency="so-y-te", severity=4)
    add_alert(app.store, 2, agency="so-y-te", severity=4)
    add_alert(app.store, 3, victim="198.51.100.9")
    app.close()
    return Desk(tmp_path / "ws", clock)


@pytest.fixture
def proof(tmp_path):
    path = tmp_path / "proof.log"
    path.write_text("blocked 203.0.113.7\n")
    return str(path)


def test_the_whole_case_from_alert_to_closed(desk, proof):
    opened = desk.json("incident", "open", "--from-alert", "1", "--from-alert", "CB-2026-0002", "--owner", "lan")
    number = opened["number"]
    assert (opened["status"], opened["category"], len(opened["alerts"])) == ("reported", "madoc", 2)
    desk("incident", "move", "@", "triage")
    with pytest.raises(Refused) as caught:
        desk("incident", "move", "@", "analysis")
    assert caught.value.hint == f"atttcli incident set {number} --severity M1|M2|M3|M4"
    desk("incident", "set", "@", "--severity", "M3")
    desk("incident", "move", "@", "analysis")
    assert "NV-2026-0001" in desk("playbook", "run", "start", "tt20")
    piece = desk.json("evidence", "add", proof, "--note", "nhật ký sau khi chặn")["number"]
    for to in ("containment", "eradication", "recovery", "post_incident"):
        desk("incident", "move", number, to)
    asked = 0
    while tasks := desk.lines("task", "list", "--incident", "@"):
        task = tasks[0]
        words = ["task", "done", task["number"], "--note", "xong"]
        words += ["--evidence", piece] if task["needs_evidence"] else []
        if task["asks"]:
            asked += 1
            words += ["--answer", "yes" if asked == 2 else "no"]
        desk(*words)
    assert asked == 2
    assert desk.json("playbook", "run", "show", number)["state"] == "finished"
    desk("incident", "met", "@", "--deadline", "A1", "--paper", "05/BC-STTTT")
    closed = desk.json("incident", "close", "@", "--resolution", "đã gỡ bỏ", "--cause", "mật khẩu yếu")
    assert (closed["status"], closed["cause"]) == ("closed", "mật khẩu yếu")
    assert [d["paper"] for d in closed["deadlines"] if d["code"] == "A1"] == ["05/BC-STTTT"]
    assert desk.lines("incident", "list") == []
    assert desk.json("incident", "reopen", number, "--reason", "tái nhiễm")["status"] == "analysis"


def test_next_names_what_is_due_first_with_a_command_for_each(desk):
    kinds = [item["kind"] for item in desk.lines("next")]
    assert kinds == ["alerts", "alerts", "unresolved"]
    number = desk.json("incident", "open", "--from-alert", "1", "--from-alert", "2")["number"]
    desk("incident", "move", "@", "triage")
    items = desk.lines("next")
    assert {"guard-severity", "no-playbook", "deadline"} <= {item["kind"] for item in items}
    desk("playbook", "run", "start", "tt20")
    desk.clock.at += 5 * HOUR  # the first step was due after four
    first = desk.lines("next")[0]
    assert (first["urgency"], first["kind"], first["object"]) == (0, "task", "NV-2026-0001")
    desk.clock.at += 5 * DAY
    overdue = [item["kind"] for item in desk.lines("next") if item["urgency"] == 0]
    assert sorted(overdue) == ["deadline", "task"]
    assert all(item["command"].startswith("atttcli ") for item in desk.lines("next"))
    assert f"{number}: 1a" in desk("next")


def test_next_and_status_write_nothing(desk):
    desk("incident", "open", "--from-alert", "1")
    app = make_reader(desk)
    before = (dump(app.store), app.store.value("SELECT count(*) FROM journal"))
    desk.clock.at += 30 * DAY
    desk("next")
    desk("status")
    assert (dump(app.store), app.store.value("SELECT count(*) FROM journal")) == before
    app.close()


def make_reader(desk):
    return App(workspace=str(desk.root), clock=desk.clock)


def test_status_counts(desk):
    desk("incident", "open", "--from-alert", "1")
    desk("playbook", "run", "start", "tt20")
    desk.clock.at += 5 * HOUR
    facts = desk.json("status")
    assert facts["untriaged"] == {"critical": 1, "high": 1, "medium": 0, "low": 0, "informational": 0}
    assert facts["incidents"] == {"reported": 1}
    assert (facts["tasks_open"], facts["tasks_overdue"]) == (1, 1)
    assert desk("status", "--line").strip() == "SC:1 CB:1/1 NV:1!1"


@pytest.mark.parametrize("words", [["next"], ["status"], ["status", "--line"], ["next", "--json"]])
def test_next_and_status_import_nothing_heavy(desk, words):
    desk("incident", "open", "--from-alert", "1")
    code = (
        "import sys\nfrom atttcli.cli.main import run\n"
        f"try:\n run({['-w', str(desk.root), *words]!r})\nexcept SystemExit as e:\n assert not e.code\n"
        f"print([m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_undo_takes_back_the_last_entry_and_says_what(desk):
    number = desk.json("incident", "open", "--title", "x")["number"]
    desk("incident", "note", "@", "sai")
    assert "incident.noted" in desk("undo", "--dry-run")
    assert desk.json("undo")["verb"] == "incident.noted"
    assert "sai" not in desk("incident", "show", number)
    marks = [(e["verb"], e["undone"]) for e in desk.lines("log")]
    assert ("incident.noted", True) in marks
    assert ("undone", False) in marks


def test_the_current_incident_is_of_this_workspace_and_terminal(desk, tmp_path):
    with pytest.raises(UsageError):
        desk("incident", "show", "@")
    first = desk.json("incident", "open", "--title", "a")["number"]
    second = desk.json("incident", "open", "--title", "b")["number"]
    assert second in desk("incident", "show")
    desk("incident", "use", first)
    assert first in desk("incident", "show", "@")
    assert not list(desk.root.rglob("current"))


def test_broken_evidence_is_told_and_exits_7(desk, proof):
    desk("incident", "open", "--title", "x")
    item = desk.json("evidence", "add", proof)
    assert "1 piece" in desk("evidence", "verify")
    path = desk.root / "evidence" / item["sha256"][:2] / item["sha256"]
    path.chmod(0o600)
    path.write_bytes(b"gone")
    with pytest.raises(IntegrityError) as caught:
        desk("evidence", "verify", "--incident", "@")
    assert caught.value.exit_code == 7
    assert item["number"] in caught.value.message


def test_evidence_of_several_files_goes_on_after_a_bad_one(desk, proof, tmp_path):
    desk("incident", "open", "--title", "x")
    out = desk("evidence", "add", str(tmp_path / "no"), proof)
    assert "proof.log" in out
    assert desk.code == 2


def test_names_from_outside_are_inert_on_the_screen(desk, tmp_path):
    bad = tmp_path / "a\x1b[31m\u202egpj.exe"
    bad.write_text("x")
    number = desk.json("incident", "open", "--title", "x\x1b]0;pwned\x07[red]")["number"]
    desk("evidence", "add", str(bad))
    shown = desk("incident", "show", number) + desk("evidence", "list") + desk("log") + desk("next")
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "[red]" in shown


def test_lint_exits_0_only_for_a_valid_file(desk, tmp_path):
    from atttcli.playbook.load import playbook_files

    good = next(playbook_files())
    desk("playbook", "lint", str(good))
    assert desk.code == 0
    bad = tmp_path / "p.yaml"
    bad.write_text(good.read_text(encoding="utf-8").replace("type: end", "type: playbook-action"), encoding="utf-8")
    out = desk("playbook", "lint", str(bad))
    assert desk.code == 2
    assert "p.yaml:" in out


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["incident", "open"], UsageError),
        (["incident", "open", "--from-alert", "99"], NotFound),
        (["incident", "open", "--title", "x", "--agency", "khong-co"], NotFound),
        (["incident", "open", "--title", "x", "--category", "virus"], UsageError),
        (["incident", "open", "--title", "x", "--detected", "hôm kia"], UsageError),
        (["incident", "show", "SC-2026-0404"], NotFound),
        (["task", "done", "NV-2026-0404"], NotFound),
        (["evidence", "show", "CC-2026-0404"], NotFound),
        (["playbook", "show", "khong-co"], NotFound),
        (["playbook", "run", "show", "abc"], NotFound),
    ],
)
def test_wrong_words_are_one_clear_error(desk, words, error):
    with pytest.raises(error) as caught:
        desk(*words)
    assert caught.value.message


def test_people_read_vietnamese_and_json_is_never_localised(desk):
    desk("incident", "open", "--title", "x")
    desk("playbook", "run", "start", "tt20")
    assert "Tiếp nhận, xác minh sự cố" in desk("task", "list", lang="vi")
    assert "Receive and verify the incident" in desk("task", "list", lang="en")
    assert desk("incident", "list", "--json", lang="vi") == desk("incident", "list", "--json", lang="en")


def test_every_command_has_an_example_in_its_help(desk):
    import click

    from atttcli.cli import duty, evidence, incident, playbook, task

    def leaves(command, path):
        if isinstance(command, click.Group):
            for name, child in command.commands.items():
                yield from leaves(child, (*path, name))
        else:
            yield path, command

    found = []
    for group in (incident.incident, playbook.playbook, task.task, evidence.evidence):
        found += leaves(group, (group.name,))
    found += [((c.name,), c) for c in (duty.next_, duty.status, duty.undo, duty.log)]
    assert len(found) > 30
    headings = ("Example:", "Examples:", "Ví dụ:")  # a help that was shown in Vietnamese stays so in this process
    assert [path for path, command in found if not any(word in (command.help or "") for word in headings)] == []


def schema(name):
    from atttcli.packaged import packaged

    return json.loads((packaged("schemas") / f"{name}.schema.json").read_text(encoding="utf-8"))


def test_json_is_what_its_schemas_say(desk, proof):
    import jsonschema

    desk("incident", "open", "--from-alert", "1")
    desk("playbook", "run", "start", "tt20")
    desk("evidence", "add", proof)
    desk("incident", "note", "@", "x")
    for name, words in (
        ("next", ["next"]),
        ("status", ["status"]),
        ("incident", ["incident", "list"]),
        ("incident", ["incident", "show", "@"]),
        ("task", ["task", "list"]),
        ("task", ["task", "done", "1", "--evidence", "1"]),
        ("evidence", ["evidence", "show", "1"]),
        ("evidence", ["evidence", "list"]),
        ("playbook-run", ["playbook", "run", "list"]),
        ("log", ["log"]),
        ("undo", ["undo"]),
    ):
        found = desk.lines(*words)
        assert found
        for value in found:
            jsonschema.validate(value, schema(name))


def test_the_playbooks_extension_is_what_its_schema_says():
    import jsonschema

    from atttcli.playbook.load import EXTENSION, find_playbook

    steps = find_playbook("tt20").document["workflow"].values()
    for step in steps:
        if step["type"] == "action":
            jsonschema.validate(step["step_extensions"][EXTENSION], schema("playbook-extension"))
