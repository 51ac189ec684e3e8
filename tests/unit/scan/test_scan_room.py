"""`scan`: detections, problems, and an account that says what was covered."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from atttcli.clock import FixedClock
from atttcli.engine import EngineProblem
from atttcli.engines.yara import YaraEngine
from atttcli.errors import WorkspaceError
from atttcli.field.scanner import ScanLimits
from atttcli.model.alert import Detection, Origin
from atttcli.model.severity import Severity
from atttcli.rulepack.yara import load_yara_rules
from atttcli.scan.account import ScanAccount
from atttcli.scan.run import ScanSettings, scan

pytest.importorskip("yara")
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.fixture
def engine(tmp_path: Path) -> YaraEngine:
    (tmp_path / "r.yar").write_text(
        'rule n { meta: severity = "high" strings: $a = "needle" condition: $a }\nrule bad { condition: x }'
    )
    return YaraEngine(load_yara_rules([tmp_path / "r.yar"]))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "files"
    root.mkdir()
    (root / "hit").write_bytes(b"needle")
    (root / "empty").write_bytes(b"")
    (root / "link").symlink_to("hit")
    time.sleep(0.06)
    return root


def account_of(results: list[object]) -> ScanAccount:
    assert isinstance(results[-1], ScanAccount)
    return results[-1]


def look_up(_path: str, sha256: str, md5: str, sha1: str) -> list[Detection]:
    return (
        [Detection("indicator", f"sha256:{sha256}", "known bad", Severity.CRITICAL, Origin())]
        if sha256 == EMPTY
        else []
    )


def test_findings_of_rules_and_hashes_with_their_account(folder: Path, engine: YaraEngine) -> None:
    results = list(scan([folder], engine, look_up, clock=FixedClock(1_600_000_000_000_000, 1_000_000)))
    found = {(r.engine, Path(r.origin.path).name) for r in results if isinstance(r, Detection)}
    assert found == {("yara", "hit"), ("indicator", "empty")}
    told = json.loads(json.dumps(account_of(list(results)).to_json()))
    assert told["files"] == {
        "found": 3, "scanned": 2, "unchanged": 0, "skipped": {"symbolic link": 1}, "failed": {}, "bytes_scanned": 6,
        "members": 0, "member_problems": 0, "matches": 2, "complete": True, "stopped": "",
    }  # fmt: skip
    assert (told["rules"], told["rules_refused"], told["detections"]) == (1, 1, 2)
    assert told["severities"] == {"critical": 1, "high": 1}
    assert told["started"] < told["ended"]
    assert account_of(list(results)).exit_code == 1


def test_an_unchanged_rescan_finds_the_same(folder: Path, engine: YaraEngine, tmp_path: Path) -> None:
    settings = ScanSettings(cache=tmp_path / "state" / "scan.db")
    first = [r for r in scan([folder], engine, look_up, settings) if isinstance(r, Detection)]
    again = list(scan([folder], engine, look_up, settings))
    assert [r for r in again if isinstance(r, Detection)] == first
    assert account_of(list(again)).files.unchanged == 2
    if os.name == "posix":
        assert (tmp_path / "state").stat().st_mode & 0o077 == 0


def test_holes_are_listed_and_make_the_run_incomplete(folder: Path, engine: YaraEngine) -> None:
    for index in range(5):
        (folder / f"big{index}").write_bytes(bytes(100))
    settings = ScanSettings(limits=ScanLimits(file_bytes=50), most_listed=3)
    results = list(scan([folder], engine, settings=settings))
    account = account_of(list(results))
    assert sum(isinstance(r, EngineProblem) for r in results) == 5
    assert (len(account.listed), account.unlisted, account.exit_code) == (3, 2, 2)
    assert account.to_json()["not_judged"][0]["why"] == "larger than the limit"


def test_hashes_alone_without_rules(folder: Path) -> None:
    results = list(scan([folder], None, look_up))
    assert [r.engine for r in results if isinstance(r, Detection)] == ["indicator"]


@pytest.mark.skipif(os.name != "posix", reason="POSIX paths")
def test_a_cache_that_cannot_be_made_is_one_clear_error(folder: Path, engine: YaraEngine) -> None:
    with pytest.raises(WorkspaceError) as told:
        list(scan([folder], engine, settings=ScanSettings(cache=folder / "hit" / "x.db")))
    assert told.value.hint
