"""Commands that run here: only from a trusted playbook, values as data, time and output bounded, output as evidence."""

from __future__ import annotations

import json
import shutil
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atttcli.errors import Conflict, MissingFeature, NotFound, Refused, UsageError
from atttcli.incident import casework
from atttcli.model.task import Answer
from atttcli.playbook.execute import distrust, execute, plan, trust
from atttcli.playbook.library import Library, import_playbook
from atttcli.playbook.runs import start_run
from atttcli.playbook.shells import prepare, runs_here
from atttcli.playbook.tasks import finish_task
from atttcli.process.run import run
from tests.support.casework import journal_of, make_app, vault_of
from tests.support.playbook_books import write_books

needs_bash = pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")


@pytest.fixture
def app(tmp_path, monkeypatch):
    monkeypatch.setenv("ATTTCLI_HOME", str(tmp_path / "home"))
    found = make_app(tmp_path)
    yield found
    found.close()


@pytest.fixture
def journal(app):
    return journal_of(app)


@pytest.fixture
def book(app, journal, tmp_path):
    import_playbook(journal, app.workspace.root, write_books(tmp_path)["lenh"])
    return Library(app.workspace.root, app.store).find("lenh")


@pytest.fixture
def number(app, journal, book):
    new = casework.NewIncident("Thử", owner="lan")
    start_run(journal, book, casework.open_incident(journal, "bac-kan", "vn-2017", new))
    return app.store.value("SELECT number FROM task")


def test_nothing_runs_from_a_playbook_that_is_not_trusted(app, journal, number):
    shell, remote = plan(journal, number)
    assert "not trusted" in shell.refusal
    assert "ssh commands are not run" in remote.refusal
    entries = app.store.value("SELECT max(seq) FROM journal")
    for one in (shell, remote):
        with pytest.raises(Refused):
            execute(journal, vault_of(app), one)
    assert app.store.value("SELECT max(seq) FROM journal") == entries


@needs_bash
def test_a_trusted_command_runs_with_values_as_data_and_its_output_is_evidence(app, journal, book, number):
    trust(journal, book)
    with pytest.raises(Conflict):
        trust(journal, book)
    shell, remote = plan(journal, number)
    ran = execute(journal, vault_of(app), shell)
    assert ran.outcome.output == b"[a b'; touch pwned #]"
    assert ran.outcome.exit_code == 0
    row = app.store.row("SELECT * FROM evidence WHERE number = ?", ran.evidence)
    assert b"".join(vault_of(app).read(row["sha256"])) == ran.outcome.output
    verbs = [entry.verb for entry in journal.entries(number)]
    assert verbs == ["task.commanding", "task.commanded"]
    assert app.store.row("SELECT * FROM task_command")["exit_code"] == 0
    with pytest.raises(Refused):
        execute(journal, vault_of(app), remote)
    opened = finish_task(journal, number, Answer(note="xong", evidence=(ran.evidence,)))
    slow = plan(journal, opened[0])[0]
    began = time.monotonic()
    stopped = execute(journal, vault_of(app), slow)
    assert time.monotonic() - began < 20
    assert (stopped.outcome.exit_code, stopped.outcome.stopped) == (None, "time")
    assert app.store.value("SELECT outcome FROM task_command WHERE task = ?", opened[0]) == "time"


def test_trust_is_of_one_digest_and_can_be_taken_back(app, journal, book, number):
    trust(journal, book)
    assert plan(journal, number)[0].prepared is not None
    distrust(journal, book)
    assert plan(journal, number)[0].prepared is None
    with pytest.raises(NotFound):
        distrust(journal, book)


def test_a_command_for_another_machine_does_not_run_here():
    assert runs_here([])
    assert runs_here([{"type": "linux", "name": "x", "addresses": ["127.0.0.1"]}])
    assert not runs_here([{"type": "linux", "name": "x", "addresses": ["192.0.2.1"]}])
    assert not runs_here([{"type": "ssh", "name": "x", "addresses": []}])


QUOTED = st.sampled_from(
    [
        "printf '%s' __x__:value",
        "printf '%s' \"__x__:value\"",
        "printf '%s' '__x__:value'",
        'printf \'%s\' "\\"__x__:value\\""',
    ]
)


@needs_bash
@settings(max_examples=25, deadline=None)
@given(QUOTED, st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), max_size=20))
def test_a_value_is_never_code_to_the_shell(command, value):
    prepared = prepare("bash", command, {"__x__": value})
    assert value == "" or len(value) < 3 or value not in prepared.arguments[-1] or value in command
    output = run(prepared.arguments, variables=prepared.variables).output.decode()
    assert output.strip('"') == value.strip('"')


def test_powershell_takes_values_from_the_environment():
    prepared = prepare("powershell", "Get-Item __x__:value", {"__x__": "a; rm"})
    assert prepared.arguments[-1] == "Get-Item ${env:ATTT_x}"
    assert prepared.variables == {"ATTT_x": "a; rm"}
    assert prepare("powershell", "Get-Item __y__:value", {}).arguments[-1] == "Get-Item __y__:value"


def test_a_program_is_bounded_in_time_and_output_and_sees_little_of_us(monkeypatch):
    monkeypatch.setenv("ATTTCLI_PASSPHRASE", "bí mật")
    seen = run([sys.executable, "-c", "import os; print(sorted(os.environ)); print(os.listdir('.'))"]).output.decode()
    assert "ATTTCLI_PASSPHRASE" not in seen
    assert seen.strip().endswith("[]")
    much = run([sys.executable, "-c", "while True: print('x' * 1000)"], max_output=10_000)
    assert (much.stopped, len(much.output)) == ("output", 10_000)
    late = run([sys.executable, "-ISc", "import time; print('a', flush=True); time.sleep(60)"], seconds=3)
    assert (late.stopped, late.output.strip()) == ("time", b"a")
    assert run([sys.executable, "-c", "raise SystemExit(3)"]).exit_code == 3


def test_what_is_not_there_or_without_bounds_is_refused():
    with pytest.raises(MissingFeature):
        run(["/nonexistent/program"])
    for seconds in (0, -1, 1e9):
        with pytest.raises(UsageError):
            run(["true"], seconds=seconds)


@needs_bash
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc here")
def test_what_a_program_leaves_running_is_ended_with_it():
    left = run(["bash", "-c", "sleep 90 >&- 2>&- & echo $!"]).output.decode().strip()
    end = time.monotonic() + 20
    while (running := _is_running(left)) and time.monotonic() < end:
        time.sleep(0.02)
    assert not running


def _is_running(number: str) -> bool:
    """A process that has ended may wait, as a zombie, for whoever collects it."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_the_detail_shows_commands_and_wishes(app, number):
    detail = json.loads(app.store.value("SELECT detail FROM task WHERE number = ?", number))
    assert [one["type"] for one in detail["commands"]] == ["bash", "ssh"]
