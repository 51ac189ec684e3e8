"""Rules on their way: packed and signed at the centre, put in force in another workspace, and told of by scans."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cli_run import tell

RULE = 'rule planted_77 { strings: $a = "planted-marker-77" condition: $a }'
HASHES = "type,value,tlp\nsha256,{},GREEN\n"


@pytest.fixture
def places(tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """The centre's workspace with a key, and another that trusts it."""
    monkeypatch.chdir(tmp_path)
    for name in ("centre", "other"):
        assert tell(capsys, "init", tmp_path / name, "--organisation", "bac-kan").code == 0
    made = tell(capsys, "-w", "centre", "key", "create", "--name", "Trung tâm", "--json").lines()[0]
    trusted = tell(
        capsys, "-w", "other", "key", "trust", made["public_key"], "--name", "TT", "--fingerprint", made["fingerprint"]
    )
    assert trusted.code == 0, trusted.err
    (tmp_path / "mine" / "yara").mkdir(parents=True)
    (tmp_path / "mine" / "yara" / "p.yar").write_text(RULE)
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a.txt").write_text("planted-marker-77")
    (tmp_path / "files" / "b.txt").write_text("known by its hash")
    import hashlib

    digest = hashlib.sha256(b"known by its hash").hexdigest()
    (tmp_path / "mine" / "bad.csv").write_text(HASHES.format(digest))
    return tmp_path / "centre", tmp_path / "other"


def test_from_the_centre_to_a_scan_elsewhere(capsys: pytest.CaptureFixture, places: tuple[Path, Path]) -> None:
    packed = tell(capsys, "rules", "pack", "mine", "-o", "luat.attr", "--version", "7", "--json").checked("rules-pack")[
        0
    ]
    assert packed["files"] == 2
    assert tell(capsys, "rules", "pack", "mine", "-o", "luat.attr").code == 5  # nothing is overwritten
    assert tell(capsys, "-w", "other", "rules", "install", "luat.attr").code == 2  # nobody signed it yet
    assert tell(capsys, "-w", "centre", "rules", "sign", "luat.attr").code == 0
    assert (
        tell(capsys, "-w", "other", "rules", "install", "luat.attr", "--json").checked("rules-install")[0]["version"]
        == 7
    )
    listed = tell(capsys, "-w", "other", "rules", "list")
    assert "planted_77" in listed.out and "Rule pack 7 is in force" in listed.err
    scanned = tell(capsys, "-w", "other", "scan", "files", "--json").lines()
    assert {one["path"].rpartition("/")[2] for one in scanned if one["kind"] == "detection"} == {"a.txt", "b.txt"}
    board = tell(capsys, "-w", "other", "fleet", "board", "--json").out
    assert '"rules_version": "7"' in board
    shown = tell(capsys, "-w", "other", "rules", "packs", "--json").checked("rules-installed")
    assert [(one["version"], one["current"], one["state"]) for one in shown] == [(7, True, "ok")]


def test_by_default_what_the_workspace_added_itself_is_packed(
    capsys: pytest.CaptureFixture, places: tuple[Path, Path]
) -> None:
    centre = places[0]
    assert tell(capsys, "-w", "centre", "rules", "pack", "-o", "a.attr").code == 2  # nothing yet
    (centre / "rules" / "yara").mkdir()
    (centre / "rules" / "yara" / "p.yar").write_text(RULE)
    (centre / "rules" / "GHI-CHU.txt").write_text("a note of people, no rule")
    assert tell(capsys, "-w", "centre", "rules", "check").code == 0
    assert tell(capsys, "-w", "centre", "rules", "pack", "-o", "a.attr", "--json").lines()[0]["files"] == 1
    assert tell(capsys, "-w", "centre", "rules", "sign", "a.attr").code == 0
    assert tell(capsys, "-w", "other", "rules", "install", "a.attr").code == 0
    assert tell(capsys, "-w", "other", "rules", "pack", "-o", "b.attr").code == 2  # what was installed is not its own


def test_taken_back_it_matches_no_more(capsys: pytest.CaptureFixture, places: tuple[Path, Path]) -> None:
    for words in (["pack", "mine", "-o", "a.attr", "--version", "7"], ["sign", "a.attr"], ["install", "a.attr"]):
        assert tell(capsys, "-w", "centre", "rules", *words).code == 0
    assert tell(capsys, "-w", "centre", "rules", "install", "--undo").code == 4
    assert tell(capsys, "-w", "centre", "rules", "install", "--undo", "--reason", "thử").code == 0
    assert tell(capsys, "-w", "centre", "scan", "files").code == 0
    assert tell(capsys, "-w", "centre", "undo").code == 4  # it was acted on: taken back by a decision of its own


def test_files_of_a_pack_that_somebody_changed_are_told(
    capsys: pytest.CaptureFixture, places: tuple[Path, Path]
) -> None:
    for words in (["pack", "mine", "-o", "a.attr", "--version", "7"], ["sign", "a.attr"], ["install", "a.attr"]):
        assert tell(capsys, "-w", "centre", "rules", *words).code == 0
    (changed,) = (places[0] / "rules" / "packs").rglob("p.yar")
    changed.write_text(RULE.replace("77", "78"))
    told = tell(capsys, "-w", "centre", "rules", "packs", "--json")
    assert told.code == 7 and told.lines()[0]["state"] == "changed"
    assert tell(capsys, "-w", "centre", "rules", "install", "a.attr").code == 0
    assert tell(capsys, "-w", "centre", "rules", "packs").code == 0
