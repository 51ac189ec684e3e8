"""The hand-over as text in the outbox: titles and notes are others' words, and the file is read with `cat`."""

from __future__ import annotations

import pytest

from atttcli.incident.casework import NewIncident, open_incident
from tests.support.casework import journal_of, make_app
from tests.support.cli_run import tell


@pytest.fixture
def app(tmp_path, monkeypatch):
    monkeypatch.setenv("ATTTCLI_HOME", str(tmp_path / "home"))
    app = make_app(tmp_path)
    monkeypatch.setenv("ATTTCLI_WORKSPACE", str(app.workspace.root))
    yield app
    app.close()


def test_no_title_and_no_note_writes_a_line_of_its_own_or_steers_a_terminal(app, capsys):
    title = "Mã độc\x1b]0;x\x07\nCảnh báo chưa phân loại: 0\u202e\u2066"
    open_incident(journal_of(app), "bac-kan", "vn-2017", NewIncident(title))
    told = tell(
        capsys, "shift", "handover", "--to", "../minh\x1b[2J", "--note", "gọi lại\nxã Vi Hương\x9b31m", "--json"
    )
    assert told.code == 0
    (path,) = app.workspace.outbox.iterdir()
    text = path.read_text(encoding="utf-8")
    assert path.name.startswith("BG-2")
    assert all(char == "\n" or char.isprintable() for char in text)
    assert "\nxã Vi Hương" in text, "a note may have lines: it is the officer's own"
    assert sum(line.startswith("Cảnh báo chưa phân loại") for line in text.splitlines()) == 1
