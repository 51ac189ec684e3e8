"""Which playbook is proposed: the team's own before ours, and never one that would be refused."""

from __future__ import annotations

import pytest

from atttcli.packaged import packaged
from atttcli.playbook.fitting import fitting_playbook
from atttcli.playbook.library import import_playbook
from tests.support.casework import journal_of, make_app


@pytest.fixture
def app(tmp_path, monkeypatch):
    monkeypatch.setenv("ATTTCLI_HOME", str(tmp_path / "home"))
    app = make_app(tmp_path)
    yield app
    app.close()


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ("priority: 1", "zz-cua-doi"),
        ('priority: 1\nrevoked: "true"', "ma-hoa"),
        ('priority: 1\nvalid_until: "2026-01-01T00:00:00.000Z"', "ma-hoa"),
    ],
)
def test_the_teams_own_playbook_is_proposed_unless_it_could_not_be_begun(app, tmp_path, change, wanted):
    text = (packaged("playbooks") / "ma-hoa.yaml").read_text(encoding="utf-8")
    path = tmp_path / "zz-cua-doi.yaml"
    path.write_text(
        text.replace("id: ma-hoa", "id: zz-cua-doi").replace("priority: 1", change).replace('"true"', "true"),
        encoding="utf-8",
    )
    import_playbook(journal_of(app), app.workspace.root, path)
    found = fitting_playbook("mahoa", "vn-2017", app.workspace.root, app.store, app.clock.now())
    assert found == wanted


def test_a_playbook_that_was_changed_on_the_disk_is_passed_by(app, tmp_path):
    path = tmp_path / "zz.yaml"
    text = (packaged("playbooks") / "ma-hoa.yaml").read_text(encoding="utf-8")
    path.write_text(text.replace("id: ma-hoa", "id: zz"), encoding="utf-8")
    import_playbook(journal_of(app), app.workspace.root, path)
    kept = next((app.workspace.root / "playbooks").iterdir())
    kept.chmod(0o600)
    kept.write_bytes(kept.read_bytes()[:-40])
    assert fitting_playbook("mahoa", "vn-2017", app.workspace.root, app.store, app.clock.now()) == "ma-hoa"
