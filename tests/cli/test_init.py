"""`atttcli init` from outside: what a new workspace holds, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from atttcli.cli.main import run
from atttcli.inventory import from_payload, load_organisation
from atttcli.journal.head import read_head
from atttcli.store.connection import Store
from atttcli.store.workspace import load_workspace


def call(*arguments: str | Path) -> int:
    with pytest.raises(SystemExit) as stop:
        run([str(argument) for argument in arguments])
    return int(stop.value.code or 0)


def test_bac_kan_is_adopted_whole_under_the_profile_of_its_end(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert call("init", tmp_path / "w", "--organisation", "bac-kan", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    schema = Path(__file__).resolve().parents[2] / "docs" / "json" / "init.schema.json"
    jsonschema.validate(told, json.loads(schema.read_text()))
    assert (told["profile"], told["agencies"], told["language"]) == ("vn-2017", 146, "vi")
    workspace = load_workspace(tmp_path / "w")
    assert workspace.id == told["id"]
    assert len(workspace.secret) == 32
    assert (tmp_path / "w" / ".secret").stat().st_mode & 0o077 == 0
    with Store(workspace.database) as store:
        text = store.value("SELECT payload FROM organisation")
        assert from_payload(json.loads(text)) == load_organisation("bac-kan")
        entry = store.row("SELECT verb, object, hash FROM journal")
        assert (entry["verb"], entry["object"]) == ("organisation.adopted", "bac-kan")
        assert store.meta("id") == workspace.id
        assert read_head(workspace.id).hash == entry["hash"]


def test_successor_works_under_the_new_law(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert call("init", tmp_path / "w", "-o", "thai-nguyen") == 0
    assert load_workspace(tmp_path / "w").profile == "vn-2026"
    assert capsys.readouterr().err == ""


def test_another_profile_is_used_with_a_warning(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert call("--lang", "en", "init", tmp_path / "w", "-o", "thai-nguyen", "--profile", "vn-2017") == 0
    assert "vn-2026" in capsys.readouterr().err
    assert load_workspace(tmp_path / "w").profile == "vn-2017"


def test_an_existing_workspace_is_left_alone(tmp_path: Path) -> None:
    assert call("init", tmp_path, "-o", "bac-kan") == 0
    before = {p: p.read_bytes() for p in tmp_path.iterdir() if p.is_file()}
    assert call("init", tmp_path, "-o", "thai-nguyen") == 5
    assert before == {p: p.read_bytes() for p in tmp_path.iterdir() if p.is_file()}


@pytest.mark.parametrize("lost", [["atttcli.toml"], ["atttcli.toml", ".secret"], ["atttcli.toml", "workspace.db"]])
def test_an_interrupted_init_is_repeated(tmp_path: Path, lost: list[str]) -> None:
    assert call("init", tmp_path, "-o", "bac-kan") == 0
    for name in lost:
        (tmp_path / name).unlink()
    assert call("init", tmp_path, "-o", "bac-kan") == 0
    with Store(tmp_path / "workspace.db") as store:
        assert store.value("SELECT count(*) FROM journal") == 1
        assert store.meta("id") == load_workspace(tmp_path).id


def test_a_database_in_use_is_never_taken_over(tmp_path: Path) -> None:
    assert call("init", tmp_path, "-o", "bac-kan") == 0
    (tmp_path / "atttcli.toml").unlink()
    assert call("init", tmp_path, "-o", "thai-nguyen") == 5
    assert not (tmp_path / "atttcli.toml").exists()


def test_errors_of_an_organisation_are_all_listed_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(
        "format: atttcli/organisation/1\ncode: x\nname: X\nprofiles:\n  - {profile: vn-2026}\nagencies:\n"
        "  - {code: a, name: A, group: xa, parent: nobody, public: [192.0.2.0/99]}\n"
    )
    assert call("init", tmp_path / "w", "-o", file) == 2
    told = capsys.readouterr().err
    assert "nobody" in told
    assert "192.0.2.0/99" in told
    assert f"{file}:7" in told
    assert not (tmp_path / "w").exists()


def test_unknown_names(tmp_path: Path) -> None:
    assert call("init", tmp_path / "w", "-o", "nowhere") == 3
    assert call("init", tmp_path / "w", "-o", "bac-kan", "--profile", "vn-1999") == 3
    assert not (tmp_path / "w").exists()
    (tmp_path / "file").write_text("")
    assert call("init", tmp_path / "file", "-o", "bac-kan") == 2
