"""The script docs/kit-round-trip.sh, run as it is written: two kits, a machine of its own without a network, alerts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from atttcli.fleet.stick.modules import own_tag
from atttcli.store.connection import Store
from tests.support.stick_case import needs_namespaces

SCRIPT = Path(__file__).resolve().parents[2] / "docs" / "kit-round-trip.sh"
TOOL = Path(sys.executable).parent / "atttcli"
ASK = 'import sys; print("cp%d%d" % sys.version_info[:2])'


def _tag_of_the_system() -> str:
    try:
        asked = subprocess.run(["/usr/bin/python3", "-c", ASK], capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return asked.stdout.strip()


@needs_namespaces
@pytest.mark.skipif(not TOOL.is_file(), reason="atttcli is not installed beside this Python")
@pytest.mark.skipif(_tag_of_the_system() != own_tag(), reason="the system's Python is not the version that we run in")
def test_the_whole_way(tmp_path) -> None:
    environment = {
        "PATH": os.environ["PATH"], "ATTTCLI": str(TOOL), "LANG": "C.UTF-8", "ATTTCLI_ACTOR": "lan", "HOME": str(tmp_path),
    }  # fmt: skip
    told = subprocess.run(
        ["sh", str(SCRIPT), str(tmp_path / "đi và về")], env=environment, capture_output=True, text=True, timeout=100, check=False
    )  # fmt: skip
    assert told.returncode == 0, told.stdout[-3000:] + told.stderr[-3000:]
    with Store(tmp_path / "đi và về" / "trung-tam" / "workspace.db") as store:
        rows = list(store.rows("SELECT agency, source_path, rule_id FROM alert ORDER BY number"))
        rules = {row["rule_id"] for row in rows}
        found = {(row["agency"], row["source_path"]) for row in rows}
        scans = store.rows("SELECT source, kit, host, complete FROM fleet_scan ORDER BY kit")
        seen = [tuple(row) for row in scans]
    assert found >= {("x-vi-huong", "/srv/www/anh.php"), ("x-vi-huong", "/tmp/cap-nhat")}
    assert [rule for rule in rules if "host." in rule], "the job that fetches something and runs it"
    assert {agency for agency, _path in found} == {"x-vi-huong"}
    assert [(source, host, complete) for source, _kit, host, complete in seen] == [
        ("kit", "xa-01", 1),
        ("collector", "xa-01", 1),
    ]
    assert told.stdout.count("Có 1 kết quả mới.") == 2 or told.stdout.count("1 new result on it.") == 2
