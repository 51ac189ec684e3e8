"""The page docs/duty-day.md, run as it is written: ten commands on the workspace of the demo."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from atttcli.cli.context import App
from atttcli.cli.main import cli
from atttcli.journal.journal import Journal
from atttcli.store.connection import Store
from tests.support.casework import dump

PAGE = Path(__file__).resolve().parents[2] / "docs" / "duty-day.md"
COMMANDS = [
    line
    for block in re.findall(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    for line in block.splitlines()
]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The demo's workspace, made once; each language works on a copy."""
    base = tmp_path_factory.mktemp("duty")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ATTTCLI_HOME", str(base / "home"))
        patch.chdir(base)
        made = CliRunner().invoke(cli, ["demo", "demo"], obj=App())
        assert made.exit_code == 0, made.output
    return base


def test_there_are_ten():
    assert len(COMMANDS) == 10
    assert all(command.startswith("atttcli ") for command in COMMANDS)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_duty_day(demo, tmp_path, monkeypatch, language):
    shutil.copytree(demo / "demo" / "bac-kan", tmp_path / "ws")
    shutil.copytree(demo / "home", tmp_path / "home")
    monkeypatch.setenv("ATTTCLI_HOME", str(tmp_path / "home"))
    said = {}
    for command in COMMANDS:
        app = App(str(tmp_path / "ws"), language)
        told = CliRunner().invoke(cli, ["--lang", language, *shlex.split(command)[1:]], obj=app)
        app.close()
        assert told.exit_code == 0, (command, told.output, told.stderr, told.exception)
        said[command] = told.stdout
    texts = list(said.values())
    assert "CV-" in texts[2]
    assert "x-vi-huong" in texts[3]
    assert ("RÚT DÂY MẠNG" if language == "vi" else "PULL THE NETWORK") in texts[4].upper()
    assert "ma-hoa" in texts[5]
    assert "A1" in texts[8]
    with Store(tmp_path / "ws" / "workspace.db") as store:
        number = store.value("SELECT number FROM incident WHERE status NOT IN ('closed','rejected','merged')")
        assert store.value("SELECT state FROM task WHERE incident = ? ORDER BY number LIMIT 1", number) == "done"
        assert store.value("SELECT count(*) FROM task WHERE incident = ? AND state = 'open'", number) == 2
        assert store.value("SELECT count(*) FROM delivery WHERE state = 'queued'") == 7
        assert store.value("SELECT count(*) FROM evidence WHERE incident = ?", number) == 1
        before = dump(store)
        Journal(store, "lan").rebuild()
        assert dump(store) == before
