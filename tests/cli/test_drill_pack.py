"""Teams without a network: a drill goes out on a stick, is played there, comes back; nothing altered gets in."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from atttcli.packaged import packaged
from tests.support.drill_desk import DrillDesk


@pytest.fixture
def homes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[DrillDesk, DrillDesk]:
    """The centre and a site, each with keys of its own."""
    monkeypatch.setenv("ATTTCLI_ACTOR", "lan")
    monkeypatch.setenv("ATTTCLI_HOME", str(tmp_path / "a"))
    centre = DrillDesk(tmp_path / "centre", tmp_path / "a").begin()
    return centre, DrillDesk(tmp_path / "site", tmp_path / "b", centre.clock).begin()


def out_and_back(centre: DrillDesk, site: DrillDesk, folder: Path, kind: str = "player") -> Path:
    """Two teams are planned; the second one's drill goes to the site, is played there and packed."""
    centre("drill", "new", "--from", "ransomware-commune-flash", "--team", "a", "--team", "b", "--seed", "3")
    centre("drill", "pack", "DT-2026-0001-b", "--for", kind, "-o", str(folder / "out.zip"))
    site("drill", "unpack", str(folder / "out.zip"))
    site("drill", "run", "last", "--once")
    site.later(2)
    site("drill", "answer", "last", "E2", "--choice", "a", "--note", "rut-mang")
    site.later(20)
    site("drill", "end", "last")
    site("drill", "pack", "last", "--for", "run", "-o", str(folder / "back.zip"))
    return folder / "back.zip"


def test_a_run_comes_back_is_scored_at_the_centre_and_only_once(
    homes: tuple[DrillDesk, DrillDesk], tmp_path: Path
) -> None:
    centre, site = homes
    back = out_and_back(centre, site, tmp_path)
    first = centre.json("drill", "merge", str(back))[0]
    assert first["new"] > 0
    decisions = [one for one in centre.json("drill", "score", "DT-2026-0001-b")[0]["lines"] if one["id"] == "E2"]
    assert decisions[0]["value"] == 1 and decisions[0]["seconds"] == 120
    held = centre.rows("SELECT code, valid FROM drill")
    assert held == [("DT-2026-0001-b", 1)]
    before = centre.rows("SELECT * FROM journal") + centre.rows("SELECT * FROM journal", "DT-2026-0001-b")
    assert centre.json("drill", "merge", str(back))[0]["new"] == 0
    assert centre.rows("SELECT * FROM journal") + centre.rows("SELECT * FROM journal", "DT-2026-0001-b") == before
    assert "drill pack DT-2026-0001-b --for run" in site("drill")
    assert site.rows("SELECT count(*) FROM drill") == [(0,)], "a site without the answers records no result"


def test_the_players_bundle_holds_no_answer(homes: tuple[DrillDesk, DrillDesk], tmp_path: Path) -> None:
    centre, site = homes
    out_and_back(centre, site, tmp_path)
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        held = b"".join(archive.read(name) for name in archive.namelist()).decode()
        told = json.loads(archive.read("scenario.yaml"))
    whole = (packaged("seeds") / "drills" / "ransomware-commune-flash.yaml").read_text(encoding="utf-8")
    for secret in ("malicious", "dismiss", '"1"', "hint", "severity", "T1486", "within", "critical"):
        assert secret not in archive_text(told), secret
    for expectation in ("Nhận ra đây không phải sự cố",):
        assert expectation in whole and expectation not in held
    assert {option["grade"] for one in told["injects"] for e in one["expect"] for option in e.get("options", ())} == {
        "0"
    }
    assert site.json("drill", "status", "last")[0]["score"] is None
    site("drill", "score", "last", code=4)
    site("drill", "grade", "last", "E2", "1", "--reason", "tự chấm", code=4)
    site("drill", "report", "last", code=4)
    site("drill", "pack", "last", "--for", "controller", code=4)


def archive_text(told: object) -> str:
    return json.dumps(told, ensure_ascii=False)


def test_a_controller_at_the_site_gets_the_whole_scenario(homes: tuple[DrillDesk, DrillDesk], tmp_path: Path) -> None:
    centre, site = homes
    back = out_and_back(centre, site, tmp_path, "controller")
    site("drill", "grade", "last", "E2", "0.5", "--reason", "chậm")
    site("drill", "pack", "last", "--for", "run", "-o", str(back))
    theirs = site.json("drill", "score", "last")[0]
    assert centre.json("drill", "merge", str(back))[0]["rulings"] == 1, "what was judged at the site is told"
    ours = centre.json("drill", "score", "DT-2026-0001-b")[0]
    assert theirs["lines"] == ours["lines"] and theirs["total"] == ours["total"]


def altered(path: Path, member: str, change: bytes, into: bytes) -> Path:
    """A copy of a bundle with one member changed, as somebody would with a zip tool."""
    stream = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, data.replace(change, into, 1) if name == member else data)
    copy = path.with_name(f"altered-{member}.zip")
    copy.write_bytes(stream.getvalue())
    return copy


def test_what_was_altered_is_refused_and_changes_nothing(homes: tuple[DrillDesk, DrillDesk], tmp_path: Path) -> None:
    centre, site = homes
    back = out_and_back(centre, site, tmp_path)
    before = centre.rows("SELECT * FROM journal", "DT-2026-0001-b")
    for member, change, into in (
        ("journal.jsonl", b"rut-mang", b"tat-may0"),
        ("manifest.json", b'"entries":', b'"entries" :'),
        ("manifest.sig", b'"signature":"', b'"signature":"00'),
    ):
        centre("drill", "merge", str(altered(back, member, change, into)), code=7)
    cut = tmp_path / "cut.zip"
    cut.write_bytes(back.read_bytes()[:-40])
    centre("drill", "merge", str(cut), code=2)
    centre("drill", "merge", str(tmp_path / "out.zip"), code=4)  # the way out is no way back
    assert centre.rows("SELECT * FROM journal", "DT-2026-0001-b") == before


def test_another_drill_another_key_and_two_runs_are_refused(homes: tuple[DrillDesk, DrillDesk], tmp_path: Path) -> None:
    centre, site = homes
    back = out_and_back(centre, site, tmp_path)
    stranger = DrillDesk(tmp_path / "other", tmp_path / "c", centre.clock).begin()
    stranger("drill", "merge", str(back), code=3)
    stranger("drill", "new", "--from", "ransomware-commune-flash", "--team", "a", "--team", "b")
    stranger("drill", "merge", str(back), code=3)  # the same number, but another drill
    stranger("drill", "unpack", str(tmp_path / "out.zip"), code=5)
    centre("drill", "merge", str(back))
    third = DrillDesk(tmp_path / "third", tmp_path / "d", centre.clock).begin()
    third("drill", "unpack", str(tmp_path / "out.zip"))
    third("drill", "run", "last", "--once")
    third("drill", "pack", "last", "--for", "run", "-o", str(tmp_path / "second.zip"))
    centre("drill", "merge", str(tmp_path / "second.zip"), code=4)  # another key
    centre("drill", "merge", str(tmp_path / "second.zip"), "--accept-key", code=5)  # and another run


def test_what_was_started_at_the_centre_is_not_handed_out(homes: tuple[DrillDesk, DrillDesk]) -> None:
    centre, _site = homes
    centre("drill", "new", "--from", "ransomware-commune-flash")
    centre("drill", "run", "last", "--once")
    centre("drill", "pack", "last", code=4)


@pytest.mark.parametrize("case", ["empty", "text", "bomb", "path", "double", "many", "comment"])
def test_a_hostile_zip_is_refused_without_harm(homes: tuple[DrillDesk, DrillDesk], tmp_path: Path, case: str) -> None:
    centre, _site = homes
    path = tmp_path / "hostile.zip"
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        if case == "bomb":
            archive.writestr("journal.jsonl", b"\0" * (65 * 1024 * 1024))
        elif case == "path":
            archive.writestr("../../evil.yaml", b"x")
        elif case == "double":
            with pytest.warns(UserWarning):
                archive.writestr("manifest.json", b"{}")
                archive.writestr("manifest.json", b"{}")
        elif case == "many":
            for at in range(5000):
                archive.writestr(f"{at}", b"")
        elif case == "comment":
            archive.writestr("manifest.json", b"{" * 60000)
            archive.comment = b"x"
    path.write_bytes({"empty": b"", "text": b"PK no zip at all"}.get(case, stream.getvalue()))
    centre("drill", "merge", str(path), code=2)
    centre("drill", "unpack", str(path), code=2)
    assert not (centre.root / "drills").exists() and not (tmp_path / "evil.yaml").exists()


def test_teams_closer_than_one_expectation_share_a_rank(homes: tuple[DrillDesk, DrillDesk]) -> None:
    centre, _site = homes
    centre(
        "drill", "new", "--from", "ransomware-commune-flash", "--team", "a", "--team", "b", "--team", "c", "--seed", "3"
    )
    for team, robot in (("a", "ideal"), ("b", "ideal"), ("c", "silent")):
        centre("drill", "run", f"DT-2026-0001-{team}", "--robot", robot)
    found = {one["team"]: one for one in centre.json("drill", "teams", "last")}
    assert (found["a"]["rank"], found["b"]["rank"], found["c"]["rank"]) == (1, 1, 3)
    assert found["a"]["margin"] > 0 and "no difference" in centre("drill", "teams", "last")
